"""The four parts of Dyfed-Powys, and in which of them a place lies, by the gazetteer in `data/places`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

PLACES_DIR: Final = Path(__file__).parent.parent.parent / "data" / "places"
AREAS: Final = ("carmarthenshire", "ceredigion", "pembrokeshire", "powys")
ALL: Final = "all"
# Words of the longest name that is looked for in a sentence.
LONGEST_NAME: Final = 4


@cache
def _area_by_name() -> Mapping[str, str | None]:
    """Each name of a place with its area; None where places of one name lie in several."""
    found: dict[str, str | None] = {}
    for area in AREAS:
        for place in yaml.safe_load((PLACES_DIR / f"{area}.yml").read_text())["places"]:
            for name in _names(place):
                found[name] = area if found.get(name, area) == area else None
    return found


def _names(place: Mapping[str, object]) -> set[str]:
    names = {str(place[key]) for key in ("name", "cy", "en") if key in place}
    for key in ("also_cy", "also_en"):
        also = place.get(key, [])
        assert isinstance(also, list)
        names.update(map(str, also))
    return {_normal(name) for name in names}


def _normal(name: str) -> str:
    return " ".join(name.replace("’", "'").replace("-", " ").casefold().split())


def area_of(place: str | None, where: str | None = None) -> str | None:
    """The area of a place that the gazetteer knows, or else of the only area that the words about it name.

    A place is a name, or a Welsh and an English one with a slash between. None where neither says anything sure.
    """
    if place:
        named = {area for name in place.split(" / ") if (area := _of_name(name))}
        if len(named) == 1:
            return named.pop()
    return _named_in(where) if where else None


def _of_name(name: str) -> str | None:
    return _area_by_name().get(_normal(name))


def _named_in(words: str) -> str | None:
    """The one area to which all the places named in some words belong."""
    parts = re.findall(r"[\w']+", _normal(words))
    found = {
        area
        for length in range(1, LONGEST_NAME + 1)
        for start in range(len(parts) - length + 1)
        if (area := _area_by_name().get(" ".join(parts[start : start + length])))
    }
    return found.pop() if len(found) == 1 else None
