// Calls of the chat API. The session's token lives here, in memory, and nowhere else.

const BASE = "/v1/chat";
// So often a session is asked for again, where many ask at once and the server says when to come back.
const TRIES_TO_OPEN = 4;

/** The server refused; `status` says how. A broken connection throws TypeError instead, as fetch does. */
export class Refused extends Error {
  constructor(status, retryAfter) {
    super(`refused with ${status}`);
    this.status = status;
    this.retryAfterSeconds = Number(retryAfter) || 0;
  }
}

export class ChatClient {
  #token = null;

  get open() {
    return this.#token !== null;
  }

  get token() {
    return this.#token;
  }

  /** Open a conversation in "cy", "en", or (null) both. Returns the cursor to read from. */
  async openSession(language) {
    const answer = await this.#openPatiently({ body: { language } });
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

  /** End the session on the server, even while the page goes away, and forget the token at once. */
  end() {
    if (!this.open) return;
    // The request is made before the token is forgotten; nobody waits for its answer.
    this.#call("DELETE", "/session", { keepalive: true }).catch(() => {});
    this.forget();
  }

  /** The session is over already. */
  forget() {
    this.#token = null;
  }

  async #openPatiently(request) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#call("POST", "/sessions", request);
      } catch (error) {
        if (error.status !== 429 || attempt >= TRIES_TO_OPEN) throw error;
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
    if (!answer.ok) throw new Refused(answer.status, answer.headers.get("Retry-After"));
    return answer;
  }
}
