"""What a person wrote, as it is kept and as it is read, whichever way it came."""

import re
import unicodedata
from typing import Final

# Soft hyphens, joiners and marks of direction: they come with what is pasted, show nothing, and cut words in two.
# Written as a pattern: `translate` costs twenty times as much where a message has one ŵ.
_UNSEEN: Final = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


def as_kept(text: str) -> str:
    """The text without NUL and blank ends, its letters in one piece.

    Some keyboards send ŷ as y and a circumflex of its own (NFD). It is the same text (Unicode, UAX #15), but whoever
    looks for words would find other ones.
    """
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip()


def as_read(text: str) -> str:
    """The text as language and danger are looked for in it: in one piece, without what cannot be seen."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text))
