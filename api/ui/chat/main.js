// The chat page, put together: a conversation, and the ways in which it can end.

import { ChatClient } from "./client.js";
import { Composer } from "./composer.js";
import { Copy } from "./copy.js";
import { IdleWatch } from "./idle.js";
import { LanguageSwitch, pageLanguage } from "./language.js";
import { Leave } from "./leave.js";
import { keepEndInView, Log } from "./log.js";
import { newId } from "./new_id.js";
import { hideNotice, showNotice } from "./notice.js";
import { Outbox } from "./outbox.js";
import { goOnWithPlainForm } from "./plain_form.js";
import { Receiver } from "./receive.js";
import { tell } from "./words.js";

const settings = document.body.dataset;
const chat = document.querySelector("#chat");
const typing = document.querySelector("#typing");
const connection = document.querySelector("#connection");

const client = new ChatClient();
const log = new Log(document.querySelector("#log"), (choice) => {
  say(choice.value, choice.label);
  composer.focus();
});
const composer = new Composer(
  document.querySelector("#composer"),
  Number(settings.maxCharacters),
  (text) => say(text),
);
const languageSwitch = new LanguageSwitch((request) => client.open && say(request));
const outbox = new Outbox(client, {
  state(id, state) {
    keepEndInView(() => log.showState(id, state, client.open ? () => outbox.sendAgain() : null));
    if (state === "not-sent") composer.tell("not_sent_alert");
  },
  ended: sessionEnded,
});
const idle = new IdleWatch(Number(settings.idleWarningSeconds), Number(settings.idleWipeSeconds), () => {
  wipe();
  showNotice({
    title: "cleared_title",
    text: "cleared_text",
    action: "start_again",
    act: start,
  });
});
const copy = new Copy(() => log.text());
let receiver = null;

goOnWithPlainForm(() => client.token);
new Leave(wipe);
start();

/** Open a conversation in the page's language, and show it. */
async function start() {
  hideNotice();
  log.clear();
  chat.hidden = false;
  tell(connection, "opening");
  const language = pageLanguage();
  let cursor;
  try {
    cursor = await client.openSession(language === "both" ? null : language, () =>
      tell(connection, "crowded", "app-word app-word--block"),
    );
  } catch {
    chat.hidden = true;
    showNotice({ text: "cannot_open", action: "try_again", act: start });
    return;
  }
  tell(connection, null);
  composer.show();
  copy.show(true);
  idle.start();
  receiver = new Receiver(client, cursor, {
    messages: show,
    typing: (isTyping) => keepEndInView(() => (typing.hidden = !isTyping)),
    connected: (isConnected) => tell(connection, isConnected ? "online" : "offline"),
    ended: sessionEnded,
  });
  receiver.run();
  languageSwitch.opened(language);
}

/** Say something in the person's name; `shown` is what they chose, where that reads otherwise. */
function say(text, shown = text) {
  const id = newId();
  log.removeChoices();
  log.addOwn(id, shown, pageLanguage() === "both" ? "" : pageLanguage());
  outbox.add(id, text);
}

function show(messages) {
  log.add(messages);
  const said = messages.filter((message) => message.from === "assistant").at(-1);
  if (said) languageSwitch.follow(said.language);
}

/**
 * The server knows this session no more: what is here can be read, nothing can be added.
 * What was not sent waits in the field, where the person sees it and decides what becomes of it.
 */
function sessionEnded() {
  client.forget();
  stop();
  // Whoever comes by can read it as long as it stands here, so it is wiped after a while as ever.
  idle.start();
  log.removeChoices();
  const unsent = outbox.takeBack();
  composer.putBack(unsent);
  showNotice({
    title: "ended_title",
    text: unsent.length ? "ended_unsent_text" : "ended_text",
    action: "start_again",
    act: start,
  });
}

function stop() {
  receiver?.stop();
  receiver = null;
  idle.stop();
  typing.hidden = true;
  composer.hide();
  tell(connection, null);
}

/** Forget everything that the page knows, and end the session. */
function wipe() {
  client.leave();
  stop();
  outbox.clear();
  composer.clear();
  log.clear();
  copy.show(false);
  chat.hidden = true;
}
