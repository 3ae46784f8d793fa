"""The project's own example messages, read from the NLU data of both languages."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

DIRECTORIES: Final = {"cy": "nlu_cy", "en": "nlu_en"}


@dataclass(frozen=True)
class Example:
    language: str
    intent: str
    text: str


def example_files(root: Path) -> list[Path]:
    return [
        path
        for directory in DIRECTORIES.values()
        for path in sorted((root / "data" / directory).glob("*.yml"))
    ]


def read_examples(root: Path) -> list[Example]:
    """Every example message with its language and intent, in a stable order."""
    examples: list[Example] = []
    for language, directory in DIRECTORIES.items():
        for path in sorted((root / "data" / directory).glob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            for entry in content.get("nlu", []):
                if "intent" not in entry:
                    continue
                examples += [
                    Example(language, entry["intent"], line[2:].strip())
                    for line in entry["examples"].splitlines()
                    if line.startswith("- ") and line[2:].strip()
                ]
    return examples
