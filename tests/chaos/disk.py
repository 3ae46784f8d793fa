"""A small disk of its own for the data of a copy, which can be filled to the last byte."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

MEGABYTES: Final = 1500


class Disk:
    """Mounted on the data directory. `available` is False where this machine lets nobody mount."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._filler = directory / "filler"
        directory.mkdir(parents=True)
        mounted = subprocess.run(
            [
                *("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700"),
                *("tmpfs", str(directory)),
            ],
            capture_output=True,
            check=False,
        )
        self.available = mounted.returncode == 0

    def fill(self) -> None:
        """Leave no byte free."""
        free = shutil.disk_usage(self._directory).free
        with self._filler.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(free, 1))

    def empty(self) -> None:
        self._filler.unlink(missing_ok=True)

    def remove(self) -> None:
        if self.available:
            subprocess.run(["umount", "-l", str(self._directory)], check=False)
