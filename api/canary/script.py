"""What a synthetic report says, from `data/canary.yml`."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from api.words import Language

SCRIPT_FILE = Path(__file__).parent.parent.parent / "data" / "canary.yml"
Said = Mapping[Language, str]


class Script(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Said
    choices: Sequence[Said]
    otherwise: Said

    def answer(self, messages: Sequence[Mapping[str, Any]], language: Language) -> str:
        """What to say after these messages of the assistant: to the last of them that offers choices, if any."""
        offered: Sequence[Mapping[str, str]] = next(
            (each["choices"] for each in reversed(messages) if each["choices"]), []
        )
        values = {choice["label"]: choice["value"] for choice in offered}
        for choice in self.choices:
            if choice[language] in values:
                return values[choice[language]]
        return self.otherwise[language]


@cache
def script() -> Script:
    return Script.model_validate(yaml.safe_load(SCRIPT_FILE.read_text()))
