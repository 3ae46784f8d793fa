"""What tests share: one real PostgreSQL for the session, a clean database for each test module's runtime."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet

from api import runtime as wiring
from api.config import Settings
from api.conversations.language import LanguageDecider
from api.conversations.safety import SafetyLayer
from api.launch import embedded_postgres
from api.migrations.migrate import migrate
from api.runtime import Runtime, open_runtime

SERVICE_TOKEN = "service-token-of-the-tests-0001"
RASA_TOKEN = "rasa-token-of-the-tests-00000001"
TWILIO_TOKEN = "twilio-token-of-the-tests-000001"

# Deleting is many times faster than copying a template when nearly every table is empty. As a replica, the session
# fires no triggers: neither foreign keys nor the one that keeps the audit log append-only stand in the way.
_EMPTY_EVERY_TABLE = """
do $$
declare name text;
begin
  set local session_replication_role = replica;
  for name in
    select format('%I.%I', schemaname, tablename) from pg_tables
    where schemaname in ('public', 'rasa') and tablename <> 'alembic_version'
  loop
    execute 'delete from ' || name;
  end loop;
end $$
"""


@pytest.fixture(scope="session", autouse=True)
def models_are_loaded_once() -> Iterator[None]:
    """What training made is the same for every test, and nobody writes to it: read it once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LanguageDecider, "load", cache(LanguageDecider.load))
        patch.setattr(SafetyLayer, "load", cache(SafetyLayer.load))
        patch.setattr(wiring, "load_words", cache(wiring.load_words))
        yield


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the tests' PostgreSQL: LLAIS_TEST_DATABASE_URL, else an embedded one."""
    given = os.environ.get("LLAIS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    directory = tmp_path_factory.mktemp("postgres")
    postgres = embedded_postgres.prepare(directory)
    log = directory / "log"
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


@pytest.fixture(scope="session")
def database_template(database_server: str) -> str:
    """A migrated database to copy from."""
    name = f"template_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    migrate(_with_database(database_server, name))
    return name


@contextmanager
def fresh_database(server: str, template: str) -> Iterator[str]:
    """The address of a clean, migrated database."""
    name = f"test_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    yield _with_database(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def shared_database(database_server: str, database_template: str) -> Iterator[str]:
    """One migrated database that the tests of a session empty and use in turn."""
    with fresh_database(database_server, database_template) as url:
        yield url


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest,
    database_server: str,
    database_template: str,
    shared_database: str,
) -> Iterator[str]:
    """The address of a clean, migrated database of the test's own."""
    if request.node.get_closest_marker("changes_the_schema"):
        with fresh_database(database_server, database_template) as url:
            yield url
        return
    with psycopg.connect(shared_database, autocommit=True) as connection:
        # Whatever an earlier test left open must not write any more.
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        connection.execute(_EMPTY_EVERY_TABLE)
    yield shared_database


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def settings_for(database_url: str, data_dir: Path) -> Settings:
    """Settings as the tests have them."""
    return Settings(
        _env_file=None,
        database_url=database_url,
        data_dir=data_dir,
        encryption_keys=Fernet.generate_key().decode(),
        hash_key="hash-key-of-the-tests-0000000001",
        service_token=SERVICE_TOKEN,
        rasa_token=RASA_TOKEN,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=TWILIO_TOKEN,
        twilio_from="+447700900000",
        smtp_url="smtp://127.0.0.1:9",
        public_url="http://llais.test",
        sms_join_seconds=0,
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, tmp_path)


@pytest.fixture
async def runtime(settings: Settings) -> AsyncIterator[Runtime]:
    async with open_runtime(settings) as opened:
        yield opened
