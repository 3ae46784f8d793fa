"""What a person wrote, as it is kept and as it is read, whichever way it came."""

import unicodedata
from typing import Final

# Soft hyphens, joiners and marks of direction: they come with what is pasted, show nothing, and cut words in two.
_UNSEEN: Final = dict.fromkeys(
    (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)
)


def as_kept(text: str) -> str:
    """The text without NUL and blank ends, its letters in one piece.

    Some keyboards send ŷ as y and a circumflex of its own (NFD). It is the same text (Unicode, UAX #15), but whoever
    looks for words would find other ones.
    """
    return unicodedata.normalize("NFC", text.replace("\x00", "")).strip()


def as_read(text: str) -> str:
    """The text as language and danger are looked for in it: in one piece, without what cannot be seen."""
    return unicodedata.normalize("NFC", text.translate(_UNSEEN))
