"""Every sentence that the product says to people, with where it stands: the one reader of words for tests.

New files and new keys are found by themselves. What is not said to victims is named in `FOR_STAFF`; everything
else, also what is new, is held to the rules for victims.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

Language = Literal["cy", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("cy", "en")
ROOT: Final = Path(__file__).resolve().parent.parent.parent
RESPONSES_DIR: Final = ROOT / "bot" / "domain" / "responses"
FOR_STAFF: Final = (
    "api/alerts/*",
    "api/development/*",
    "api/ui/words.yml",
    "api/ui/staff*words.yml",
)
# A placeholder is read as one word, and a figure has no letters to spell.
FIGURE: Final = "0"


@dataclass(frozen=True)
class Said:
    """One text in one language, as it stands in its file."""

    file: str
    key: str
    language: Language
    raw: str

    @property
    def text(self) -> str:
        """What is read: placeholders are figures, and there is no markup."""
        without_markup = re.sub(r"<[^<>]*>", " ", self.raw)
        return re.sub(r"\{[^{}]*\}", FIGURE, without_markup).strip()

    @property
    def for_victims(self) -> bool:
        return not any(Path(self.file).match(pattern) for pattern in FOR_STAFF)

    def __str__(self) -> str:
        return f"{self.file} {self.key} ({self.language})"


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def load_responses() -> dict[str, list[dict[str, Any]]]:
    """The responses of the domain by name, with all their variations. Each stands in one file only."""
    responses: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(RESPONSES_DIR.glob("*.yml")):
        content = read_yaml(path)["responses"]
        assert not set(content) & set(responses), path
        responses.update(content)
    return responses


def language_of(variation: dict[str, Any]) -> str | None:
    """The language of a response's variation; None is said while the language is not known."""
    conditions = variation.get("condition", [])
    return next((item["value"] for item in conditions if item["name"] == "language"), None)


def words_files() -> list[Path]:
    """The files of `key: {cy: …, en: …}` from which pages and messages are made."""
    return sorted(
        path
        for path in ROOT.glob("api/**/*words*.yml")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    )


@cache
def everything_said() -> tuple[Said, ...]:
    """Every text of responses, buttons, words, policies, services and ready messages, in both languages."""
    said = list(_of_responses())
    data = [path for name in _DATA for path in sorted((ROOT / "data" / name).glob("*.yml"))]
    for path in (*words_files(), *data):
        said.extend(_of_words(path, read_yaml(path), ""))
    return tuple(said)


_DATA: Final = ("policy", "services", "message_templates")


def _of_responses() -> Iterator[Said]:
    for path in sorted(RESPONSES_DIR.glob("*.yml")):
        file = str(path.relative_to(ROOT))
        for name, variations in read_yaml(path)["responses"].items():
            for variation in variations:
                language = language_of(variation)
                if language not in LANGUAGES:
                    # It repeats the two others, which another test holds.
                    continue
                yield Said(file, name, language, variation["text"])
                for number, button in enumerate(variation.get("buttons", []), start=1):
                    yield Said(file, f"{name}.button{number}", language, button["title"])


def _of_words(path: Path, entry: Any, key: str) -> Iterator[Said]:
    """Every `{cy: …, en: …}` of a file, however deep it stands."""
    if isinstance(entry, list):
        for number, item in enumerate(entry):
            yield from _of_words(path, item, f"{key}[{number}]")
    if not isinstance(entry, dict):
        return
    for name, inner in entry.items():
        if name in LANGUAGES and isinstance(inner, str):
            yield Said(str(path.relative_to(ROOT)), key, name, inner)
        else:
            yield from _of_words(path, inner, f"{key}.{name}" if key else str(name))


def sentences(text: str) -> list[str]:
    """The sentences of a text; a line ends one too, and a placeholder is a word of it."""
    return [part for part in re.split(r"(?<=[.?!])\s+|\n+", text) if part.strip()]
