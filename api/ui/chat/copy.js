// A copy of the conversation to keep, as a file whose name says nothing.

import { pageLanguage } from "./language.js";

/** `text()` is the conversation as it stands on the page. Shown once there is something to keep. */
export class Copy {
  #area = document.querySelector("#copy");

  constructor(text) {
    const button = this.#area.querySelector("button");
    button.addEventListener("click", () => {
      const name = pageLanguage() === "en" ? button.dataset.fileEn : button.dataset.fileCy;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
      link.download = `${name}.txt`;
      link.click();
      // The browser has taken it by then; nothing of it stays with the page.
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  show(isShown) {
    this.#area.hidden = !isShown;
  }
}
