"""A PostgreSQL server as a force would have one: reached by TCP, with an owner and a role for the product."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from api.launch import embedded_postgres
from api.migrations.product_role import make_role
from tests.serving import free_port

ROLE = "llais_product"
PASSWORD = "password-of-the-product-0001"


@dataclass
class ExternalPostgres:
    """A server on 127.0.0.1 with its files in `files.data_dir`; `settings` are `name=value`."""

    files: embedded_postgres.EmbeddedPostgres
    port: int
    log: Path
    settings: Sequence[str] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def owner_url(self) -> str:
        return self._url(embedded_postgres.USER, self.files.password, embedded_postgres.DATABASE)

    @property
    def product_url(self) -> str:
        return self._url(ROLE, PASSWORD, embedded_postgres.DATABASE)

    @property
    def administration_url(self) -> str:
        return self._url(embedded_postgres.USER, self.files.password, "postgres")

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{quote(password)}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = ("listen_addresses=127.0.0.1", f"port={self.port}", "fsync=off", *self.settings)
        command = [*self.files.command(), *(part for each in options for part in ("-c", each))]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.administration_url).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(self.log.read_text()[-2000:]) from None
                time.sleep(0.1)

    def make_database(self) -> None:
        """The database and the product's role, which a force's administrator makes."""
        with psycopg.connect(self.administration_url, autocommit=True) as connection:
            connection.execute(f"create database {embedded_postgres.DATABASE}")
        make_role(self.owner_url, ROLE, PASSWORD)

    def stop(self) -> None:
        if self.process is not None:
            embedded_postgres.stop(self.process)
        self.process = None


@contextmanager
def external_postgres(directory: Path, *settings: str) -> Iterator[ExternalPostgres]:
    """A server of its own with an empty database; stopped at the end."""
    files = embedded_postgres.prepare(directory)
    server = ExternalPostgres(files, free_port(), directory / "postgres.log", settings)
    try:
        server.start()
        server.make_database()
        yield server
    finally:
        server.stop()
        files.remove_socket()
