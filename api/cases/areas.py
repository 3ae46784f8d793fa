"""The county of a case, by which officers share the work out. It is not encrypted, and therefore no finer."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

PLACES_DIR: Final = Path(__file__).parent.parent.parent / "data" / "places"
COUNTIES: Final = ("carmarthenshire", "ceredigion", "pembrokeshire", "powys")
UNKNOWN: Final = "unknown"
AREAS: Final = (*COUNTIES, "elsewhere", UNKNOWN)
# Words of the longest name that is looked for in a sentence.
LONGEST_NAME: Final = 4


def area_of(place: str | None, where: str | None = None) -> str:
    """The area of a place in any of its names, or else of the only county that the words about it name: one of AREAS.

    A place may stand in both languages, as the gazetteer writes it: `Aberteifi / Cardigan`. It is where all its names
    agree; `unknown` where two counties have that name, or nothing says anything sure.
    """
    found = [_places().get(_normal(name), set()) for name in (place or "").split(" / ")]
    common = set.intersection(*found)
    if len(common) == 1:
        return common.pop()
    return _named_in(where) if where and not any(found) else UNKNOWN


def _named_in(words: str) -> str:
    parts = re.findall(r"[\w']+", _normal(words))
    named = [
        _places().get(" ".join(parts[start : start + length]), set())
        for length in range(1, LONGEST_NAME + 1)
        for start in range(len(parts) - length + 1)
    ]
    sure = {area for areas in named if len(areas) == 1 for area in areas if area in COUNTIES}
    return sure.pop() if len(sure) == 1 else UNKNOWN


@cache
def _places() -> Mapping[str, set[str]]:
    """The areas of every name in the gazetteer."""
    areas: dict[str, set[str]] = {}
    for path in sorted(PLACES_DIR.glob("*.yml")):
        area = path.stem if path.stem in COUNTIES else "elsewhere"
        for place in yaml.safe_load(path.read_text())["places"]:
            for name in _names(place):
                areas.setdefault(_normal(name), set()).add(area)
    return areas


def _names(place: dict[str, Any]) -> Iterator[str]:
    for key in ("name", "cy", "en"):
        if key in place:
            yield place[key]
    for key in ("also_cy", "also_en"):
        yield from place.get(key, [])


def _normal(name: str) -> str:
    return " ".join(name.replace("’", "'").replace("-", " ").casefold().split())
