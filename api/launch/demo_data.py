"""`make demo-data`: fills this copy's database with made-up cases, while the copy runs or while it does not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from api.config import Settings, socket_database_url
from api.launch import embedded_postgres
from api.launch.environment import child_environment, generated_secrets
from api.launch.progress import StartFailed, fail
from api.launch.run import only_copy
from api.migrations.migrate import migrate

API_PYTHON = sys.executable
# Of the lines that a running server writes about itself, the one that says where its socket is.
SOCKET_LINE = 4


@contextmanager
def database_of(settings: Settings) -> Iterator[str]:
    """The address of the copy's database: as set, of the server that runs, or of one for as long as this takes."""
    if settings.database_url:
        yield settings.database_url
        return
    if _runs(settings.data_dir):
        running = settings.data_dir.absolute() / "postgres" / "postmaster.pid"
        password = (settings.data_dir.absolute() / "postgres-password").read_text()
        socket_dir = Path(running.read_text().splitlines()[SOCKET_LINE])
        yield socket_database_url(
            embedded_postgres.USER, password, socket_dir, embedded_postgres.DATABASE
        )
        return
    postgres = embedded_postgres.prepare(settings.data_dir)
    log = settings.data_dir.absolute() / "demo-data.log"
    with log.open("wb") as output:
        process = subprocess.Popen(postgres.command(), stdout=output, stderr=output)
    try:
        embedded_postgres.wait_until_up(postgres, process, log)
        yield postgres.url
    finally:
        embedded_postgres.stop(process)
        postgres.remove_socket()


def _runs(data_dir: Path) -> bool:
    try:
        with only_copy(data_dir):
            return False
    except StartFailed:
        return True


def main() -> int:
    try:
        settings = Settings()
        if not settings.development:
            raise StartFailed("made-up cases are for development only")
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        generated = generated_secrets(settings.data_dir)
        with database_of(settings) as database_url:
            migrate(database_url)
            environment = child_environment(settings, database_url, generated)
            command = [API_PYTHON, "-m", "api.development.demo_data"]
            return subprocess.run(command, env=environment, check=False).returncode
    except (StartFailed, OSError, ValidationError) as error:
        return fail(error)


if __name__ == "__main__":
    # Files that this makes are for the owner's eyes only.
    os.umask(0o077)
    sys.exit(main())
