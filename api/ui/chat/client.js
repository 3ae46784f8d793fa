// Calls of the chat API. The session's token lives here, in memory, and nowhere else.

const BASE = "/v1/chat";
const PLACE = "Llais-Place";
// For so long a session is asked for again by itself, where many ask at once and the server says when to come back.
const LONGEST_IN_LINE_MS = 180_000;

/** The server refused; `status` says how. A broken connection throws TypeError instead, as fetch does. */
export class Refused extends Error {
  constructor(status, headers) {
    super(`refused with ${status}`);
    this.status = status;
    this.retryAfterSeconds = Number(headers.get("Retry-After")) || 0;
    this.place = headers.get(PLACE);
  }
}

export class ChatClient {
  #token = null;
  #place = null;

  get open() {
    return this.#token !== null;
  }

  get token() {
    return this.#token;
  }

  /**
   * Open a conversation in "cy", "en", or (null) both. Returns the cursor to read from.
   * `crowded()` is called once when it has to wait in line.
   */
  async openSession(language, crowded) {
    const answer = await this.#openPatiently({ body: { language } }, crowded);
    const session = await answer.json();
    this.#token = session.token;
    return session.cursor;
  }

  /** Have a message kept. The same id again is harmless. */
  async send(id, text) {
    await this.#call("POST", "/messages", { body: { id, text } });
  }

  /** The messages after a cursor, waiting up to `waitSeconds` for one. */
  async poll(cursor, waitSeconds, signal) {
    const query = new URLSearchParams({ after: cursor, wait: waitSeconds });
    const answer = await this.#call("GET", `/messages?${query}`, { signal });
    return answer.json();
  }

  /** The stream of messages after a cursor, as the body of a response. */
  async stream(cursor, signal) {
    const answer = await this.#call("GET", "/events", {
      signal,
      headers: { Accept: "text/event-stream", "Last-Event-ID": cursor },
    });
    return answer.body;
  }

  /**
   * End the session on the server, even while the page goes away, and forget the token at once.
   * The server keeps a draft only for whoever was given a code to come back.
   */
  leave() {
    if (!this.open) return;
    // The request is made before the token is forgotten; nobody waits for its answer.
    this.#call("POST", "/session/leave", { keepalive: true }).catch(() => {});
    this.forget();
  }

  /** The session is over already. */
  forget() {
    this.#token = null;
  }

  /** Whoever comes back with their place goes before all who came later. */
  async #openPatiently(request, crowded) {
    const giveUpAt = Date.now() + LONGEST_IN_LINE_MS;
    for (let refusals = 0; ; refusals += 1) {
      const headers = this.#place ? { [PLACE]: this.#place } : {};
      try {
        const answer = await this.#call("POST", "/sessions", { ...request, headers });
        this.#place = null;
        return answer;
      } catch (error) {
        if (error.status !== 429) throw error;
        this.#place = error.place;
        if (Date.now() > giveUpAt) throw error;
        if (refusals === 0) crowded();
        await new Promise((resume) => setTimeout(resume, 1000 * (error.retryAfterSeconds || 1)));
      }
    }
  }

  async #call(method, path, { body, headers = {}, ...options } = {}) {
    const answer = await fetch(BASE + path, {
      method,
      cache: "no-store",
      credentials: "omit",
      headers: {
        ...headers,
        ...(this.#token && { Authorization: `Bearer ${this.#token}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body && JSON.stringify(body),
      ...options,
    });
    if (!answer.ok) throw new Refused(answer.status, answer.headers);
    return answer;
  }
}
