"""The services that can help, as data: found by need, strand and place, and said in the person's language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from actions.catalogue import Catalogue, plain

MOST_AT_ONCE = {"web": 3, "sms": 2}


@dataclass(frozen=True)
class Service:
    """One entry. Empty `strands` and `counties` mean everybody and everywhere."""

    key: str
    name: str | Mapping[str, str]
    needs: frozenset[str]
    strands: frozenset[str]
    counties: frozenset[str]
    hours: Mapping[str, str]
    cost: str
    languages: tuple[str, ...]
    verified_on: date | None

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Service":
        return cls(
            key=entry["number"],
            name=entry["name"],
            needs=frozenset(entry["needs"]),
            strands=frozenset(entry.get("strands") or ()),
            counties=frozenset(entry.get("counties") or ()),
            hours=entry["hours"],
            cost=entry["cost"],
            languages=tuple(entry["languages"]),
            verified_on=entry.get("verified_on"),
        )


@dataclass(frozen=True)
class Wish:
    """What is asked for, as far as it was said. `county` is a file name of data/places."""

    needs: tuple[str, ...] = ()
    strands: tuple[str, ...] = ()
    county: str | None = None

    def as_slot(self) -> dict[str, Any]:
        """As the tracker keeps it."""
        return {"needs": list(self.needs), "strands": list(self.strands), "county": self.county}

    @classmethod
    def of_slot(cls, kept: Mapping[str, Any]) -> "Wish":
        return cls(tuple(kept["needs"]), tuple(kept["strands"]), kept["county"])


class Directory:
    """The newest dated file of services, and the words by which people ask for them."""

    def __init__(
        self,
        content: Mapping[str, Any],
        words: Mapping[str, Any],
        counties: Mapping[str, str],
    ) -> None:
        self.services = [Service.of(entry) for entry in content.get("services", [])]
        self._numbers: Mapping[str, str | Mapping[str, str]] = content["numbers"]
        self._lasts = timedelta(days=content.get("checked_for_days", 0))
        self._need_of_strand: Mapping[str, str] = words["strands"]
        self._otherwise: Sequence[str] = words["otherwise"]
        self._counties = counties
        self._needs = {
            need: _pattern(phrase for phrases in by_language.values() for phrase in phrases)
            for need, by_language in words["needs"].items()
        }
        self._more = _pattern(phrase for phrases in words["more"].values() for phrase in phrases)

    @classmethod
    def load(cls, root: Path) -> "Directory":
        """The directory of a checkout."""
        newest = max((root / "data" / "services").glob("*.yml"))
        counties: dict[str, str] = {}
        for path in sorted((root / "data" / "places").glob("*.yml")):
            for place in yaml.safe_load(path.read_text())["places"]:
                for name in (place.get("cy"), place.get("en"), place.get("name")):
                    if name and path.stem != "wales":
                        counties.setdefault(plain(name), path.stem)
        words = yaml.safe_load((root / "data" / "support_words.yml").read_text())
        return cls(yaml.safe_load(newest.read_text()), words, counties)

    def needs_in(self, text: str) -> tuple[str, ...]:
        """The needs that a text speaks of."""
        said = plain(text)
        return tuple(need for need, pattern in self._needs.items() if pattern.search(said))

    def asks_for_more(self, text: str) -> bool:
        """Whether a text asks for other services than those that were named."""
        return bool(self._more.search(plain(text)))

    def county_of(self, places: Iterable[str]) -> str | None:
        """The county of the first place that lies in one of ours; a place is said as Rasa gives it."""
        for place in places:
            for name in place.split(" / "):
                if plain(name) in self._counties:
                    return self._counties[plain(name)]
        return None

    def find(self, wish: Wish, language: str | None) -> list[Service]:
        """Every service that fits, the fittest first."""
        wanted = list(wish.needs)
        if not wanted:
            by_strand = [self._need_of_strand.get(strand) for strand in wish.strands]
            wanted = [*[need for need in by_strand if need], *self._otherwise]
        fitting = [
            service
            for service in self.services
            if service.needs & set(wanted)
            and (not service.counties or wish.county is None or wish.county in service.counties)
        ]

        def fitness(service: Service) -> tuple[int, int, int, int]:
            of_strand = bool(service.strands & set(wish.strands))
            local = wish.county is not None and wish.county in service.counties
            elsewhere = bool(service.counties) and wish.county is None
            spoken = language is None or language in service.languages
            first = min(wanted.index(need) for need in service.needs if need in wanted)
            return (elsewhere, 0 if of_strand or local else 1, first, 0 if spoken else 1)

        if "welsh_line" in wish.needs:
            others = set(wish.needs) - {"welsh_line"}
            fitting = [
                service
                for service in self.services
                if "cy" in service.languages
                and (service.needs & others if others else "welsh_line" in service.needs)
            ]
        # Sorting keeps the order of the file where nothing else decides.
        return sorted(fitting, key=fitness)

    def line(self, service: Service, catalogue: Catalogue, language: str, today: date) -> str:
        """A service in one line: name, number, hours, languages, cost, and the day on which it was checked."""
        number = self._numbers[service.key]
        parts = [
            service.hours[language],
            catalogue.say("utter_languages_" + "_".join(service.languages), language),
            catalogue.say(f"utter_cost_{service.cost}", language),
        ]
        name = service.name if isinstance(service.name, str) else service.name[language]
        digits = number if isinstance(number, str) else number[language]
        line = f"{name}: {digits}. {', '.join(parts).capitalize()}."
        if self.is_checked(service, today):
            assert service.verified_on is not None
            day = service.verified_on.strftime("%d/%m/%Y")
            line += " " + catalogue.say("utter_checked_on", language, day=day)
        return line

    def is_checked(self, service: Service, today: date) -> bool:
        """Whether the force has checked an entry lately enough."""
        return service.verified_on is not None and today - service.verified_on <= self._lasts


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the phrases as whole words in plain text; a star at the end stands for any ending."""
    alternatives = sorted(
        (re.escape(plain(each)) + (r"\w*" if each.endswith("*") else "") for each in phrases),
        key=len,
        reverse=True,
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")
