"""What the person at the terminal sees: words, and the time since the start."""

import sys
import time
from contextlib import suppress


class StartFailed(Exception):
    """The product could not be started; the message is the one line that people read."""


class Progress:
    """Prints steps with the seconds since the start. Words on a disk that is full are left out, and stop nothing."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, words: str) -> None:
        with suppress(OSError):
            print(f"[{time.monotonic() - self._start:6.1f} s] {words}", flush=True)

    def plain(self, words: str = "") -> None:
        print(words, flush=True)


def fail(error: BaseException) -> int:
    """Print the one clear line of a failed start and return the exit status for it."""
    print(f"Llais did not start: {error}", file=sys.stderr, flush=True)
    return 1
