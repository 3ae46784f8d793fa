"""Whatever is said, in whatever order: there is always a reply, a way on, and never an error."""

import random

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import ANSWERS, BARE, TOLD

WORDS = {
    "cy": (
        "ie", "na", "do", "naddo", "iawn", "dim syniad", "sgipio", "nôl", "stopiwch", "dechrau eto", "helo", "diolch",
        "hwyl", "pam?", "?", "help", "pwy wyt ti", "ga i siarad gyda rhywun", "mae ofn arna i", "ti'n ddiwerth",
        "Saesneg plîs", "beth sy'n digwydd nesaf", "oes rhaid rhoi enw", "asdf qwer", "1", "2", "3", "1 a 3", "99",
        "mae e yma nawr gyda chyllell", "sa i moyn byw", "ges i fy mhoeri arno ddoe ar y bws", "/restart", "🙂",
        "peidiwch â phasio fy manylion", "dwi eisiau tynnu fy adroddiad yn ôl", "beth yw'r tywydd", "carys@example.org",
        "07700 900123", "welais i rywun yn cael ei fwrw", "cuddia hwn", "beth?", "copi", "newid ble", "ga i saib",
        "dwi'n teimlo'n ofnadwy", "dwedwch e'n symlach", "mwy o wasanaethau", "mynd ymlaen", "newid rhywbeth",
    ),
    "en": (
        "yes", "no", "ok", "sure", "don't know", "skip", "go back", "stop", "start again", "hello", "thanks", "bye",
        "why?", "?", "help", "are you a robot", "can I talk to a person", "I'm scared",
        "you're useless", "Welsh please",
        "what happens next", "do I have to give my name", "asdf qwer", "1", "2", "3", "1 and 3", "99",
        "he's here now with a knife", "I don't want to live", "they spat at me yesterday on the bus", "/restart", "🙂",
        "don't pass my details on", "please delete my report", "what's the weather", "carys@example.org",
        "07700 900123", "I saw somebody being hit", "hide this", "what?", "copy", "change where", "I need a break",
        "I can't stop shaking", "say it more simply", "more services", "go on", "change something",
    ),
}  # fmt: skip
WALKS, LENGTH = 12, 40


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("seed", range(WALKS))
def test_any_order_of_messages_always_has_a_reply_and_a_way_on(
    assistant: Assistant, catalogue: Catalogue, language: str, seed: int
) -> None:
    dice = random.Random(f"{language}{seed}")
    index = 0 if language == "cy" else 1
    talk = assistant.talk(language, dice.choice(["web", "web", "sms"]))
    asked: list[str | None] = []
    for _ in range(LENGTH):
        answer = ANSWERS.get(talk.question or "")
        if talk.question == "account" or answer is None:
            told = dice.choice([TOLD, BARE])
            sensible = told.text(language)
        else:
            sensible = answer[index]
        # Half of the time an answer, so that every part of the conversation is reached.
        said = sensible if dice.random() < 0.5 else dice.choice(WORDS[language])
        talk.say(said, returned=dice.random() < 0.1)
        assert talk.replies, said
        assert all(reply["text"].strip() for reply in talk.replies), said
        asked.append(talk.question)
        stuck = len(asked) > 3 and len(set(asked[-4:])) == 1 and talk.question is not None
        if stuck and talk.question != "account_done":
            assert _offers_a_way_on(talk.text, catalogue, language), f"{asked[-4:]} {talk.text}"


@pytest.mark.parametrize("language", ["cy", "en"])
def test_999_is_reached_from_every_question(assistant: Assistant, language: str) -> None:
    index = 0 if language == "cy" else 1
    danger = ("mae e'n torri'r drws nawr, dewch yn gyflym", "he's breaking the door down now, help")
    for question in ("account", *ANSWERS):
        talk = assistant.talk(language)
        talk.say(("Helo", "Hello")[index])
        for _ in range(20):
            if talk.question == question:
                break
            answers = {"account": (BARE.cy, BARE.en), **ANSWERS}
            talk.say(answers[talk.question or "account"][index])
        if talk.question != question:
            continue
        talk.say(danger[index])
        assert "999" in talk.text, question


def _offers_a_way_on(text: str, catalogue: Catalogue, language: str) -> bool:
    ways = (
        *("utter_ways_on", "utter_not_understood_again", "utter_when_safe", "utter_account_added"),
        # Begun anew, it is not the same question again.
        "utter_restarted",
    )
    return any(catalogue.say(name, language) in text for name in ways) or "999" in text
