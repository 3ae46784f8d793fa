"""Looks for secrets in the files that git tracks; what is found must be written down with a reason.

`python -m api.launch.supply_chain.secret_scan` is a part of `make lint`. A made-up secret of a test says so itself
("… of the tests …") and needs no reason.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from api.launch.supply_chain.locked import ROOT

ALLOWED: Final = Path(__file__).parent / "allowed_secrets.yml"
MADE_UP: Final = "(?i)of[ -]the[ -]tests"


class ScanFailed(Exception):
    """The files could not be looked through."""


@dataclass(frozen=True)
class Found:
    """What looks like a secret. `sha1` tells whether it is the same one, without telling it."""

    file: str
    line: int
    kind: str
    sha1: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.kind} ({self.sha1})"


@dataclass(frozen=True)
class Allowed:
    """What looks like a secret in a file and is none, and why."""

    file: str
    sha1: str
    why: str


def load_allowed(path: Path = ALLOWED) -> list[Allowed]:
    """What was looked at and allowed."""
    return [
        Allowed(entry["file"], sha1, entry["why"])
        for entry in yaml.safe_load(path.read_text())
        for sha1 in entry["sha1"]
    ]


def scan(root: Path) -> list[Found]:
    """Everything in the tracked files of a repository that looks like a secret. Raises ScanFailed."""
    # Named one by one: where git fails, detect-secrets by itself would look at nothing and say that all is well.
    command = [sys.executable, "-m", "detect_secrets", "scan", "--exclude-secrets", MADE_UP]
    command += _tracked(root)
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError) as error:
        raise ScanFailed(" ".join(done.stderr.split())[-300:]) from error
    return [
        Found(file, found["line_number"], found["type"], found["hashed_secret"])
        for file, all_found in sorted(results.items())
        for found in all_found
    ]


def _tracked(root: Path) -> list[str]:
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    tracked = [name for name in done.stdout.split("\0") if name and (root / name).is_file()]
    if not tracked:
        raise ScanFailed(" ".join(done.stderr.split()) or "git tracks no file here")
    return tracked


def without_reason(found: Iterable[Found], allowed: Iterable[Allowed]) -> list[Found]:
    """What was found and nobody has allowed."""
    known = {(each.file, each.sha1) for each in allowed}
    return [each for each in found if (each.file, each.sha1) not in known]


def main() -> int:
    try:
        secrets = without_reason(scan(ROOT), load_allowed())
    except ScanFailed as error:
        print(f"The files could not be looked through for secrets: {error}")
        return 1
    for secret in secrets:
        print(f"{secret}: looks like a secret")
    if secrets:
        print(f"What is none is written down in {ALLOWED.relative_to(ROOT)}, with why.")
    return 1 if secrets else 0


if __name__ == "__main__":
    sys.exit(main())
