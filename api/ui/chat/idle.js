// A page left open: first a question, which any answer settles, then the page is wiped.

// Not scroll: the page scrolls by itself when a message comes.
const ACTIVITY = ["keydown", "pointerdown", "wheel", "touchmove", "input"];
const CHECK_MS = 1000;

export class IdleWatch {
  #dialog = document.querySelector("#idle");
  #warnAfter;
  #wipeAfter;
  #wipe;
  #last = Date.now();
  #timer = null;

  /** After `warningSeconds` without a sign of the person a warning; after `wipeSeconds` `wipe()`. */
  constructor(warningSeconds, wipeSeconds, wipe) {
    this.#warnAfter = warningSeconds * 1000;
    this.#wipeAfter = wipeSeconds * 1000;
    this.#wipe = wipe;
    for (const name of ACTIVITY) {
      addEventListener(name, () => this.#seen(), { capture: true, passive: true });
    }
    document.querySelector("#idle-stay").addEventListener("click", () => this.#stay());
    // Escape answers the question too.
    this.#dialog.addEventListener("close", () => this.#stay());
    // A sleeping computer stops timers: look at the clock when it wakes.
    document.addEventListener("visibilitychange", () => this.#check());
  }

  start() {
    this.#last = Date.now();
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    if (this.#dialog.open) this.#dialog.close();
  }

  #seen() {
    // While the question stands, only an answer to it counts.
    if (!this.#dialog.open) this.#last = Date.now();
  }

  #stay() {
    this.#last = Date.now();
    if (this.#dialog.open) this.#dialog.close();
  }

  #check() {
    if (this.#timer === null) return;
    const idle = Date.now() - this.#last;
    if (idle >= this.#wipeAfter) {
      this.stop();
      this.#wipe();
    } else if (idle >= this.#warnAfter && !this.#dialog.open) {
      this.#dialog.showModal();
    }
  }
}
