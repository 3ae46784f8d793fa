"""The clock of the product's processes, moved by a small library that is loaded into them (gcc builds it)."""

import mmap
import shutil
import subprocess
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("clock.c")


class Clock:
    """Seconds by which the product's time of day is off. `available` is False where there is no compiler."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "clock"
        self._library = directory / "clock.so"
        self._file.write_bytes(bytes(8))
        self._file.chmod(0o644)
        self.seconds = 0
        compiler = shutil.which("gcc") or shutil.which("cc")
        self.available = compiler is not None
        if compiler is not None:
            built = subprocess.run(
                [compiler, "-O2", "-shared", "-fPIC", "-o", self._library, SOURCE, "-ldl"],
                capture_output=True,
                check=False,
            )
            self.available = built.returncode == 0

    @property
    def settings(self) -> dict[str, str]:
        """The environment that loads the library."""
        if not self.available:
            return {}
        return {"LD_PRELOAD": str(self._library), "LLAIS_TEST_CLOCK": str(self._file)}

    def move(self, seconds: int) -> None:
        """Set the clock forward, or back."""
        self.seconds += seconds
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), 8) as shared:
            shared[:] = self.seconds.to_bytes(8, "little", signed=True)
