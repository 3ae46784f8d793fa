// Sending: one message at a time, in the order in which they were written, each under one id for good,
// so that sending again can never say a thing twice.

import { Refused } from "./client.js";

const PAUSES_MS = [1000, 2000, 4000];

export class Outbox {
  #client;
  #on;
  #waiting = [];
  #busy = false;

  /** `on` has: state(id, "sending" | "sent" | "not-sent"), ended(). */
  constructor(client, on) {
    this.#client = client;
    this.#on = on;
    addEventListener("online", () => this.sendAgain());
  }

  add(id, text) {
    this.#waiting.push({ id, text });
    this.sendAgain();
  }

  /** Try whatever has not been sent. */
  sendAgain() {
    if (!this.#busy) this.#sendAll();
  }

  /** Forget whatever has not been sent: it belongs to one conversation, and never goes into another. */
  clear() {
    this.#waiting = [];
    // What is still on its way holds up nothing that is said from now on.
    this.#busy = false;
  }

  /** Take the words out that have not been sent, in their order; nothing tries them any more. */
  takeBack() {
    const unsent = this.#waiting;
    this.clear();
    for (const { id } of unsent) this.#on.state(id, "not-sent");
    return unsent.map(({ text }) => text);
  }

  async #sendAll() {
    this.#busy = true;
    for (const { id } of this.#waiting) this.#on.state(id, "sending");
    while (this.#waiting.length) {
      const message = this.#waiting[0];
      const isSent = await this.#send(message);
      // Cleared meanwhile: what waits now is sent by another run.
      if (!this.#isNext(message.id)) return;
      if (!isSent) {
        for (const { id } of this.#waiting) this.#on.state(id, "not-sent");
        break;
      }
      this.#waiting.shift();
      this.#on.state(message.id, "sent");
    }
    this.#busy = false;
  }

  /** Whether the server has kept the message in the end. */
  async #send({ id, text }) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#client.send(id, text);
        return true;
      } catch (error) {
        if (!this.#isNext(id)) return false;
        const refused = error instanceof Refused ? error : null;
        if (refused?.status === 401) this.#on.ended();
        if (attempt >= PAUSES_MS.length || (refused && !mayPass(refused.status))) return false;
        await pause(Math.max(PAUSES_MS[attempt], 1000 * (refused?.retryAfterSeconds ?? 0)));
        if (!this.#isNext(id)) return false;
      }
    }
  }

  /** Whether a message still waits: the list may have been cleared while it was on its way. */
  #isNext(id) {
    return this.#waiting[0]?.id === id;
  }
}

function mayPass(status) {
  return status === 429 || status >= 500;
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
