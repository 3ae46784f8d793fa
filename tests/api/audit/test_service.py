"""The audit log: every entry sealed to the one before it, so that nothing is altered unseen."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.audit.models import AuditEntry
from api.audit.service import FIRST_HASH, record, verify
from api.database import new_id
from api.runtime import Runtime
from tests.api.backstage import all_of, only


async def write(runtime: Runtime, action: str, subject: str | None = None) -> None:
    async with runtime.database.session() as session:
        await record(session, new_id(), action, subject)
        await session.commit()


async def verified(runtime: Runtime) -> tuple[int, int | None]:
    async with runtime.database.session() as session:
        return await verify(session)


async def tamper(runtime: Runtime, statement: str) -> None:
    """As somebody who can switch the database's own refusal off."""
    async with runtime.database.session() as session:
        await session.execute(text("set local session_replication_role = replica"))
        await session.execute(text(statement))
        await session.commit()


async def test_an_empty_log_is_intact(runtime: Runtime) -> None:
    assert await verified(runtime) == (0, None)


async def test_entries_are_numbered_and_chained(runtime: Runtime) -> None:
    for number in range(3):
        await write(runtime, "case_viewed", f"LL-{number}")
    entries = sorted(await all_of(runtime, AuditEntry), key=lambda entry: entry.number)
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous_hash for entry in entries] == [
        FIRST_HASH,
        entries[0].hash,
        entries[1].hash,
    ]
    assert await verified(runtime) == (3, None)


async def test_writers_at_once_make_one_chain(runtime: Runtime) -> None:
    await asyncio.gather(*(write(runtime, "case_viewed") for _ in range(8)))
    assert await verified(runtime) == (8, None)


async def test_an_entry_without_actor_or_subject_is_sealed_too(runtime: Runtime) -> None:
    async with runtime.database.session() as session:
        await record(session, None, "policy_changed")
        await session.commit()
    assert await verified(runtime) == (1, None)


async def test_what_was_not_committed_is_not_written(runtime: Runtime) -> None:
    async with runtime.database.session() as session:
        await record(session, None, "case_viewed")
    await write(runtime, "case_viewed")
    assert (await only(runtime, AuditEntry)).number == 1


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit_entries set action = 'nothing' where number = 3", 3),
        ("update audit_entries set subject = 'LL-9' where number = 2", 2),
        ("update audit_entries set actor = null where number = 1", 1),
        ("update audit_entries set at = at + interval '1 second' where number = 4", 4),
        ("update audit_entries set hash = previous_hash where number = 2", 2),
        ("delete from audit_entries where number = 3", 4),
        ("delete from audit_entries where number = 1", 2),
        ("update audit_entries set number = 9 where number = 5", 9),
    ],
)
async def test_an_altered_log_is_found_at_its_first_broken_entry(
    runtime: Runtime, statement: str, broken: int
) -> None:
    for number in range(5):
        await write(runtime, "case_viewed", f"LL-{number}")
    await tamper(runtime, statement)
    assert (await verified(runtime))[1] == broken


@pytest.mark.parametrize(
    "statement",
    ["update audit_entries set action = 'x'", "delete from audit_entries"],
)
async def test_the_database_refuses_to_alter_it(runtime: Runtime, statement: str) -> None:
    await write(runtime, "case_viewed")
    async with runtime.database.session() as session:
        with pytest.raises(DBAPIError, match="never changed"):
            await session.execute(text(statement))
