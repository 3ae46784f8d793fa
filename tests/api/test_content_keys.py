"""Every case and conversation has a data key of its own, and without it nothing of its content can be read."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select, text

from api.cases.models import Case, Person, Report
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.content_keys import destroy_keys
from api.conversations.drafts import drop_drafts
from api.conversations.models import Message
from api.database import Base, ContentKey
from api.runtime import Runtime
from api.security import ContentDestroyed, EncryptedJson, EncryptedText
from tests.api.backstage import all_of, new_conversation, only, tell
from tests.api.staff_visitor import a_report


async def make_case(runtime: Runtime, **changes: object) -> Case:
    submission = ReportSubmission.model_validate(a_report(**changes))
    async with runtime.database.session() as session:
        await submit_report(session, runtime, submission, str(uuid4()))
        await session.commit()
        return (await session.scalars(select(Case).order_by(Case.created_at.desc()))).all()[0]


async def test_all_content_of_a_case_and_its_conversation_is_under_their_own_keys(
    runtime: Runtime,
) -> None:
    conversation_id = await new_conversation(runtime)
    await tell(runtime, conversation_id, "Gwaeddodd rhywun arna i.")
    case = await make_case(runtime, conversation_id=str(conversation_id))
    under: set[tuple[str, str, bytes]] = set()
    async with runtime.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if not {"case_id", "conversation_id"} & set(table.columns.keys()):
                continue
            for column in table.columns:
                if not isinstance(column.type, EncryptedText | EncryptedJson):
                    continue
                rows = await connection.execute(
                    text(
                        f"select substring({column.name} from 1 for 17) from {table.name}"
                        f" where {column.name} is not null"
                    )
                )
                under |= {(table.name, column.name, bytes(row[0])) for row in rows}
    assert len(under) >= 15
    owners = {case.id.bytes, conversation_id.bytes}
    assert {start[:1] for _, _, start in under} == {b"\x01"}
    assert {start[1:] for _, _, start in under} == owners
    assert {key.owner_id for key in await all_of(runtime, ContentKey)} == {
        case.id,
        conversation_id,
    }


async def test_a_destroyed_key_makes_one_case_unreadable_and_no_other(runtime: Runtime) -> None:
    first, second = await make_case(runtime), await make_case(runtime)
    async with runtime.database.session() as session:
        assert await destroy_keys(session, [first.id]) == 1
        await session.commit()
    async with runtime.database.session() as session:
        for table in (Report, Person):
            with pytest.raises(ContentDestroyed):
                (await session.scalars(select(table).where(table.case_id == first.id))).all()
        with pytest.raises(ContentDestroyed):
            await session.get(Case, first.id)
        kept = await session.get_one(Report, second.id)
        assert kept.text.startswith("Gwaeddodd")
        key = await session.get_one(ContentKey, first.id)
        assert key.wrapped is None
        assert key.destroyed_at is not None
        assert await destroy_keys(session, [first.id]) == 0


async def test_a_destroyed_key_takes_no_more_content(runtime: Runtime) -> None:
    case = await make_case(runtime)
    async with runtime.database.session() as session:
        await destroy_keys(session, [case.id])
        session.add(Person(case_id=case.id, role="person_involved", name="Rhywun"))
        with pytest.raises(ContentDestroyed):
            await session.flush()


async def test_a_key_that_was_rolled_back_is_not_used_again(runtime: Runtime) -> None:
    conversation_id = await new_conversation(runtime)
    async with runtime.database.session() as session:
        for words in ("lost", "kept"):
            session.add(
                Message(conversation_id=conversation_id, sender="victim", text=words, language="en")
            )
            await session.flush()
            if words == "lost":
                await session.rollback()
        await session.commit()
    assert (await only(runtime, Message)).text == "kept"


async def test_a_key_is_asked_for_once_a_transaction(runtime: Runtime) -> None:
    conversation_id = await new_conversation(runtime)
    asked: list[str] = []

    def note(*statement: Any) -> None:
        if "content_keys" in str(statement[2]):
            asked.append(str(statement[2]))

    event.listen(runtime.database.engine.sync_engine, "before_cursor_execute", note)
    async with runtime.database.session() as session:
        for words in ("one", "two", "three"):
            session.add(
                Message(conversation_id=conversation_id, sender="victim", text=words, language="en")
            )
            await session.flush()
        await session.commit()

    # Looked for, made, and looked for once more, in case another transaction was faster.
    assert len(asked) == 3
    assert [message.text for message in await all_of(runtime, Message)] == ["one", "two", "three"]


async def test_what_was_written_before_there_were_data_keys_is_still_read(runtime: Runtime) -> None:
    case = await make_case(runtime)
    old = runtime.database.keyring.encrypt("as it was")
    async with runtime.database.session() as session:
        await session.execute(
            text("update people set name = :old where case_id = :id"), {"old": old, "id": case.id}
        )
        await session.commit()
    assert (await only(runtime, Person)).name == "as it was"


async def test_a_changed_row_is_written_under_the_key_again(runtime: Runtime) -> None:
    await make_case(runtime)
    async with runtime.database.session() as session:
        person = (await session.scalars(select(Person))).one()
        person.name = "Siân Rhydderch"
        await session.commit()
    assert (await only(runtime, Person)).name == "Siân Rhydderch"
    async with runtime.database.session() as session:
        starts = await session.scalars(text("select substring(name from 1 for 1) from people"))
        assert [bytes(start) for start in starts] == [b"\x01"]


async def test_what_moves_to_another_conversation_moves_to_its_key(runtime: Runtime) -> None:
    earlier, later = await new_conversation(runtime), await new_conversation(runtime)
    await tell(runtime, later, "I was shouted at.")
    async with runtime.database.session() as session:
        message = (await session.scalars(select(Message))).one()
        message.conversation_id = earlier
        await session.flush()
        await drop_drafts(session, [later])
        await session.commit()
    moved = await only(runtime, Message)
    assert (moved.conversation_id, moved.text) == (earlier, "I was shouted at.")
    async with runtime.database.session() as session:
        assert (await session.get_one(ContentKey, later)).wrapped is None


def test_content_is_asked_for_with_its_key() -> None:
    asked = str(select(Report.text).compile())
    assert "with_content_key(reports.text)" in asked
