"""What Rasa would obey is taken off before Rasa sees it, and however it is written, that takes no time."""

import time

import pytest

from channels.rasa_connector import without_commands
from channels.rasa_limits import LONGEST_TEXT


@pytest.mark.parametrize(
    "command",
    ["/restart", "//restart", " /restart", "/ restart", "/report{}", '/inform{"name": "x"}',
     "/session_start@0.9", "/slots @1.0 {}", "/back  ", "/\n{\n}", "/"],
)  # fmt: skip
def test_a_command_and_nothing_else_asks_the_open_question_again(command: str) -> None:
    assert without_commands(command) == "?"


def test_words_after_a_stroke_are_words() -> None:
    assert without_commands("/restart the story: he hit me") == "restart the story: he hit me"
    assert without_commands("he said /restart") == "he said /restart"
    assert not without_commands("// / /restart now please").startswith("/")


@pytest.mark.parametrize(
    "seed", [" ", "\n", "/", "a", "@1", "1", "{", "}", "{}", " @", "a ", "\u00a0"]
)
def test_time_needed_grows_no_faster_than_the_text(seed: str) -> None:
    for end in ("!", "} x"):
        words = "/" + (seed * LONGEST_TEXT)[:LONGEST_TEXT] + end
        started = time.process_time()
        without_commands(words)
        assert time.process_time() - started < 2
