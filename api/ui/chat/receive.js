// Receiving: a stream of events where the way there lets it through, long polls where it does not.
// Either way the cursor says what has been seen, so that a lost connection loses no message.

import { Refused } from "./client.js";
import { eventsOf } from "./event_stream.js";

const LONG_POLL_SECONDS = 25;
// The server gives a sign of life every 15 s; something on the way holds back a stream without one.
const SILENCE_MS = 25_000;
// One dropped call is no news; a second failure in a row is.
const FAILURES_WORTH_TELLING = 2;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

export class Receiver {
  #client;
  #on;
  #cursor;
  #stop = new AbortController();
  #streamWorks = true;
  #failures = 0;

  /** `on` has: messages(list), typing(bool), connected(bool), ended(). */
  constructor(client, cursor, on) {
    this.#client = client;
    this.#cursor = cursor;
    this.#on = on;
  }

  stop() {
    this.#stop.abort();
  }

  async run() {
    while (!this.#stop.signal.aborted) {
      try {
        await (this.#streamWorks ? this.#readStream() : this.#readPoll());
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof Refused && error.status === 401) {
          this.#on.ended();
          return;
        }
        if (error instanceof Refused && this.#streamWorks) this.#streamWorks = false;
        await this.#pause();
      }
    }
  }

  async #readStream() {
    const attempt = new AbortController();
    const cancel = () => attempt.abort();
    this.#stop.signal.addEventListener("abort", cancel);
    // A browser that is offline leaves an open stream open, and silent.
    addEventListener("offline", cancel);
    let sawLife = false;
    const silent = () => {
      if (!sawLife) this.#streamWorks = false;
      cancel();
    };
    let watch = setTimeout(silent, SILENCE_MS);
    try {
      const body = await this.#client.stream(this.#cursor, attempt.signal);
      this.#connected();
      for await (const event of eventsOf(body)) {
        sawLife = true;
        clearTimeout(watch);
        watch = setTimeout(silent, SILENCE_MS);
        if (event) this.#take(event);
      }
    } finally {
      clearTimeout(watch);
      removeEventListener("offline", cancel);
      this.#stop.signal.removeEventListener("abort", cancel);
    }
    // The server closed the stream: the next call tells whether the session has ended.
    if (!sawLife) this.#streamWorks = false;
  }

  #take({ event, data, id }) {
    const content = JSON.parse(data);
    if (event === "typing") {
      this.#on.typing(content.typing);
    } else if (event === "message") {
      if (id) this.#cursor = id;
      this.#on.messages([content]);
    }
  }

  async #readPoll() {
    const wait = this.#failures ? 0 : LONG_POLL_SECONDS;
    const { messages, cursor, typing } = await this.#client.poll(
      this.#cursor,
      wait,
      this.#stop.signal,
    );
    this.#connected();
    this.#cursor = cursor;
    this.#on.typing(typing);
    if (messages.length) this.#on.messages(messages);
  }

  #connected() {
    if (this.#failures >= FAILURES_WORTH_TELLING) this.#on.connected(true);
    this.#failures = 0;
  }

  async #pause() {
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
    this.#failures += 1;
    if (this.#failures === FAILURES_WORTH_TELLING) this.#on.connected(false);
    await new Promise((resume) => {
      setTimeout(resume, pause);
      addEventListener("online", resume, { once: true });
      this.#stop.signal.addEventListener("abort", resume, { once: true });
    });
  }
}
