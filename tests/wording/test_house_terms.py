"""One term for one thing in each language, and nothing that Llais never says."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.wording.catalogue import LANGUAGES, Language, Said, everything_said, read_yaml

RULES: Final = read_yaml(Path(__file__).with_name("house_terms.yml"))


@cache
def _pairs() -> list[dict[Language, Said]]:
    """What is said, Welsh and English side by side."""
    pairs: dict[tuple[str, str], dict[Language, Said]] = {}
    for said in everything_said():
        pairs.setdefault((said.file, said.key), {})[said.language] = said
    return list(pairs.values())


def _finds(pattern: str, text: str) -> bool:
    """Whether the pattern stands in the text as whole words."""
    plain = text.replace("’", "'")
    return re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", plain, re.IGNORECASE) is not None


def _breaches(rule: dict[str, Any], language: Language, text: str) -> list[str]:
    return [pattern for pattern in rule.get(language, {}) if _finds(pattern, text)]


@pytest.mark.parametrize("term", RULES["terms"], ids=lambda term: str(term["en"]))
def test_a_term_has_the_same_partner_everywhere(term: dict[str, str]) -> None:
    missing = [
        f"{pair['cy']}: {pair['cy'].text} | {pair['en'].text}"
        for pair in _pairs()
        if _finds(term["en"], pair["en"].text) and not _finds(term["cy"], pair["cy"].text)
    ]
    assert missing == []


@pytest.mark.parametrize("rule", RULES["never"], ids=lambda rule: str(rule["say"])[:40])
def test_what_is_never_said_is_not_said(rule: dict[str, Any]) -> None:
    found = [
        f"{said} says {pattern!r}, where it should be: {rule['say']}. {rule['why']}"
        for said in everything_said()
        if said.for_victims or rule.get("to") != "victims"
        for pattern in _breaches(rule, said.language, said.text)
    ]
    assert found == []


@pytest.mark.parametrize("rule", RULES["never"], ids=lambda rule: str(rule["say"])[:40])
def test_every_pattern_finds_what_it_is_for(rule: dict[str, Any]) -> None:
    assert rule["say"]
    assert rule["why"]
    blind = [
        f"{pattern!r} does not find: {example}"
        for language in LANGUAGES
        for pattern, example in rule.get(language, {}).items()
        if not _finds(pattern, example)
    ]
    assert blind == []


@pytest.mark.parametrize("name", RULES["signs"])
def test_no_sign_raises_its_voice(name: str) -> None:
    assert [
        str(said) for said in everything_said() if re.search(RULES["signs"][name], said.raw)
    ] == []


def test_both_languages_name_the_same_numbers_as_often() -> None:
    uneven = [
        str(pair["cy"])
        for pair in _pairs()
        if Counter(re.findall(r"\{\w+\}", pair["cy"].raw))
        != Counter(re.findall(r"\{\w+\}", pair["en"].raw))
    ]
    assert uneven == []


def test_telephone_numbers_come_from_the_services_in_force() -> None:
    written_out = [
        str(said)
        for said in everything_said()
        if said.for_victims
        and not said.file.startswith("data/services/")
        and re.search(r"\d{3}", said.raw)
    ]
    assert written_out == []
