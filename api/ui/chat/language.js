// The page's language: "both" until the person or the conversation has settled on one.

const root = document.documentElement;

/** "both", "cy" or "en". */
export function pageLanguage() {
  return root.dataset.language;
}

/** Show the page in one language, at the address of that language, without loading anything. */
export function showPageIn(language) {
  root.lang = language;
  root.dataset.language = language;
  const title = document.querySelector("title");
  title.textContent = title.getAttribute(`data-title-${language}`);
  for (const link of document.querySelectorAll("[data-switch-to]")) {
    if (link.dataset.switchTo === language) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  history.replaceState(null, "", `/${language}`);
}

function linkTo(language) {
  return document.querySelector(`[data-switch-to="${language}"]`);
}

/**
 * Let the person switch, and let the page follow the conversation.
 * `request(text)` says in the conversation what the person wants.
 */
export class LanguageSwitch {
  #request;
  #wanted = null;

  constructor(request) {
    this.#request = request;
    for (const link of document.querySelectorAll("[data-switch-to]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.#switchTo(link.dataset.switchTo, link.dataset.request);
      });
    }
  }

  #switchTo(language, requestText) {
    if (pageLanguage() === language) return;
    this.#wanted = language;
    showPageIn(language);
    this.#request(requestText);
  }

  /** The conversation has opened in `language`: say what the person wants if they have switched since. */
  opened(language) {
    if (pageLanguage() === language) return;
    this.#request(linkTo(pageLanguage()).dataset.request);
  }

  /** The assistant has spoken in `language`: the page follows, unless it waits for what was asked for. */
  follow(language) {
    if (language !== "cy" && language !== "en") return;
    if (this.#wanted && this.#wanted !== language) return;
    this.#wanted = null;
    if (pageLanguage() !== language) showPageIn(language);
  }
}
