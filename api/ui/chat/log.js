// The conversation on the page: every message once, in the order in which it was said.

import { choicesElement } from "./choices.js";
import { messageElement, showState } from "./message.js";

const BOTTOM_IS_NEAR_PX = 160;

export class Log {
  #element;
  #bubbles = new Map();
  #choices = null;
  #answered = false;
  #take;

  /** `take(choice)` is called when the person presses a choice. */
  constructor(element, take) {
    this.#element = element;
    this.#take = take;
  }

  /** Show messages; of those that stand here already only the language may have become known. */
  add(messages) {
    for (const message of messages) {
      const own = this.#bubbles.get(message.id)?.querySelector(".app-message__part");
      if (own) own.lang = message.language;
    }
    const fresh = messages.filter((message) => !this.#bubbles.has(message.id));
    if (!fresh.length) return;
    // The opening is read from its beginning.
    const follow = this.#answered && nearBottom();
    this.removeChoices();
    let firstBubble = null;
    for (const message of fresh) {
      const bubble = messageElement(message);
      firstBubble ??= bubble;
      this.#bubbles.set(message.id, bubble);
      this.#element.append(bubble);
    }
    const last = fresh.at(-1);
    if (last.choices?.length) {
      this.#choices = choicesElement(last.choices, last.language, this.#take);
      this.#element.append(this.#choices);
    }
    if (follow) scrollTo(firstBubble);
  }

  /** Show what the person has just said, before the server knows of it. */
  addOwn(id, text, language) {
    this.#answered = true;
    this.add([{ id, from: "victim", text, language, choices: [], kind: "text" }]);
  }

  showState(id, state, sendAgain) {
    const bubble = this.#bubbles.get(id);
    if (bubble) showState(bubble, state, sendAgain);
  }

  /** A question has been answered, or another one asked: its buttons would answer the wrong one. */
  removeChoices() {
    this.#choices?.remove();
    this.#choices = null;
  }

  /** The conversation as plain text: who said what, in the words that are shown. */
  text() {
    const lines = [...this.#bubbles.values()].map((bubble) => {
      const speaker = bubble.querySelector(".app-message__speaker").innerText.trim();
      const parts = [...bubble.querySelectorAll(".app-message__reference, .app-message__part")];
      return `${speaker}: ${parts.map((part) => part.innerText.trim()).join("\n\n")}`;
    });
    return `${lines.join("\n\n")}\n`;
  }

  clear() {
    this.#element.replaceChildren();
    this.#bubbles.clear();
    this.#choices = null;
    this.#answered = false;
  }
}

function nearBottom() {
  return innerHeight + scrollY >= document.documentElement.scrollHeight - BOTTOM_IS_NEAR_PX;
}

/** Keep the end of the page in view while it grows, for somebody who reads there. */
export function keepEndInView(grow) {
  const follow = nearBottom();
  grow();
  if (follow) window.scrollTo({ top: document.documentElement.scrollHeight });
}

/** Bring new messages into view, from their beginning where they are longer than the window. */
function scrollTo(firstBubble) {
  const end = document.documentElement.scrollHeight;
  const start = firstBubble.getBoundingClientRect().top + scrollY;
  const header = document.querySelector(".app-header").offsetHeight;
  window.scrollTo({ top: Math.min(end - innerHeight, start - header) });
}
