"""Messages that officers can begin from, in both languages: dated data that the force changes, never code."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from api.words import Language

TEMPLATES_DIR = Path(__file__).parent.parent.parent / "data" / "message_templates"


class MessageTemplate(BaseModel):
    """A message to begin from. `purpose` is for the officer; `text` is what the person would read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    purpose: Mapping[Language, str]
    text: Mapping[Language, str]


@cache
def _templates(version: str) -> tuple[MessageTemplate, ...]:
    content = yaml.safe_load((TEMPLATES_DIR / f"{version}.yml").read_text())
    return tuple(MessageTemplate.model_validate(each) for each in content["templates"])


def message_templates(on: date | None = None) -> tuple[MessageTemplate, ...]:
    """The messages in force on a day (today): the latest file whose date is not after it, else the first."""
    day = (on or date.today()).isoformat()
    versions = sorted(path.stem for path in TEMPLATES_DIR.glob("*.yml"))
    in_force = [version for version in versions if version <= day]
    return _templates(in_force[-1] if in_force else versions[0])


def text_to_begin_from(code: str, language: Language | Literal[""]) -> dict[str, Any]:
    """What the page's form holds for a message that an officer picked; nothing for a code that is not known."""
    picked = next((each for each in message_templates() if each.code == code), None)
    if picked is None or not language:
        return {}
    return {"text": picked.text[language], "message_language": language}
