"""No message takes long because of how it is written: patterns go through words in a time that grows with their length.

The language and safety layers, the entities, the classifier and the connector to Rasa have such tests of their own.
Here is what else reads words that a person wrote.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from actions.times import resolve_time
from api.conversations.moving import wanted_move
from api.conversations.public_pages import with_numbers_to_call
from api.conversations.typed_code import code_in
from api.scrutiny.redaction import redacted
from channels.sms import as_sent, keyword, normal_number, segments
from channels.web import MAX_CHARACTERS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READERS: dict[str, Callable[[str], object]] = {
    "a code to come back by": lambda words: code_in(words, None),
    "a wish to move": wanted_move,
    "a time": lambda words: resolve_time(words, "cy", NOW),
    "what scrutiny must not read": lambda words: redacted(words, ["Siân Parri", "ap Rhys"]),
    "numbers to call": with_numbers_to_call,
    "a keyword": keyword,
    "a telephone number": normal_number,
    "segments": lambda words: segments(as_sent(words)),
}
# What makes patterns that repeat within a repetition try again and again.
SEEDS = (
    "1",
    "1 ",
    "1-",
    " ",
    "a",
    "A",
    "Aa ",
    "a@",
    "a.",
    "@",
    "[",
    "(1) ",
    "Mr A ",
    "12:",
    "am ",
    "\n",
    "é",
    "–",
)
# What takes a hundredth of this on an idle machine; what tries every way to share words out takes minutes.
MOST_SECONDS = 2.0


@pytest.mark.parametrize("reader", READERS)
def test_the_longest_message_is_read_at_once_however_it_is_written(reader: str) -> None:
    slow = []
    for seed in SEEDS:
        # The end fits nothing, so that every pattern tries what it can.
        for end in ("!", "]", "1x"):
            words = (seed * MAX_CHARACTERS)[: MAX_CHARACTERS - len(end)] + end
            started = time.process_time()
            READERS[reader](words)
            took = time.process_time() - started
            if took > MOST_SECONDS:
                slow.append((seed, end, took))
    assert slow == []
