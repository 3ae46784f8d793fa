"""Reads the examples that people wrote: data/nlu_cy and data/nlu_en, in Rasa's own format."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import yaml

FOLDERS = ("nlu_cy", "nlu_en")
# What our components are made from besides the examples.
_LEXICONS = ("entities", "places", "answers", "concepts")


def read_examples(data: Path) -> list[tuple[str, str]]:
    """Every (text, intent), once, in the order of the files. Raises ValueError naming a malformed file."""
    paths = [path for folder in FOLDERS for path in sorted((data / folder).glob("*.yml"))]
    examples = list(dict.fromkeys(example for path in paths for example in _examples_in(path)))
    if not examples:
        raise ValueError(f"no examples in {', '.join(FOLDERS)}")
    return examples


def digest_of(root: Path, paths: Iterable[Path]) -> str:
    """A digest of the names, below `root`, and the contents of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def fingerprint_of_data(data: Path) -> str:
    """A digest of everything that our components are made from: examples, lexicons, this package and the words'."""
    folders = (*FOLDERS, *_LEXICONS)
    of_data = sorted(path for folder in folders for path in (data / folder).glob("*.yml"))
    bot = Path(__file__).parents[1]
    code = sorted(
        path for package in ("components", "words") for path in (bot / package).glob("*.py")
    )
    return digest_of(data, of_data) + digest_of(bot, code)


def _examples_in(path: Path) -> list[tuple[str, str]]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return [
            (line[2:].strip(), block["intent"])
            for block in content["nlu"]
            for line in block["examples"].splitlines()
            if line.startswith("- ")
        ]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error!r}") from error
