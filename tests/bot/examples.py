"""Reads the training examples and the test sets as the tests need them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.components.text import tokenise

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"


def examples_of(language: str) -> Iterator[tuple[str, str, str]]:
    """File name, intent and text of every training example of a language."""
    for path in sorted((DATA / f"nlu_{language}").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.startswith("- "):
                    yield path.name, block["intent"], line[2:].strip()


def own_test_set(kind: str, language: str) -> Iterator[tuple[str, str]]:
    """Label and text of every line of one of our own test sets."""
    path = ROOT / "tests" / "evaluation" / f"{kind}_{language}.tsv"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            label, _, text = line.partition("\t")
            yield label, text


def normalised(text: str) -> str:
    """The words of a text alone: no capitals, diacritics, apostrophes or marks."""
    return " ".join(token.form for token in tokenise(text) if token.is_word)
