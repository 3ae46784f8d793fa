"""Starts processes, starts them again when they die, and stops all of them, leaving no orphan."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 12.0
LONGEST_PAUSE = 10.0
SETTLED_SECONDS = 30.0


@dataclass
class Child:
    """One process of the product. `stop_with` asks it to stop in its own way."""

    name: str
    command: Sequence[str]
    stop_with: signal.Signals = signal.SIGTERM
    # Without the launcher there is nobody to wait for a graceful end, and nothing is lost by a hard one.
    when_orphaned: signal.Signals = signal.SIGKILL
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0


def _die_with_parent(stop_with: signal.Signals) -> None:
    """Have the kernel stop this process when the launcher is killed and can stop nothing itself."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, stop_with, 0, 0, 0)


@dataclass
class Supervisor:
    """Keeps children running. Each writes to a log file of its own in `log_dir`."""

    log_dir: Path
    environment: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> None:
        self.children.append(child)
        self._spawn(child)

    def log_of(self, child: Child) -> Path:
        return self.log_dir / f"{child.name}.log"

    def _spawn(self, child: Child) -> None:
        with self._log(child) as log:
            child.process = subprocess.Popen(
                list(child.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                # Ctrl-C at the terminal reaches the launcher only, which stops the children in order.
                start_new_session=True,
                preexec_fn=lambda: _die_with_parent(child.when_orphaned),
            )
        child.started = time.monotonic()

    def _log(self, child: Child) -> IO[bytes]:
        return self.log_of(child).open("ab")

    def revive(self) -> list[Child]:
        """Start again what has died, each time a little later; returns what was found dead."""
        dead = []
        now = time.monotonic()
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            if child.not_before == 0.0:
                dead.append(child)
                lived = now - child.started
                child.failures = 1 if lived > SETTLED_SECONDS else child.failures + 1
                child.not_before = now + min(0.25 * 2 ** (child.failures - 1), LONGEST_PAUSE)
            if now >= child.not_before:
                child.not_before = 0.0
                # No room for its log, no memory: it stays dead, and is tried again a little later.
                with contextlib.suppress(OSError):
                    self._spawn(child)
        return dead

    def stop(self) -> None:
        """Stop everything and wait; what will not stop is killed. The first child, on which the
        others depend (the database), is stopped last."""
        for children in (self.children[1:], self.children[:1]):
            for child in children:
                self._signal(child, child.stop_with)
            for child in children:
                self._wait(child)

    def _signal(self, child: Child, number: signal.Signals) -> None:
        if child.process is not None and child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(number)

    def _wait(self, child: Child) -> None:
        if child.process is None:
            return
        try:
            child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
