"""The supervisor goes on when a process cannot be started again at once."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from api.launch.progress import Progress
from api.launch.supervise import Child, Supervisor


class FullDisk:
    """Where the words go to a file on a disk that takes no more."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_what_could_not_be_started_is_tried_again(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    supervisor = Supervisor(logs, {})
    child = Child("short", [sys.executable, "-c", "pass"])
    supervisor.start(child)
    assert child.process is not None
    child.process.wait(20)
    shutil.rmtree(logs)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        supervisor.revive()
        time.sleep(0.05)
    first = child.process
    logs.mkdir()
    deadline = time.monotonic() + 20
    while child.process is first and time.monotonic() < deadline:
        supervisor.revive()
        time.sleep(0.05)
    assert child.process is not first
    supervisor.stop()


def test_words_that_cannot_be_printed_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())
    Progress().say("worker stopped; starting it again.")
