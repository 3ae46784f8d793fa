"""What whoever breaks into Rasa would find: what Rasa works with, and nothing that opens anything else."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from api.config import Settings
from api.migrations.product_role import RoleUnfit, grant_to_rasa, make_role, role_of
from bot.serve import NEEDED, environment_for_rasa
from tests.conftest import fresh_database
from tests.test_house_rules import ROOT, sources

SECRETS = {
    f"LLAIS_{name.upper()}"
    for name, field in Settings.model_fields.items()
    if field.annotation is SecretStr
}
GIVEN = {
    **{name: f"value of {name}" for name in SECRETS},
    "LLAIS_DATABASE_URL": "postgresql://llais@database/llais",
    "LLAIS_HOST": "0.0.0.0",
    "PATH": "/usr/bin",
}


def test_rasa_is_given_no_secret_that_it_does_not_work_with() -> None:
    given = environment_for_rasa(GIVEN)
    # `Bearer …` is what it shows to the actions.
    told = {name for name in SECRETS if any(f"value of {name}" in v for v in given.values())}
    assert told == {"LLAIS_RASA_DATABASE_URL", "LLAIS_RASA_ENCRYPTION_KEYS", "LLAIS_RASA_TOKEN"}
    assert GIVEN["LLAIS_DATABASE_URL"] not in given.values()
    assert given["PATH"] == "/usr/bin"


def test_without_a_ring_and_role_of_its_own_rasa_works_with_the_products() -> None:
    own = {"LLAIS_RASA_DATABASE_URL", "LLAIS_RASA_ENCRYPTION_KEYS"}
    given = environment_for_rasa({name: GIVEN[name] for name in set(GIVEN) - own})
    assert given["RASA_DATABASE_URL"] == GIVEN["LLAIS_DATABASE_URL"]
    assert given["LLAIS_ENCRYPTION_KEYS"] == GIVEN["LLAIS_ENCRYPTION_KEYS"]


def test_rasa_is_given_every_setting_that_its_files_name() -> None:
    files = [*(ROOT / "bot").glob("*.yml"), ROOT / "channels" / "rasa_connector.py"]
    files += [path for path, _ in sources("bot") if path.name != "serve.py"]
    text = "\n".join(path.read_text() for path in files)
    named = {name for name in map(_name_of, Settings.model_fields) if name in text}
    assert named <= NEEDED
    assert "LLAIS_ENCRYPTION_KEYS" in named


ROLE = "llais_rasa_of_the_tests"
PASSWORD = "a-password-of-the-tests-0003"


@pytest.fixture
def owner_url(database_server: str, database_template: str) -> Iterator[str]:
    with fresh_database(database_server, database_template) as url:
        yield url


@pytest.fixture
def rasa_url(owner_url: str) -> str:
    make_role(owner_url, ROLE, PASSWORD)
    grant_to_rasa(owner_url, ROLE)
    grant_to_rasa(owner_url, ROLE)
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ROLE}:{PASSWORD}@{host}").geturl()


def test_a_role_of_its_own_remembers_and_cannot_forget(rasa_url: str) -> None:
    with psycopg.connect(rasa_url) as connection:
        connection.execute("insert into rasa.events (sender_id, type_name) values ('x', 'user')")
        connection.commit()
        assert connection.execute("select count(*) from rasa.events").fetchone() == (1,)
        for statement in ("delete from rasa.events", "update rasa.events set sender_id = 'y'"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_a_role_of_its_own_reads_no_table_of_the_product(owner_url: str, rasa_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'"
        ).fetchall()
    assert ("public.cases",) in tables
    with psycopg.connect(rasa_url, autocommit=True) as connection:
        for (table,) in tables:
            for statement in (f"select * from {table}", f"delete from {table}"):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_a_role_that_owns_the_tables_is_none_for_rasa(owner_url: str) -> None:
    with pytest.raises(RoleUnfit):
        grant_to_rasa(owner_url, role_of(owner_url))


def _name_of(field: str) -> str:
    return f"LLAIS_{field.upper()}"
