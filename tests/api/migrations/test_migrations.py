"""The migrations make the tables that the models describe, once."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from api.config import sqlalchemy_url
from api.migrations.migrate import alembic_config, migrate


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select schemaname || '.' || tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        return {str(row[0]) for row in rows}


def test_the_models_say_the_same_as_the_migrations(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        # Raises with the differences.
        command.check(config)
    engine.dispose()


def test_migrating_again_is_harmless(database_url: str) -> None:
    before = tables(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("insert into sign_in_failures (username_hash, failures) values ('x', 1)")
    migrate(database_url)
    assert tables(database_url) == before
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("select count(*) from sign_in_failures").fetchone()
    assert kept == (1,)


def test_two_processes_that_start_at_once_migrate_once(database_server: str) -> None:
    name = f"empty_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = urlsplit(database_server)._replace(path=f"/{name}").geturl()
    with ThreadPoolExecutor() as pool:
        list(pool.map(migrate, [url] * 3))
    assert {"public.cases", "public.procrastinate_jobs", "rasa.events"} <= tables(url)
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


@pytest.mark.parametrize(("channel", "language"), [("fax", "cy"), ("web", "fr")])
def test_the_database_holds_the_rules_too(database_url: str, channel: str, language: str) -> None:
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute(
            "insert into conversations (id, channel, language, opened_at, last_message_at)"
            " values (gen_random_uuid(), %s, %s, now(), now())",
            (channel, language),
        )
