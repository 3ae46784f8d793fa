"""The product's database role works on everything and owns nothing: the audit log can only grow under it."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import errors

from api.config import Settings
from api.migrations.product_role import RoleUnfit, grant_to_product, make_role, role_of
from api.officers.models import Role
from api.staff import create_staff_app
from tests.api.staff_visitor import StaffDoor
from tests.conftest import fresh_database

ROLE = "llais_product_of_the_tests"
PASSWORD = 'a-password\'s "of" the tests'


@pytest.fixture
def owner_url(database_server: str, database_template: str) -> Iterator[str]:
    with fresh_database(database_server, database_template) as url:
        yield url


@pytest.fixture
def product_url(owner_url: str) -> str:
    make_role(owner_url, ROLE, PASSWORD)
    # Once more, as every start does.
    make_role(owner_url, ROLE, PASSWORD)
    grant_to_product(owner_url, ROLE)
    grant_to_product(owner_url, ROLE)
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ROLE}:{quote(PASSWORD)}@{host}").geturl()


async def test_the_staff_door_does_all_its_work_as_that_role(
    settings: Settings, product_url: str
) -> None:
    app = create_staff_app(settings.model_copy(update={"database_url": product_url}))
    async with app.router.lifespan_context(app):
        door = StaffDoor(app)
        await door.add_officer("boss", Role.SUPERVISOR)
        conversation_id = await door.converse()
        reference = await door.receive(conversation_id=str(conversation_id))
        await door.call_in(conversation_id, "Ydych chi yno?")
        async with door.visitor("boss") as boss:
            read = await boss.call("GET", f"/v1/cases/{reference}")
            alert_id = read.json()["alerts"][0]["id"]
            done = await boss.call("POST", f"/v1/alerts/{alert_id}/acknowledge")
            sent = await boss.call(
                "POST",
                f"/v1/cases/{reference}/messages",
                json={"text": "Bore da.", "language": "cy"},
            )
            verified = await boss.call("GET", "/v1/audit/verify")
    assert (read.status_code, done.status_code, sent.status_code) == (200, 200, 201)
    assert verified.json()["intact"] is True


TAMPERING = [
    "update audit_entries set action = 'nothing'",
    "delete from audit_entries",
    "truncate audit_entries",
    "truncate audit_entries cascade",
    "alter table audit_entries disable trigger all",
    "alter table audit_entries disable trigger audit_entries_never_change",
    "drop trigger audit_entries_never_change on audit_entries",
    "drop table audit_entries",
    "alter table audit_entries rename to forgotten",
    "alter table audit_entries owner to current_user",
    "set session_replication_role = replica",
    "create or replace function never_changed() returns trigger language plpgsql"
    " as $$ begin return old; end $$",
    "set role llais",
    "update alembic_version set version_num = '0001'",
    "create table public.mine (number int)",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_it_cannot_alter_the_audit_log_nor_switch_off_what_keeps_it(
    product_url: str, statement: str
) -> None:
    add = (
        "insert into audit_entries (number, at, action, previous_hash, hash)"
        " values (1, now(), 'case_read', '', '')"
    )
    with psycopg.connect(product_url) as connection:
        # What it may do: the refusal is about the statement, not about the table.
        connection.execute(add)
        connection.commit()
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)
        connection.rollback()
        assert connection.execute("select action from audit_entries").fetchall() == [("case_read",)]


@pytest.mark.parametrize("table", ["audit_entries", "consents", "reports"])
def test_not_even_the_owner_empties_evidence_without_first_switching_the_trigger_off(
    owner_url: str, table: str
) -> None:
    with (
        psycopg.connect(owner_url) as connection,
        pytest.raises(psycopg.Error, match="never changed"),
    ):
        connection.execute(f"truncate {table} cascade")


def test_a_role_that_owns_the_tables_or_does_not_exist_is_refused(owner_url: str) -> None:
    for role in (role_of(owner_url), "nobody_of_that_name"):
        with pytest.raises(RoleUnfit):
            grant_to_product(owner_url, role)


def test_rasas_memory_is_read_and_written_as_that_role(product_url: str) -> None:
    with psycopg.connect(product_url) as connection:
        connection.execute("insert into rasa.events (sender_id, type_name) values ('x', 'user')")
        assert connection.execute("select count(*) from rasa.events").fetchone() == (1,)
        connection.execute("delete from rasa.events")
