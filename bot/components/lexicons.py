"""Reads the lexicons (data/entities) and the gazetteer (data/places) that people maintain by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.components.phrases import Meaning, PhraseFinder, welsh_forms, welsh_frames
from bot.components.text import fold

DATA = Path(__file__).resolve().parents[2] / "data"


@dataclass(frozen=True)
class Entry:
    """One surface form and its meaning, as training generates it from the files."""

    phrase: str
    meaning: Meaning


def read_mapping(path: Path) -> dict[str, Any]:
    """The content of a YAML file, every scalar a string: "on", "no" and "y" are words here."""
    # BaseLoader makes strings, lists and mappings only: safer still than safe_load.
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a mapping at the top")
    return content


def place_entries(directory: Path) -> Iterator[Entry]:
    """Every form of every place: both languages, all mutations; county by county."""
    for path in sorted(directory.glob("*.yml")):
        for place in read_mapping(path)["places"]:
            welsh = place.get("cy") or place["name"]
            english = place.get("en") or place["name"]
            canonical = welsh if fold(welsh) == fold(english) else f"{welsh} / {english}"
            meaning = Meaning("place", canonical, bool(place.get("cased")))
            for name in [welsh, *place.get("also_cy", [])]:
                for form in welsh_forms(name):
                    yield Entry(form, meaning)
            for name in [english, *place.get("also_en", [])]:
                yield Entry(name, meaning)


def lexicon_entries(directory: Path) -> Iterator[Entry]:
    """Every form of every phrase in the lexicons: entity, then value, then `cy` beside `en`."""
    for path in sorted(directory.glob("*.yml")):
        content = read_mapping(path)
        if "entity" not in content:
            continue
        for value, phrases in content["values"].items():
            meaning = Meaning(content["entity"], value)
            frames = content.get("frames", {"cy": [], "en": []})
            for phrase in phrases.get("cy", []):
                forms = welsh_frames(phrase, frames["cy"]) if frames["cy"] else welsh_forms(phrase)
                for form in forms:
                    yield Entry(form, meaning)
            for phrase in phrases.get("en", []):
                for frame in frames["en"] or ["{word}"]:
                    yield Entry(frame.format(word=phrase), meaning)


def finders(entries: Iterator[Entry] | list[Entry]) -> dict[str, PhraseFinder]:
    """One finder for each entity, so that a phrase may be of several kinds at once."""
    found: dict[str, PhraseFinder] = {}
    for entry in entries:
        found.setdefault(entry.meaning.entity, PhraseFinder()).add(entry.phrase, entry.meaning)
    return found
