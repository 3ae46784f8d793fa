"""The county of a case, by which officers share the work out. It is not encrypted, and therefore no finer."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

PLACES_DIR: Final = Path(__file__).parent.parent.parent / "data" / "places"
COUNTIES: Final = ("carmarthenshire", "ceredigion", "pembrokeshire", "powys")
UNKNOWN: Final = "unknown"
AREAS: Final = (*COUNTIES, "elsewhere", UNKNOWN)


def area_of(place: str | None) -> str:
    """The area of a place in any of its names, one of AREAS; `unknown` where two counties have that name.

    A place may stand in both languages, as the gazetteer writes it: `Aberteifi / Cardigan`. It is where all its names
    agree.
    """
    found = [_places().get(name.strip().casefold(), set()) for name in (place or "").split(" / ")]
    common = set.intersection(*found)
    return common.pop() if len(common) == 1 else UNKNOWN


@cache
def _places() -> dict[str, set[str]]:
    """The areas of every name in the gazetteer."""
    areas: dict[str, set[str]] = {}
    for path in sorted(PLACES_DIR.glob("*.yml")):
        area = path.stem if path.stem in COUNTIES else "elsewhere"
        for place in yaml.safe_load(path.read_text())["places"]:
            for name in _names(place):
                areas.setdefault(name.casefold(), set()).add(area)
    return areas


def _names(place: dict[str, Any]) -> Iterator[str]:
    for key in ("name", "cy", "en"):
        if key in place:
            yield place[key]
    for key in ("also_cy", "also_en"):
        yield from place.get(key, [])
