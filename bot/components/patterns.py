"""Finds what has a shape rather than a spelling: phone numbers, addresses, references, times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.components.phrases import Found, Meaning
from bot.components.text import fold_in_place

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")),
    (
        "url",
        re.compile(
            r"https?://[^\s<>\"]{3,300}"
            r"|\bwww\.[^\s<>\"]{3,300}"
            r"|(?<![\w.@-])[\w-]{2,40}(?:\.[\w-]{2,40}){0,3}"
            r"\.(?:com|co\.uk|org\.uk|org|net|wales|cymru|uk|tv|io)(?:/[^\s<>\"]{0,300})?(?![\w])",
            re.IGNORECASE,
        ),
    ),
    ("handle", re.compile(r"(?<![\w@./])@[A-Za-z0-9_][A-Za-z0-9_.]{1,28}[A-Za-z0-9_]")),
    ("phone", re.compile(r"(?<![\w.])(?:\+44|0044|\(?0)[\d ()./-]{7,14}\d(?!\w)")),
)
_UK_PHONE_DIGITS = range(10, 15)


def _fitting(entity: str, text: str) -> bool:
    return entity != "phone" or sum(sign.isdigit() for sign in text) in _UK_PHONE_DIGITS


class ShapeFinder:
    """Contact details and references; the shape of a reference comes from the lexicons."""

    def __init__(self, reference: str) -> None:
        self._shapes = (("reference", re.compile(reference, re.IGNORECASE)), *_SHAPES)

    def find(self, text: str) -> Iterator[Found]:
        """What has the shape, without overlaps; the value is the text as written, trimmed."""
        taken: list[tuple[int, int]] = []
        for entity, shape in self._shapes:
            for match in shape.finditer(text):
                end = match.start() + len(match.group().rstrip(".,;:!?)"))
                value = text[match.start() : end]
                if not _fitting(entity, value):
                    continue
                if any(match.start() < stop and start < end for start, stop in taken):
                    continue
                taken.append((match.start(), end))
                yield Found(Meaning(entity, value), match.start(), end)


class TimeFinder:
    """Times and dates in the person's own words; neighbouring times are one: "nos Fawrth am naw"."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        lists = {name: f"(?:{_any_of(forms)})" for name, forms in content["words"].items()}
        one, more = (
            "|".join(f"(?:{pattern.format_map(lists)})" for pattern in content[name])
            for name in ("patterns", "continuations")
        )
        joiner = f"(?:{_any_of(content['joiners'])})"
        # Bounded repeats only: the time needed stays linear in the text.
        self._pattern = re.compile(
            rf"(?<!\w)(?:{one})(?:[ ,]{{1,3}}(?:(?:{joiner} ?)?(?:{one})|{more})){{0,4}}(?!\w)"
        )

    def find(self, text: str) -> Iterator[Found]:
        plain = fold_in_place(text)
        for match in self._pattern.finditer(plain):
            yield Found(
                Meaning("time", text[match.start() : match.end()]), match.start(), match.end()
            )


def _any_of(forms: list[str]) -> str:
    """A pattern for any of the forms; the longest is tried first."""
    folded = sorted({fold_in_place(form) for form in forms}, key=lambda form: (-len(form), form))
    return "|".join(r"\s+".join(map(re.escape, form.split())) for form in folded)


def finders_from(content: Mapping[str, Any]) -> tuple[ShapeFinder, TimeFinder]:
    """Both finders, from the content of data/entities/patterns.yml."""
    return ShapeFinder(content["reference"]), TimeFinder(content["time"])
