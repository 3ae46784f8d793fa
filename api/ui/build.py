"""Builds what browsers fetch: `python -m api.ui.build` fills `.build/ui` when a source has changed.

Node comes from a Python wheel, so the machine needs none, and nothing of it is needed at run time.
"""

import fcntl
import hashlib
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from api.launch import npm
from api.ui import assets

STYLES_DIR: Final = assets.UI_DIR / "styles"
SCRIPTS_DIR: Final = assets.UI_DIR / "scripts"
# What browsers get from npm as it is.
COPIED: Final = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
}
ICON: Final = assets.CHAT_SCRIPTS / "icon.svg"


class BuildFailed(Exception):
    """One line that says what went wrong."""


def fingerprint() -> str:
    """Changes whenever something does that the result is made of."""
    sources = [assets.UI_DIR / name for name in (*npm.FILES, "build.py")]
    sources += sorted(STYLES_DIR.rglob("*.scss")) + sorted(SCRIPTS_DIR.rglob("*.js")) + [ICON]
    digest = hashlib.sha256()
    for source in sources:
        digest.update(str(source.relative_to(assets.UI_DIR)).encode() + b"\0")
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()


def build(target: Path = assets.STYLES) -> bool:
    """Build unless `target` is of the present sources; returns whether. Raises BuildFailed or NpmFailed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Two copies that start at once would take each other's half-made files.
    with (target.parent / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(target)


def _build(target: Path) -> bool:
    wanted = fingerprint()
    stamp = target / "fingerprint"
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    modules = npm.bring_packages(assets.UI_DIR, target.parent / "npm")
    # Made beside the old one and swapped in whole, so that a failure leaves what worked before.
    fresh = target.with_name(target.name + ".fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
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
    result = npm.run_node(command, modules.parent)
    if result.returncode != 0:
        raise BuildFailed(f"a style sheet is wrong: {result.stderr.strip()}")


def main() -> int:
    started = time.monotonic()
    try:
        built = build()
    except (BuildFailed, npm.NpmFailed, OSError) as error:
        print(f"The pages could not be built: {error}", file=sys.stderr)
        return 1
    if built:
        print(f"  The pages are built ({time.monotonic() - started:.0f} s).", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
