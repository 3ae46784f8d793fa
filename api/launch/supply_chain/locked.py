"""What the lock file says is installed, environment by environment."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent.parent
UV: Final = ROOT / ".build" / "tools" / "bin" / "uv"
_PIN: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)")


class NotLocked(Exception):
    """The lock file could not be read; the message is the one line that says why."""


@dataclass(frozen=True)
class Environment:
    """One interpreter with its packages. `api/launch/bootstrap.py` makes them of the same groups."""

    name: str
    directory: str
    groups: tuple[str, ...]

    @property
    def python(self) -> Path:
        return ROOT / self.directory / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages lie. Raises NotLocked when it was not made yet."""
        found = sorted((ROOT / self.directory / "lib").glob("python3*/site-packages"))
        if not found:
            raise NotLocked(f"{self.directory} is not there")
        return found[0]


ENVIRONMENTS: Final = (
    Environment("api", ".venv-api", ("api", "dev", "test", "audit")),
    Environment("bot", ".venv-bot", ("bot", "bot-test")),
)


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).casefold()


def locked_packages(environment: Environment) -> dict[str, str]:
    """The version of every package that the lock file gives this environment. Raises NotLocked."""
    command = [str(UV), "export", "--locked", "--offline", "--quiet", "--no-default-groups"]
    command += ["--no-hashes", "--no-annotate", "--no-header", "--no-emit-project"]
    command += ["--python", str(environment.python)]
    for group in environment.groups:
        command += ["--group", group]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NotLocked(f"uv is not there: {error}") from error
    pins = [match.groups() for line in done.stdout.splitlines() if (match := _PIN.match(line))]
    if done.returncode != 0 or not pins:
        raise NotLocked(" ".join(done.stderr.split())[:300] or "the lock file names no package")
    return {normal(name): version for name, version in pins}
