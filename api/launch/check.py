"""`make test`: lint, types and every kind of test, each with the time that it took."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.launch.browser import find_or_bring_browser
from api.launch.progress import StartFailed, fail

ROOT = Path(__file__).resolve().parent.parent.parent
API = str(ROOT / ".venv-api" / "bin" / "python")
BOT = str(ROOT / ".venv-bot" / "bin" / "python")
PYTEST = [API, "-W", "ignore", "-m", "pytest", "-q"]
# One after another these would take most of an hour. Each process has a database, and an assistant, of its own; four
# are as many as memory allows.
AT_ONCE = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]


@dataclass(frozen=True)
class Part:
    """One part of the check: commands, all of which must succeed."""

    name: str
    commands: Sequence[Sequence[str]]


PARTS = (
    Part(
        "lint",
        [
            [API, "-m", "ruff", "format", "--check", "--quiet", "."],
            [API, "-m", "ruff", "check", "--quiet", "."],
            [API, "-m", "api.launch.supply_chain.secret_scan"],
        ],
    ),
    Part("types", [[API, "-m", "mypy"]]),
    Part(
        "training and pages",
        [[API, "-m", "api.launch.train"], [API, "-m", "api.ui.build"]],
    ),
    Part("understanding", [[BOT, "-W", "ignore", "-m", "pytest", "-q", "tests/bot"]]),
    Part(
        "unit and integration",
        [
            [
                *PYTEST,
                *AT_ONCE,
                "tests",
                *(f"--ignore=tests/{name}" for name in ("bot", "browser", "dialogue", "journeys")),
            ]
        ],
    ),
    Part("dialogue", [[*PYTEST, *AT_ONCE, "tests/dialogue"]]),
    Part("pages in a browser", [[*PYTEST, "tests/browser"]]),
    Part("journeys through the whole product", [[*PYTEST, "tests/journeys"]]),
    Part("evaluation gates", [[API, "-m", "api.evaluate"]]),
)


def run(parts: Sequence[Part], say: Callable[[str], None]) -> list[str]:
    """Run the parts in order, all of them even when one fails; returns the names of those that failed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if any("browser" in part.name or "journeys" in part.name for part in parts):
        environment["LLAIS_BROWSER"] = find_or_bring_browser(say)
    failed: list[str] = []
    times: list[tuple[str, float, bool]] = []
    for part in parts:
        say(f"\n=== {part.name}")
        started = time.monotonic()
        well = all(
            subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
            for command in part.commands
        )
        times.append((part.name, time.monotonic() - started, well))
        if not well:
            failed.append(part.name)
    say("\n=== how long each part took")
    for name, seconds, well in times:
        say(f"{seconds:7.1f} s  {'passed' if well else 'FAILED'}  {name}")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names of parts, separated by commas")
    wanted = [name for name in parser.parse_args().only.split(",") if name]
    parts = [part for part in PARTS if not wanted or part.name in wanted]
    try:
        failed = run(parts, lambda words: print(words, flush=True))
    except (StartFailed, OSError) as error:
        return fail(error)
    print(f"{len(parts) - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
