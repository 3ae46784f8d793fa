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
    """What is asked for, as far as it was said. `county` is a file name of data/places.

    Strands are `asked` for in so many words, or else known from the report.
    """

    needs: tuple[str, ...] = ()
    strands: tuple[str, ...] = ()
    county: str | None = None
    asked: bool = False

    def as_slot(self) -> dict[str, Any]:
        """As the tracker keeps it."""
        return {
            "needs": list(self.needs),
            "strands": list(self.strands),
            "county": self.county,
            "asked": self.asked,
        }

    @classmethod
    def of_slot(cls, kept: Mapping[str, Any]) -> "Wish":
        return cls(tuple(kept["needs"]), tuple(kept["strands"]), kept["county"], kept["asked"])


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
        if "welsh_line" in wish.needs:
            others = tuple(need for need in wish.needs if need != "welsh_line")
            fitting = self._fitting(others or ("welsh_line",), wish, "cy")
            return [service for service in fitting if "cy" in service.languages]
        if wish.needs:
            return self._fitting(wish.needs, wish, language)
        by_strand = [
            self._need_of_strand[each] for each in wish.strands if each in self._need_of_strand
        ]
        special = self._fitting(tuple(by_strand), wish, language)
        general = self._fitting(tuple(self._otherwise), wish, language)
        # Who only asks for help is told first of those who know hate, then of those who know their own.
        mixed = [*special, *general] if wish.asked else [*general[:1], *special[:1], *general[1:2]]
        by_key = {service.key: service for service in [*mixed, *special, *general]}
        return list(by_key.values())

    def _fitting(self, needs: tuple[str, ...], wish: Wish, language: str | None) -> list[Service]:
        """The services for any of the needs, by what they are for, where they are and what is spoken there."""

        def fitness(service: Service) -> tuple[bool, bool, int, bool]:
            return (
                # One for a county only comes last where no place is known, and first where it is.
                bool(service.counties) and wish.county is None,
                not (service.strands & set(wish.strands) or wish.county in service.counties),
                min(needs.index(need) for need in service.needs if need in needs),
                language is not None and language not in service.languages,
            )

        # Sorting keeps the order of the file where nothing else decides.
        return sorted(
            (
                service
                for service in self.services
                if service.needs & set(needs)
                and (not service.counties or wish.county is None or wish.county in service.counties)
            ),
            key=fitness,
        )

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
        said = ", ".join(parts)
        line = f"{name}: {digits}. {said[:1].upper()}{said[1:]}."
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
