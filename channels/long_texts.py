"""What is too long for one text is said in several, so that nothing is refused for its length."""

from bisect import bisect_right
from itertools import accumulate
from typing import Final

from channels.sms import PLAIN_SIGNS, with_choices

# Twilio refuses more (21617), in however many segments it would travel.
LONGEST_TEXT: Final = 1_600
_BETWEEN: Final = ("\n", " ")


def in_texts(text: str, choices: list[dict[str, str]]) -> list[str]:
    """The parts in which something leaves, in order; the last has room for its numbered choices.

    It is cut between lines, or else between words, and no word of it is left out.
    """
    # Choices are ours, and short (tests/wording).
    room = LONGEST_TEXT - _length(with_choices("", choices))
    if _length(text) <= room:
        return [text]
    parts, rest = [], text.strip()
    while _length(rest) > room:
        end = _end_of_part(rest, room)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*parts, rest]


def _end_of_part(text: str, room: int) -> int:
    most = max(1, bisect_right(list(accumulate(map(_length, text))), room))
    for sign in _BETWEEN:
        # In the first half it would leave a part that is hardly begun.
        end = text.rfind(sign, most // 2, most + 1)
        if end > 0:
            return end
    return most


def _length(text: str) -> int:
    """Its characters by the stricter count: an emoji is two, and a sign as long as what it may be made plain to."""
    return len(text.translate(PLAIN_SIGNS).encode("utf-16-be")) // 2
