"""Reads the tables of our security documents, and tells whether the tests and files that they name exist."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
QUOTED: Final = re.compile(r"`([^`]+)`")
# Made where somebody works or by other commands, so never tracked.
_FOLDERS: Final = frozenset(
    {"actions", "api", "bot", "channels", "data", "deploy", "docs", "tests"}
)


def rows_of(document: Path) -> list[list[str]]:
    """The cells of every row of every table, without headings and rules."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in document.read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| id ")
    ]
    return [row for row in rows if not set("".join(row)) <= set("-: ")]


def named_tests(text: str) -> list[str]:
    """The tests that a text names in backquotes."""
    return [quoted for quoted in QUOTED.findall(text) if "::" in quoted]


def named_files(text: str) -> list[str]:
    """The files that a text names in backquotes: with a folder of ours, or at the root."""
    return [
        quoted
        for quoted in QUOTED.findall(text)
        if "::" not in quoted and " " not in quoted and quoted.split("/")[0] in _FOLDERS
    ]


@cache
def _defined(path: Path) -> frozenset[str]:
    """The tests of a file, those in classes under their class."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}::{name}" for name in _functions(node.body))
        found.update(_functions([node]))
    return frozenset(found)


def _functions(body: list[ast.stmt]) -> list[str]:
    return [
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


def exists(named: str) -> bool:
    """Whether a test of this id is there, found by reading and not by running."""
    file, _, name = named.partition("::")
    path = ROOT / file
    return path.is_file() and path.name.startswith("test_") and name in _defined(path)
