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

  clear() {
    this.#waiting = [];
  }

  async #sendAll() {
    this.#busy = true;
    for (const { id } of this.#waiting) this.#on.state(id, "sending");
    while (this.#waiting.length) {
      const message = this.#waiting[0];
      if (!(await this.#send(message))) {
        for (const { id } of this.#waiting) this.#on.state(id, "not-sent");
        break;
      }
      // The list may have been cleared while the message was on its way.
      if (this.#waiting[0] === message) this.#waiting.shift();
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
        const refused = error instanceof Refused ? error : null;
        if (refused?.status === 401) this.#on.ended();
        if (attempt >= PAUSES_MS.length || (refused && !mayPass(refused.status))) return false;
        await pause(Math.max(PAUSES_MS[attempt], 1000 * (refused?.retryAfterSeconds ?? 0)));
      }
    }
  }
}

function mayPass(status) {
  return status === 429 || status >= 500;
}

function pause(milliseconds) {
  return new Promise((resume) => setTimeout(resume, milliseconds));
}
