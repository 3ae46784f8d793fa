// Puts the chat into a page of another site:
//
//   <script src="https://HERE/chat/embed.js" defer></script>
//   <llais-chat lang="cy"><a href="https://HERE/cy">Sgwrs</a></llais-chat>
//
// What stands inside the element is shown where no script runs. The site must be among those that may frame the
// chat (LLAIS_FRAME_ANCESTORS). Nothing is read from that site's page, and nothing but "leave" is told to it.

(() => {
  const source = new URL(document.currentScript.src).origin;
  const LABELS = { cy: "Sgwrs", en: "Chat" };
  const PRESSES = 3;
  const FORGOTTEN_AFTER_MS = 5000;
  const style = new CSSStyleSheet();
  style.replaceSync(
    ":host { display: block; height: 40rem; max-height: 100vh } iframe { width: 100%; height: 100%; border: 0 }",
  );

  class LlaisChat extends HTMLElement {
    #frame = null;
    #presses = 0;
    #forget = null;

    connectedCallback() {
      const language = this.lang in LABELS ? this.lang : "";
      this.#frame = document.createElement("iframe");
      this.#frame.src = `${source}/${language}`;
      this.#frame.title = LABELS[language] ?? `${LABELS.cy} / ${LABELS.en}`;
      this.#frame.referrerPolicy = "no-referrer";
      const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [style];
      root.replaceChildren(this.#frame);
      addEventListener("message", this);
      addEventListener("keydown", this, { capture: true });
    }

    disconnectedCallback() {
      removeEventListener("message", this);
      removeEventListener("keydown", this, { capture: true });
    }

    handleEvent(event) {
      if (event.type === "keydown") {
        this.#onKey(event);
      } else if (event.source === this.#frame.contentWindow && event.origin === source) {
        if (typeof event.data?.leaveFor === "string") this.#goTo(event.data.leaveFor);
      }
    }

    /** Shift three times leaves from the page around the chat too: the chat is told, and ends its session. */
    #onKey(event) {
      if (event.repeat) return;
      clearTimeout(this.#forget);
      const alone = event.key === "Shift" && !event.ctrlKey && !event.altKey && !event.metaKey;
      this.#presses = alone ? this.#presses + 1 : 0;
      if (this.#presses < PRESSES) {
        this.#forget = setTimeout(() => (this.#presses = 0), FORGOTTEN_AFTER_MS);
        return;
      }
      this.#frame.hidden = true;
      this.#frame.contentWindow.postMessage("leave", source);
    }

    #goTo(address) {
      document.documentElement.replaceChildren();
      location.replace(address);
    }
  }

  customElements.define("llais-chat", LlaisChat);
})();
