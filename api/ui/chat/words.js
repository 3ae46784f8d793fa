// What the page says, cloned from the templates in the page: both languages at once, of which the
// style sheet shows what the root's data-language asks for.

// Taken once: words are needed even while the page is being emptied.
const templates = new Map(
  [...document.querySelectorAll("template[data-word]")].map((template) => [
    template.dataset.word,
    template.content,
  ]),
);

/** A node with the words of `key`. */
export function words(key, className = "app-word") {
  const span = document.createElement("span");
  span.className = className;
  span.append(templates.get(key).cloneNode(true));
  return span;
}

/** Replace what a status region says; an empty key silences it. */
export function tell(region, key, className) {
  region.replaceChildren(...(key ? [words(key, className)] : []));
}
