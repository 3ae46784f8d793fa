"""Finds a Chromium for the browser tests, or brings one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from api.launch.progress import StartFailed

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_or_bring_browser(say: Callable[[str], None]) -> str:
    """The path of a Chromium: LLAIS_BROWSER, the system's, Playwright's own, else an installed one.

    Raises StartFailed when none can be had.
    """
    given = os.environ.get("LLAIS_BROWSER") or _installed() or _of_playwright()
    if given:
        return given
    say("Bringing a browser for the browser tests (minutes, the first time) ...")
    for command in _ways_to_bring_one():
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        found = _installed() or _of_playwright()
        if found:
            return found
    raise StartFailed(
        "the browser tests need Chromium; install the package chromium, or set LLAIS_BROWSER"
    )


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _of_playwright() -> str | None:
    """The browser that `playwright install chromium` keeps in its cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _ways_to_bring_one() -> list[list[str]]:
    ways = []
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways += [
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ]
    ways.append([sys.executable, "-m", "playwright", "install", "chromium"])
    return ways
