// What the page says, cloned from the templates in the page: both languages at once, of which the
// style sheet shows what the root's data-language asks for.

/** A node with the words of `key`. */
export function words(key, className = "app-word") {
  const template = document.querySelector(`template[data-word="${key}"]`);
  const span = document.createElement("span");
  span.className = className;
  span.append(template.content.cloneNode(true));
  return span;
}

/** Replace what a status region says; an empty key silences it. */
export function tell(region, key) {
  region.replaceChildren(...(key ? [words(key)] : []));
}
