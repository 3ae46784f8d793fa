// The phone: sends without leaving the page, and shows what comes back.

const LOOK_EVERY_MS = 700;
const texts = document.querySelector("#texts");
const form = document.querySelector("#write");
let shown = "";

async function look() {
  const answer = await fetch(texts.dataset.source);
  const now = await answer.text();
  if (!answer.ok || now === shown) return;
  shown = now;
  texts.replaceChildren(...JSON.parse(now).map(bubble));
  texts.scrollTop = texts.scrollHeight;
}

function bubble({ side, text, status }) {
  const element = document.createElement("div");
  element.className = `dev-text dev-text--${side}`;
  const words = document.createElement("p");
  words.textContent = text;
  const small = document.createElement("small");
  const said = document.querySelector(`#status-${status}`);
  small.append(said ? said.content.cloneNode(true) : status);
  element.append(words, small);
  return element;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  form.reset();
  await fetch(form.action, { method: "POST", body });
  await look();
  form.elements.text.focus();
});

form.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

setInterval(() => look().catch(() => {}), LOOK_EVERY_MS);
