// Leaving fast: the red button, or Shift three times. The page is blank before anything else happens.

import { tell, words } from "./words.js";

const PRESSES = 3;
const FORGOTTEN_AFTER_MS = 5000;
const FRAME_PATIENCE_MS = 200;

export class Leave {
  #address = document.querySelector("#exit").href;
  #lights = document.querySelector(".app-exit__lights");
  #status = document.querySelector("#exit-status");
  #wipe;
  #presses = 0;
  #forget = null;

  /** `wipe()` forgets everything that the page knows and ends the session. */
  constructor(wipe) {
    this.#wipe = wipe;
    for (const button of document.querySelectorAll("[data-exit]")) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        this.#leave();
      });
    }
    // Capture: no other part of the page can keep the keys from here.
    addEventListener("keydown", (event) => this.#onKey(event), { capture: true });
    // Inside another site's page (embed.js): that page tells when Shift was pressed there.
    addEventListener("message", (event) => {
      if (event.source === parent && parent !== window && event.data === "leave") this.#leave();
    });
    addEventListener("pageshow", (event) => {
      // Kept by the browser for its back button after all: show nothing of it.
      if (event.persisted) location.reload();
    });
  }

  #onKey(event) {
    if (event.repeat) return;
    // Shift held to write a capital letter is no press on its own.
    if (event.key !== "Shift" || event.ctrlKey || event.altKey || event.metaKey) {
      this.#startOver();
      return;
    }
    this.#presses += 1;
    if (this.#presses >= PRESSES) {
      this.#leave();
      return;
    }
    this.#showPresses();
    clearTimeout(this.#forget);
    this.#forget = setTimeout(() => {
      this.#startOver();
      tell(this.#status, "exit_expired");
    }, FORGOTTEN_AFTER_MS);
    tell(this.#status, this.#presses === 1 ? "exit_two_more" : "exit_one_more");
  }

  #startOver() {
    if (!this.#presses) return;
    clearTimeout(this.#forget);
    this.#presses = 0;
    tell(this.#status, null);
    this.#showPresses();
  }

  #showPresses() {
    this.#lights.hidden = this.#presses === 0;
    [...this.#lights.children].forEach((light, index) =>
      light.classList.toggle("app-exit__light--on", index < this.#presses),
    );
  }

  #leave() {
    const overlay = document.createElement("div");
    overlay.className = "app-overlay";
    overlay.setAttribute("role", "alert");
    overlay.append(words("exit_leaving", "app-word govuk-visually-hidden"));
    document.body.replaceChildren(overlay);
    document.title = "";
    try {
      this.#wipe();
    } finally {
      if (parent === window) location.replace(this.#address);
      else this.#leaveWithThePageAround();
    }
  }

  /** A frame that led elsewhere by itself would leave the page around it standing. */
  #leaveWithThePageAround() {
    parent.postMessage({ leaveFor: this.#address }, "*");
    // Framed without embed.js, nobody listens.
    setTimeout(() => top.location.replace(this.#address), FRAME_PATIENCE_MS);
  }
}
