// The paragraphs of a message, each with its own language. Text stays text: nothing here makes HTML of it.

/**
 * One element for each language of the text. A message in "cy+en" says everything twice, all of the
 * Welsh before all of the English, in as many paragraphs each.
 */
export function languageParts(text, language) {
  if (language !== "cy+en") return [part(text, language)];
  const paragraphs = text.split(/\n{2,}/);
  const half = Math.ceil(paragraphs.length / 2);
  const parts = [part(paragraphs.slice(0, half).join("\n\n"), "cy")];
  if (paragraphs.length > half) parts.push(part(paragraphs.slice(half).join("\n\n"), "en"));
  return parts;
}

function part(text, language) {
  const element = document.createElement("div");
  element.lang = language;
  element.className = "app-message__part";
  for (const paragraph of text.split(/\n{2,}/)) {
    const p = document.createElement("p");
    p.textContent = paragraph;
    element.append(p);
  }
  return element;
}

// Numbers that can save a life can be touched: three digits, or a helpline's in its usual groups.
const NUMBER = /\b(999|111|101|116 123|0[38]00 [\d ]{5,10}\d|0808 [\d ]{5,10}\d)\b/;

/** Turn the telephone numbers inside an element's paragraphs into links that call them. */
export function linkNumbers(element) {
  for (const p of element.querySelectorAll("p")) {
    const pieces = p.textContent.split(new RegExp(NUMBER, "g"));
    p.replaceChildren(
      ...pieces.map((piece, index) => (index % 2 ? callLink(piece) : document.createTextNode(piece))),
    );
  }
}

function callLink(number) {
  const link = document.createElement("a");
  link.href = `tel:${number.replaceAll(" ", "")}`;
  link.textContent = number;
  return link;
}
