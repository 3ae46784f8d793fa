"""Whatever is said, in whatever order: always a reply, a way on, an end, and 999 first."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import ANSWERS, BARE
from tests.dialogue.search import search

CONVERSATIONS = 40


def test_people_of_every_kind_find_no_dead_end(assistant: Assistant, catalogue: Catalogue) -> None:
    found = list(search(assistant, catalogue, range(CONVERSATIONS // 2), print))
    assert found == []


@pytest.mark.parametrize("language", ["cy", "en"])
def test_999_is_reached_from_every_question(assistant: Assistant, language: str) -> None:
    index = 0 if language == "cy" else 1
    danger = ("mae e'n torri'r drws nawr, dewch yn gyflym", "he's breaking the door down now, help")
    answers = {"account": (BARE.cy, BARE.en), **ANSWERS}
    for question in answers:
        talk = assistant.talk(language)
        talk.say(("Helo", "Hello")[index])
        for _ in range(40):
            if talk.question == question:
                break
            talk.say(answers[talk.question or "account"][index])
        if talk.question != question:
            continue
        talk.say(danger[index])
        assert "999" in talk.text, question
