"""The force's policy in force today, as far as the conversation must know it."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from actions.config import ROOT

POLICY_DIR = ROOT / "data" / "policy"


def policy_in_force(on: date | None = None) -> Mapping[str, Any]:
    """The newest policy that has begun on a day (today); before the first there is nothing better than the first."""
    day = (on or date.today()).isoformat()
    paths = sorted(POLICY_DIR.glob("*.yml"))
    return _read(next((path for path in reversed(paths) if path.stem <= day), paths[0]))


@cache
def _read(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
