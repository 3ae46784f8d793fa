"""Takes out of an account what would say who somebody is: the names and contact details that the case knows,
and whatever has the form of a number, an address or a name that is given as one.

It is done by rule and cannot know a name that nobody was asked for; the page says so to whoever reads it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from api.cases.queries import CaseFile

REMOVED: Final = "[…]"
# Parts of a name that are words of both languages too stay, unless they are written as a name.
SHORTEST_PART: Final = 2
_VARIANTS: Final = {
    "a": "aâäàáå",
    "e": "eêëèé",
    "i": "iîïìí",
    "o": "oôöòóø",
    "u": "uûüùú",
    "w": "wŵẅẁẃ",
    "y": "yŷÿỳý",
    "c": "cç",
    "n": "nñ",
}
_NAME: Final = r"[A-ZÂÊÎÔÛŴŶÁÉÍÓÚ][\w'’-]+"
_STREET: Final = (
    r"(?:Heol|Stryd|Ffordd|Lôn|Maes|Bryn|Cwrt|Clos|Rhodfa|Teras|Tre|Parc)\s+\w[\w'’-]*(?:\s+"
    + _NAME
    + ")?"
    rf"|(?:{_NAME}\s+){{1,3}}(?:Street|Road|Lane|Avenue|Close|Drive|Terrace|Way|Court|Crescent|Place|Gardens)"
)
_FORMS: Final = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"https?://\S+|www\.\S+", re.IGNORECASE),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE),
        (r"(?<!\w)@\w{2,}", 0),
        # Postcodes, and the plates of vehicles.
        (r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE),
        (r"\b[A-Z]{2}\d{2}\s?[A-Z]{3}\b", re.IGNORECASE),
        (rf"\b\d+[a-z]?,?\s+(?:{_STREET})", 0),
        (rf"\b(?:{_STREET})\b", 0),
        # Four figures and more, however they are spaced: telephone, card and house numbers, dates of birth.
        (r"\+?\(?\d(?:[\s().-]{0,2}\d){3,}", 0),
    )
)
# A name that is given as one: what comes before it stays.
_GIVEN: Final = re.compile(
    r"\b((?i:my name is|name's|i am called|i'm called|called|named|fy enw(?: i)? yw|fy enw i ydy|enw i yw|o'r enw|"
    r"yn galw|mr|mrs|ms|miss|mx|dr|pc|pcso|sgt|cwnstabl|y parch|rev)\.?\s+)"
    rf"({_NAME}(?:\s+(?:ap|ab|ferch|{_NAME}))*)"
)


def redacted(text: str, known: Iterable[str]) -> str:
    """The text without the known names and details, and without what looks like one."""
    for pattern in _patterns_of(known):
        text = pattern.sub(REMOVED, text)
    text = _GIVEN.sub(lambda found: found[1] + REMOVED, text)
    for form in _FORMS:
        text = form.sub(REMOVED, text)
    return re.sub(r"\[…\](?:[\s-]*\[…\])+", REMOVED, text)


def known_of(file: CaseFile) -> list[str]:
    """What the case knows of people: names, numbers, addresses, and who stands close to them."""
    known: list[str | None] = []
    for person in file.case.people:
        known += [person.name, person.phone, person.email, person.trusted_person]
    if file.case.reporter is not None:
        known += [file.case.reporter.organisation, file.case.reporter.trusted_adult]
    if file.conversation is not None:
        known.append(file.conversation.phone)
    known += file.names.values()
    return [entry for entry in known if entry]


def _patterns_of(known: Iterable[str]) -> Iterator[re.Pattern[str]]:
    whole = sorted({" ".join(entry.split()) for entry in known}, key=len, reverse=True)
    for entry in whole:
        yield re.compile(rf"(?<!\w){_loosely(entry)}(?!\w)", re.IGNORECASE)
    parts = {part for entry in whole for part in re.findall(r"[^\W\d_][\w'’-]*", entry)}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_PART and part[0].isupper():
            # As a name it has a capital, or none of its letters is small; "will" and "mai" are words.
            first, rest = _loosely(part[0]), _loosely(part[1:])
            yield re.compile(rf"(?<!\w){first.upper()}(?i:{rest})(?!\w)")
            if part.casefold() not in _WORDS_TOO:
                yield re.compile(rf"(?<!\w)(?i:{first}{rest})(?!\w)")


# Names that are also words; in small letters they are left.
_WORDS_TOO: Final = frozenset(
    (
        *(
            "will",
            "may",
            "mark",
            "rose",
            "hope",
            "grace",
            "faith",
            "joy",
            "jack",
            "bill",
            "sue",
            "pat",
            "art",
        ),
        *(
            "dawn",
            "iris",
            "violet",
            "summer",
            "robin",
            "drew",
            "rob",
            "skye",
            "sky",
            "young",
            "brown",
            "black",
        ),
        *(
            "white",
            "green",
            "mai",
            "haf",
            "eira",
            "gwen",
            "aur",
            "dewi",
            "glas",
            "gwyn",
            "coch",
            "llwyd",
            "bach",
        ),
        *(
            "da",
            "tad",
            "mam",
            "nain",
            "taid",
            "mum",
            "dad",
            "the",
            "and",
            "y",
            "yr",
            "a",
            "fy",
            "my",
            "i",
        ),
        *("wyn", "non", "dan", "an", "is", "in", "to", "of", "at", "o", "ar"),
    )
)


def _loosely(text: str) -> str:
    """A pattern for a text with or without its accents, and however it is spaced."""
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    if letter.isspace():
        return r"\s+"
    bare = unicodedata.normalize("NFD", letter)[0].lower()
    if bare in _VARIANTS:
        return f"[{_VARIANTS[bare]}{_VARIANTS[bare].upper()}]"
    return re.escape(letter)
