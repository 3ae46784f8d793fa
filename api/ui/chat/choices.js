// The answers that a question offers, as buttons that say their words for the person.

import { words } from "./words.js";

let count = 0;

/** The buttons; `take(choice)` is called with the one that was pressed. */
export function choicesElement(choices, language, take) {
  const group = document.createElement("div");
  const label = words("choices", "app-word govuk-visually-hidden");
  label.id = `choices-${(count += 1)}`;
  group.className = "app-choices";
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", label.id);
  group.append(label);
  for (const choice of choices) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "govuk-button govuk-button--secondary app-choices__choice";
    if (language !== "cy+en") button.lang = language;
    button.textContent = choice.label;
    button.addEventListener("click", () => take(choice));
    group.append(button);
  }
  return group;
}
