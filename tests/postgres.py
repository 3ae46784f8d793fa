"""A real PostgreSQL for as long as it is needed."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.launch import embedded_postgres


@contextmanager
def running_postgres(directory: Path) -> Iterator[str]:
    """The address of an embedded PostgreSQL of its own in `directory`."""
    postgres = embedded_postgres.prepare(directory)
    log = directory / "postgres.log"
    with log.open("wb") as output:
        # What the tests write need not outlive a power cut.
        command = [*postgres.command(), "-c", "fsync=off"]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        embedded_postgres.wait_until_up(postgres, process, log)
        yield postgres.url
    finally:
        embedded_postgres.stop(process)
        postgres.remove_socket()
