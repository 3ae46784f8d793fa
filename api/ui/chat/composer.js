// Where the person writes: Enter sends (where there is a keyboard to press Shift on), and the length is counted.

import { tell, words } from "./words.js";

const COUNT_SHOWN_FROM = 0.75;
const COUNT_TOLD_AFTER_MS = 1000;

export class Composer {
  #form;
  #text;
  #count;
  #status;
  #limit;
  #say;
  #telling = null;

  /** `say(text)` is called with a message that is ready to be sent. */
  constructor(form, limit, say) {
    this.#form = form;
    this.#text = form.querySelector("textarea");
    this.#count = form.querySelector("#message-count");
    this.#status = form.querySelector("#message-status");
    this.#limit = limit;
    this.#say = say;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("keydown", (event) => this.#onKey(event));
    this.#text.addEventListener("input", () => this.#showCount());
  }

  show() {
    this.#form.hidden = false;
  }

  hide() {
    this.#form.hidden = true;
  }

  focus() {
    this.#text.focus();
  }

  clear() {
    this.#text.value = "";
    this.#showCount();
  }

  /** Words that could not be sent stand in the field again, before what has been written since. */
  putBack(texts) {
    this.#text.value = [...texts, this.#text.value].filter(Boolean).join("\n");
    this.#showCount();
  }

  tell(key) {
    tell(this.#status, key);
  }

  #onKey(event) {
    // On a telephone Enter makes a new line: there is no Shift+Enter, and a send button is at the thumb.
    const enterSends = !matchMedia("(pointer: coarse) and (hover: none)").matches;
    // While letters are being composed, Enter belongs to the composing.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !enterSends) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#text.value.trim();
    if (text && lengthOf(text) <= this.#limit) {
      this.clear();
      this.tell(null);
      this.#say(text);
    }
    this.focus();
  }

  #showCount() {
    const length = lengthOf(this.#text.value.trim());
    const left = this.#limit - length;
    const over = left < 0;
    this.#count.hidden = length < this.#limit * COUNT_SHOWN_FROM;
    this.#count.classList.toggle("govuk-error-message", over);
    this.#text.classList.toggle("govuk-textarea--error", over);
    if (over) this.#text.setAttribute("aria-invalid", "true");
    else this.#text.removeAttribute("aria-invalid");
    this.#count.replaceChildren(...countWords(left));
    clearTimeout(this.#telling);
    if (!this.#count.hidden) {
      // Not at every key: a screen reader would never come to the end of it.
      this.#telling = setTimeout(
        () => this.#status.replaceChildren(...countWords(left)),
        COUNT_TOLD_AFTER_MS,
      );
    }
  }
}

function countWords(left) {
  const number = Math.abs(left).toLocaleString("en-GB");
  if (left >= 0) return [words("characters_left"), `: ${number}`];
  return [words("characters_over"), `: ${number}. `, words("send_the_rest")];
}

/** Characters as the server counts them: a letter outside the first plane is one, not two. */
function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
