"""Passwords that are guessed first: nothing is in them but words of the place or of lists, rows of keys, and repeats.

There is no list of leaked passwords here; what is refused is how such passwords are built. Length comes first
(NCSC: three random words), so other words beside these are enough.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import yaml

WORDS_FILE: Final = Path(__file__).parent.parent.parent / "data" / "password_words.yml"
SHORTEST_ROW: Final = 4
# So few letters beside the rest make no password.
FEWEST_OF_ITS_OWN: Final = 4
# Signs and figures that stand for letters; a one for two of them.
_LOOKS_LIKE: Final = tuple(str.maketrans("@$!03457" + "1", "asioeast" + one) for one in "il")
_DECORATION: Final = re.compile(r"[\W\d_]{1,5}$")
_REPEATED: Final = re.compile(r"(.{1,6}?)\1{2,}")
_YEAR: Final = re.compile(r"^\d{1,4}|\d{1,4}$")


@cache
def _words() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words, longest first, and the rows in both directions."""
    content = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    words = {word for kind in ("place", "work", "common") for word in content[kind]}
    rows = [row for each in content["rows"] for row in (each, each[::-1])]
    return tuple(sorted(words, key=len, reverse=True)), tuple(rows)


def is_common(password: str, username: str) -> bool:
    """Whether a password has next to nothing of its own."""
    plain = _folded(password)
    own_name = tuple(part for part in re.split(r"\W+", _folded(username)) if len(part) > 1)
    undecorated = _DECORATION.sub("", plain)
    spellings = (plain, *(undecorated.translate(letters) for letters in _LOOKS_LIKE))
    return any(len(_of_its_own(each, own_name)) < FEWEST_OF_ITS_OWN for each in spellings)


def _folded(words: str) -> str:
    decomposed = unicodedata.normalize("NFKD", words.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _of_its_own(password: str, own_name: tuple[str, ...]) -> str:
    """What is left without repeats, rows, known words, and a year or two at the ends."""
    words, rows = _words()
    rest = _without_rows(_REPEATED.sub(r"\1", password), rows)
    for word in sorted((*own_name, *words), key=len, reverse=True):
        rest = rest.replace(word, " ")
    rest = re.sub(r"[\W_]+", "", rest)
    return _YEAR.sub("", rest)


def _without_rows(password: str, rows: tuple[str, ...]) -> str:
    kept, at = "", 0
    while at < len(password):
        length = max(
            (
                size
                for size in range(SHORTEST_ROW, min(len(password) - at, 26) + 1)
                if any(password[at : at + size] in row for row in rows)
            ),
            default=0,
        )
        if not length:
            kept += password[at]
        at += length or 1
    return kept
