// What the page says instead of, or beneath, a conversation: that it cannot open, has ended, or was wiped.

import { words } from "./words.js";

const section = document.querySelector("#notice");

/** Show a notice with one thing to do about it; `act` does it. Focus goes to the notice. */
export function showNotice({ title, text, action, act }) {
  const parts = [];
  if (title) {
    const heading = document.createElement("h2");
    heading.className = "govuk-heading-m";
    heading.append(words(title, "app-word app-word--block"));
    parts.push(heading);
  }
  const paragraph = document.createElement("p");
  paragraph.className = "govuk-body";
  paragraph.append(words(text, "app-word app-word--block"));
  const button = document.createElement("button");
  button.type = "button";
  button.className = "govuk-button";
  button.append(words(action));
  button.addEventListener("click", () => {
    hideNotice();
    act();
  });
  section.replaceChildren(...parts, paragraph, button);
  section.hidden = false;
  section.focus();
}

export function hideNotice() {
  section.hidden = true;
  section.replaceChildren();
}
