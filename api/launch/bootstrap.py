"""First steps on a fresh machine, with any Python 3 and nothing else: uv, both interpreters, packages.

`python3 api/launch/bootstrap.py run|test|...` prepares the environments, then hands over to the Python 3.13 of ours.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / ".build" / "tools"
UV_VERSION = "0.13.9"
ENVIRONMENTS = {
    # directory: (interpreter, dependency groups)
    ".venv-api": ("3.13", ["api", "dev", "test", "audit"]),
    ".venv-bot": ("3.10", ["bot", "bot-test"]),
}
COMMANDS = {
    "run": [".venv-api/bin/python", "-m", "api.launch.run"],
    "test": [".venv-api/bin/python", "-m", "api.launch.check"],
    "train": [".venv-api/bin/python", "-m", "api.launch.train"],
    "evaluate": [".venv-api/bin/python", "-m", "api.evaluate"],
    "demo-data": [".venv-api/bin/python", "-m", "api.launch.demo_data"],
    "audit": [".venv-api/bin/python", "-m", "api.launch.supply_chain.audit"],
    "bench": [".venv-api/bin/python", "-m", "tests.benchmarks.whole_product"],
    "chaos": [".venv-api/bin/python", "-m", "tests.chaos"],
    "load": [".venv-api/bin/python", "-m", "tests.load"],
}
START = time.monotonic()


class NotPrepared(Exception):
    """The machine could not be prepared; the message is the one line that people read."""


def say(words: str) -> None:
    print("[%6.1f s] %s" % (time.monotonic() - START, words), flush=True)


def call(command: list, reason: str, **options) -> str:  # type: ignore[no-untyped-def,type-arg]
    """Run a command quietly; on failure say why in one line. Returns what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    output = str(done.stdout, errors="replace")
    if done.returncode != 0:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        raise NotPrepared("%s: %s" % (reason, " ".join(lines[-3:])[:400] or "no reason given"))
    return output


def bring_uv() -> str:
    """The path of our own uv. One of another Python version may hide behind a version manager's shim."""
    uv = TOOLS / "bin" / "uv"
    if uv.exists():
        return str(uv)
    say("Bringing uv, which brings everything else ...")
    shutil.rmtree(str(TOOLS), ignore_errors=True)
    TOOLS.parent.mkdir(parents=True, exist_ok=True)
    package = "uv==" + UV_VERSION
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(TOOLS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode == 0:
        pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", package]
        call(pip, "uv could not be installed")
        return str(uv)
    # Some distributions split venv off; pip alone can put the package into a directory.
    shutil.rmtree(str(TOOLS), ignore_errors=True)
    call(
        [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS), package],
        "this Python has neither venv nor pip (on Debian: apt-get install python3-venv)",
    )
    return str(uv)


def find_interpreter(uv: str, version: str) -> str:
    """A Python of the wanted version: one that is here, else one that uv brings."""
    found = subprocess.run(
        [uv, "python", "find", "--no-project", version],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=str(ROOT),
    )
    if found.returncode == 0:
        return found.stdout.decode().strip()
    say("Bringing Python %s ..." % version)
    call(
        [uv, "python", "install", version],
        "Python %s is not on this machine and could not be brought" % version,
        cwd=str(ROOT),
    )
    return version


def bring_packages(uv: str) -> None:
    for directory, (version, groups) in ENVIRONMENTS.items():
        python = find_interpreter(uv, version)
        if not (ROOT / directory).exists():
            say(
                "Installing the locked packages for Python %s (minutes, the first time) ..."
                % version
            )
        command = [uv, "sync", "--locked", "--quiet", "--python", python]
        for group in groups:
            command += ["--group", group]
        environment = dict(os.environ, UV_PROJECT_ENVIRONMENT=directory)
        environment.pop("VIRTUAL_ENV", None)
        call(
            command,
            "the packages for Python %s could not be installed" % version,
            cwd=str(ROOT),
            env=environment,
        )


def main() -> int:
    try:
        bring_packages(bring_uv())
    except NotPrepared as error:
        print("Llais is not set up: %s" % error, file=sys.stderr)
        return 1
    except OSError as error:
        # A full disk, most of all.
        print("Llais is not set up: %s" % error, file=sys.stderr)
        return 1
    command = COMMANDS[sys.argv[1]] + sys.argv[2:]
    os.chdir(str(ROOT))
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(command[0], command)
    return 1


if __name__ == "__main__":
    sys.exit(main())
