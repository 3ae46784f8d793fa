"""The bill of materials of each environment (CycloneDX), as the packages are that lie there."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from api.launch.supply_chain.locked import ROOT, Environment

DIRECTORY: Final = ROOT / ".build" / "sbom"


class InventoryFailed(Exception):
    """The bill could not be made; the message is the one line that says why."""


def write_inventory(environment: Environment, directory: Path = DIRECTORY) -> Path:
    """Write the bill of an environment and return where. Raises InventoryFailed."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{environment.name}.cdx.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", str(environment.python)]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    command += ["--output-format", "JSON", "--output-reproducible", "--output-file", str(path)]
    # Against CycloneDX's own schema; what does not fit is not written.
    command += ["--validate"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InventoryFailed(" ".join(done.stderr.split())[-300:] or "no reason given")
    return path
