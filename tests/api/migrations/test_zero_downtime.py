"""While a new version is rolled out, the version before it works on the new schema.

Every migration from 0009 on is applied to a database of the one before, and what is there afterwards is compared with
what was there. Then rows that the product really writes are written with the columns of the version before, and
changed, and read. What a migration may not do at all goes into two releases: first what is new, then, when no old code
runs any more, what is gone.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text

from api.audit.service import record
from api.cases.models import Case
from api.config import sqlalchemy_url
from api.database import Base
from api.migrations.migrate import alembic_config
from api.runtime import Runtime
from tests.api.backstage import acknowledge_all, add_officer, new_conversation, only, tell
from tests.api.test_content_keys import make_case

FIRST_HELD_TO_THE_RULE = "0009"
# Triggers that refuse something on a table that was there before: no code ever did what these refuse.
REFUSALS = {
    # Risk was assessed once, when the report came, and never changed.
    "risk_assessments_never_change",
    # TRUNCATE is for nobody.
    "audit_entries_never_empty",
    "consents_never_empty",
    "reports_never_empty",
}

COLUMNS = """
select table_name, column_name, data_type, character_maximum_length, is_nullable = 'YES',
       column_default is not null or is_identity = 'YES' or is_generated = 'ALWAYS',
       is_generated = 'ALWAYS'
from information_schema.columns
where table_schema = 'public' and table_name not like 'procrastinate%'
"""
CONSTRAINTS = """
select rel.relname, con.conname, array(
    select attname from pg_attribute where attrelid = con.conrelid and attnum = any(con.conkey))
from pg_constraint con join pg_class rel on rel.oid = con.conrelid
join pg_namespace n on n.oid = rel.relnamespace and n.nspname = 'public'
where con.contype in ('c', 'u', 'f', 'x', 'p') and rel.relname not like 'procrastinate%'
"""
UNIQUE_INDEXES = """
select rel.relname, i.relname, array(
    select attname from pg_attribute where attrelid = ix.indrelid and attnum = any(ix.indkey))
from pg_index ix join pg_class i on i.oid = ix.indexrelid join pg_class rel on rel.oid = ix.indrelid
join pg_namespace n on n.oid = rel.relnamespace and n.nspname = 'public'
where ix.indisunique and rel.relname not like 'procrastinate%'
"""
TRIGGERS = """
select rel.relname, tgname from pg_trigger join pg_class rel on rel.oid = tgrelid
join pg_proc on pg_proc.oid = tgfoid
where not tgisinternal and proname = 'never_changed'
"""


class Schema:
    """What a version of the code may rely on."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        rows = connection.execute(COLUMNS).fetchall()
        self.columns = {(row[0], row[1]): row[2:] for row in rows}
        self.tables = {row[0] for row in rows}
        held = [*connection.execute(CONSTRAINTS), *connection.execute(UNIQUE_INDEXES)]
        self.constraints = {(row[0], row[1]): set(row[2]) for row in held}
        self.refusals = {(row[0], row[1]) for row in connection.execute(TRIGGERS)}

    def writable(self, table: str) -> set[str]:
        return {
            column
            for (of, column), (*_, generated) in self.columns.items()
            if of == table and not generated
        }


def what_breaks_old_code(before: Schema, after: Schema) -> list[str]:
    """Every change because of which code for `before` could fail on `after`."""
    found = []
    for (table, column), (kind, length, nullable, default, _) in before.columns.items():
        now = after.columns.get((table, column))
        name = f"{table}.{column}"
        if now is None:
            found.append(f"{name} is gone, or has another name")
        elif now[0] != kind or (now[1] or 1 << 30) < (length or 1 << 30):
            found.append(f"{name} has another type, or is shorter")
        elif nullable and not now[2]:
            found.append(f"{name} may not be empty any more")
        elif default and not now[3]:
            found.append(f"{name} has no default any more")
    for (table, column), (_, _, nullable, default, _) in after.columns.items():
        new = (table, column) not in before.columns
        if new and table in before.tables and not (nullable or default):
            found.append(f"{table}.{column} is new and old code does not fill it in")
    for (table, name), columns in after.constraints.items():
        if (table, name) in before.constraints or table not in before.tables:
            continue
        if all((table, column) in before.columns for column in columns):
            found.append(f"{name} refuses what old code may write to {table}")
    for table, name in after.refusals - before.refusals:
        if table in before.tables and name not in REFUSALS:
            found.append(f"{name} refuses what old code may do to {table}")
    return found


def revisions() -> list[str]:
    """Every revision, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    return [each.revision for each in reversed(list(script.walk_revisions()))]


def upgrade(url: str, revision: str) -> None:
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


@pytest.fixture
def empty_database(database_server: str) -> Iterator[str]:
    name = f"stepwise_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield urlsplit(database_server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
async def written(runtime: Runtime) -> dict[str, list[dict[str, Any]]]:
    """Rows that the product writes for a conversation, its report, alert and acknowledgement, by table."""
    conversation_id = await new_conversation(runtime)
    await tell(runtime, conversation_id, "Gwaeddodd rhywun arna i.")
    await add_officer(runtime)
    await make_case(runtime, conversation_id=str(conversation_id))
    await acknowledge_all(runtime)
    case = await only(runtime, Case)
    async with runtime.database.session() as session:
        await record(session, None, "case_read", case.reference)
        await session.commit()
    rows = {}
    async with runtime.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            found = await connection.execute(text(f"select * from {table.name}"))
            rows[table.name] = [dict(row) for row in found.mappings()]
    return {name: found for name, found in rows.items() if found}


def write_as_old_code(
    connection: "psycopg.Connection[Any]",
    old: Schema,
    never_changed: set[str],
    rows: dict[str, list[dict[str, Any]]],
) -> int:
    """Insert, change and read with the columns that the old version knows; returns how many rows."""
    count = 0
    for table, found in rows.items():
        columns = sorted(old.writable(table) & set(found[0]))
        if not columns:
            continue
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        places = sql.SQL(", ").join(sql.Placeholder() * len(columns))
        insert = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
            sql.Identifier(table), names, places
        )
        for row in found:
            connection.execute(insert, [_as_stored(row[column]) for column in columns])
            count += 1
        changed = sql.SQL("update {} set {} = {}").format(
            sql.Identifier(table), *[sql.Identifier(columns[-1])] * 2
        )
        if table not in never_changed:
            connection.execute(changed)
        read = sql.SQL("select {} from {}").format(names, sql.Identifier(table))
        assert len(connection.execute(read).fetchall()) == len(found)
    return count


def _as_stored(value: Any) -> Any:
    return psycopg.types.json.Json(value) if isinstance(value, dict) else value


def test_every_migration_leaves_the_version_before_it_working(
    empty_database: str, written: dict[str, list[dict[str, Any]]]
) -> None:
    line = revisions()
    first = line.index(FIRST_HELD_TO_THE_RULE)
    upgrade(empty_database, line[first - 1])
    assert {"cases", "alerts", "messages", "reports", "audit_entries"} <= set(written)
    for revision in line[first:]:
        with psycopg.connect(empty_database) as connection:
            before = Schema(connection)
        upgrade(empty_database, revision)
        with psycopg.connect(empty_database) as connection:
            after = Schema(connection)
            broken = what_breaks_old_code(before, after)
            assert broken == [], f"{revision}: {broken}"
            never_changed = {table for table, _ in after.refusals}
            assert write_as_old_code(connection, before, never_changed, written) > 15, revision
            connection.rollback()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("alter table cases drop column language", "cases.language is gone"),
        ("alter table cases rename column language to spoken", "cases.language is gone"),
        ("alter table cases alter column reference type varchar(4)", "is shorter"),
        ("alter table cases alter column conversation_id set not null", "may not be empty"),
        ("alter table cases alter column alert_waiting drop default", "no default any more"),
        ("alter table cases add column colour text not null", "old code does not fill it in"),
        ("alter table cases add check (channel <> 'sms')", "refuses what old code may write"),
        ("create unique index one on cases (grade)", "refuses what old code may write"),
        (
            "create trigger x before update on cases execute function never_changed()",
            "refuses what old code may do",
        ),
    ],
)
def test_what_would_break_old_code_is_found(database_url: str, change: str, told: str) -> None:
    with psycopg.connect(database_url) as connection:
        before = Schema(connection)
        connection.execute(change)
        found = what_breaks_old_code(before, Schema(connection))
        connection.rollback()
    assert any(told in each for each in found), found


def test_what_is_only_added_breaks_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        before = Schema(connection)
        connection.execute("create table colours (id int primary key)")
        connection.execute("alter table cases add column colour text")
        connection.execute("alter table cases add column shade text not null default 'x' unique")
        assert what_breaks_old_code(before, Schema(connection)) == []
        connection.rollback()
