"""What people say: whole reports, a conversation of sixty turns, and a message as long as one may be."""

import re
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks.whole_product import REPORTS

TRANSCRIPTS = Path(__file__).resolve().parent.parent / "journeys" / "transcripts"
LANGUAGES = ("cy", "en")
# Written down by the running product, with asides and questions of theirs, up to the report that was sent.
TOLD = ("victim", "witness", "son")
_SAID = re.compile(r"^\*\*(?:The person|Y person)\*\*\n\n((?:> ?.*\n)+)", re.MULTILINE)

LONG = 4000
_TELLING = {
    "cy": "Wedyn gwaeddodd e eto a dilyn fi lawr y stryd heibio'r siop nes i fi gyrraedd y bont. ",
    "en": "Then he shouted again and followed me down the street past the shop to the bridge. ",
}
SHORT_MESSAGE = {name: words.strip() for name, words in _TELLING.items()}
# Somebody who tells it bit by bit and asks between: these five again and again.
_BIT_BY_BIT = {
    "cy": (
        "roedd e'n gwisgo cot goch ac roedd ganddo fe gi mawr du",
        "pwy fydd yn gweld hyn?",
        "wedyn gwaeddodd e yr un peth eto wrth y siop ar y gornel",
        "beth sy'n digwydd nesaf?",
        "roedd dwy fenyw yn aros wrth y safle bws ac fe welon nhw bopeth",
    ),
    "en": (
        "he was wearing a red coat and he had a big black dog with him",
        "who will see this?",
        "then he shouted the same thing again outside the shop on the corner",
        "what happens next?",
        "two women were waiting at the bus stop and they saw all of it",
    ),
}


def long_message(language: str) -> str:
    """An account of as many characters as the chat takes in one message."""
    return (_TELLING[language] * LONG)[:LONG].strip()


def long_conversation(language: str, turns: int) -> Sequence[str]:
    """So many messages; any five in a row cost alike but for what came before them."""
    return [REPORTS[language][0], *islice(cycle(_BIT_BY_BIT[language]), turns - 1)]


def told_reports(language: str) -> Sequence[Sequence[str]]:
    """Every report of one language, from the first word to the one that sends it."""
    return [REPORTS[language], *(_lines(f"{name}_{language}.md") for name in TOLD)]


def _lines(name: str) -> Sequence[str]:
    page = (TRANSCRIPTS / name).read_text(encoding="utf-8")
    return [
        "\n".join(line.removeprefix(">").strip() for line in quoted.splitlines())
        for quoted in _SAID.findall(page)
    ]


def people() -> Iterator[tuple[str, Sequence[str]]]:
    """Language and words of one person after another, without end; the languages take turns."""
    for together in zip(*(cycle(told_reports(language)) for language in LANGUAGES), strict=True):
        yield from zip(LANGUAGES, together, strict=True)
