// One message as it stands in the log.

import { languageParts, linkNumbers } from "./paragraphs.js";
import { words } from "./words.js";

const HEADINGS = { emergency: "emergency", summary: "summary" };

/** The bubble of a message as the contract has it. */
export function messageElement(message) {
  const bubble = document.createElement("article");
  bubble.className = `app-message app-message--${message.from} app-message--${message.kind}`;
  bubble.dataset.id = message.id;
  bubble.append(speaker(message.from));
  if (message.kind in HEADINGS) bubble.append(heading(HEADINGS[message.kind]));
  if (message.reference) bubble.append(reference(message.reference));
  for (const part of languageParts(message.text, message.language)) {
    if (message.kind === "emergency") linkNumbers(part);
    bubble.append(part);
  }
  return bubble;
}

function speaker(from) {
  const element = document.createElement("p");
  element.className = "app-message__speaker";
  element.append(words(`from_${from}`));
  return element;
}

function heading(key) {
  const element = document.createElement("p");
  element.className = "app-message__heading";
  element.append(words(key));
  return element;
}

function reference(value) {
  const element = document.createElement("p");
  element.className = "app-message__reference";
  const code = document.createElement("strong");
  code.textContent = value;
  element.append(words("reference"), " ", code);
  return element;
}

/** Say beneath one's own message what became of it; a failed one can be sent again where `sendAgain` is given. */
export function showState(bubble, state, sendAgain) {
  bubble.dataset.state = state;
  let line = bubble.querySelector(".app-message__state");
  if (!line) {
    line = document.createElement("p");
    line.className = "app-message__state";
    // The log announces messages; what becomes of one is told elsewhere, and only when it fails.
    line.setAttribute("aria-live", "off");
    bubble.append(line);
  }
  line.replaceChildren(words(state.replace("-", "_")));
  if (state === "not-sent" && sendAgain) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "app-message__again";
    button.append(words("send_again"));
    button.addEventListener("click", sendAgain);
    line.append(" ", button);
  }
}
