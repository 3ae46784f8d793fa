"""The rules of the house, held by reading the source: import arrows, quiet imports, logs without content."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Who may import whom. The actions speak to the API over HTTP; the logger is shared and knows nothing of it. What is
# known of words is shared by the two understandings, on the two Pythons, and knows neither.
ARROWS: dict[str, tuple[str, ...]] = {
    "bot": ("bot",),
    "channels": ("channels",),
    "actions": ("actions", "api.logs"),
    "api": ("api", "channels", "bot.words"),
}
OURS = ("api", "actions", "bot", "channels", "tests")
LOG_METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
CONTENT_WORDS = {"text", "body", "message", "words", "name", "phone", "number", "email", "account"}
LONGEST_FILE = 350
LONGEST_TEST_FILE = 500


def sources(folder: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield path, ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("folder", sorted(ARROWS))
def test_imports_follow_the_arrows(folder: str) -> None:
    allowed = ARROWS[folder]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path, tree in sources(folder)
        for name in imported(tree)
        if name.split(".")[0] in OURS
        and not any(name == own or name.startswith(f"{own}.") for own in allowed)
    ]
    assert wrong == []


def _acts_at_import(statement: ast.stmt) -> bool:
    """Whether a top-level statement opens, connects, or reads the environment."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "read_text"}:
            return True
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if called in {"open", "Settings", "ActionSettings", "create_engine"}:
                return True
    return False


@pytest.mark.parametrize("folder", sorted(ARROWS))
def test_nothing_happens_at_import(folder: str) -> None:
    acting = [
        f"{path.relative_to(ROOT)}:{statement.lineno}"
        for path, tree in sources(folder)
        if "migrations" not in path.parts
        for statement in tree.body
        if _acts_at_import(statement)
    ]
    assert acting == []


def _log_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in LOG_METHODS and "log" in ast.unparse(node.func.value).casefold():
            yield node


@pytest.mark.parametrize("folder", ["api", "actions", "channels"])
def test_log_events_have_static_names_and_carry_no_content(folder: str) -> None:
    wrong = []
    for path, tree in sources(folder):
        for call in _log_calls(tree):
            event = call.args[0] if call.args else None
            static = isinstance(event, ast.Constant) and re.fullmatch(r"[a-z_]+", str(event.value))
            content = {keyword.arg for keyword in call.keywords} & CONTENT_WORDS
            if not static or content or len(call.args) > 1:
                wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert wrong == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_files_have_one_job_and_fit_on_a_few_screens() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {len(path.read_text().splitlines())}"
        for path in tracked_files()
        if path.suffix in {".py", ".js", ".scss", ".html"}
        and "versions" not in path.parts
        and len(path.read_text().splitlines())
        > (LONGEST_TEST_FILE if "tests" in path.parts else LONGEST_FILE)
    ]
    assert long == []


def test_nothing_is_postponed_or_skipped_in_silence() -> None:
    marks = re.compile(
        r"\b(TODO|FIXME|XXX|HACK)\b|# type: ignore(?!\[)|# noqa(?!:)|mark\.(skip|xfail)\b"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_files()
        if path.suffix in {".py", ".js"} and path.name != Path(__file__).name
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if marks.search(line)
    ]
    assert found == []


def test_no_secret_and_no_machine_is_named_in_the_tree() -> None:
    forbidden = re.compile(r"/(root|home|work)/\w|BEGIN [A-Z ]*PRIVATE KEY|\bAC[0-9a-f]{32}\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_files()
        if path.suffix not in {".lock", ".png", ".json"} and path.name != Path(__file__).name
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert found == []
