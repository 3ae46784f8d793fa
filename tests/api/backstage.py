"""What tests of the services need: conversations, officers, and a look at the rows and the queue."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text, update

from api.alerts.models import Alert, AlertSend
from api.conversations.models import Channel, Conversation, Message, Sender, Turn
from api.conversations.receive import lock_conversation, receive_message
from api.database import Base, new_id, utc_now
from api.officers.models import Officer, Role
from api.runtime import Runtime

PHONE = "+447700900123"
IN_DANGER = "Mae dyn gyda chyllell tu allan i fy nrws nawr"
IN_DESPAIR = "I want to kill myself"


async def new_conversation(
    runtime: Runtime, channel: Channel = Channel.WEB, **columns: Any
) -> UUID:
    conversation_id = new_id()
    phone = PHONE if channel == Channel.SMS else None
    async with runtime.database.session() as session:
        session.add(Conversation(id=conversation_id, channel=channel, phone=phone, **columns))
        await session.commit()
    return conversation_id


async def tell(
    runtime: Runtime, conversation_id: UUID, words: str, provider_id: str | None = None
) -> Message | None:
    """Say something as the person, and have it committed."""
    async with runtime.database.session() as session:
        conversation = await lock_conversation(session, conversation_id)
        assert conversation is not None
        message = await receive_message(
            session, runtime, conversation, words, provider_id or f"test:{uuid4()}"
        )
        await session.commit()
    return message


async def add_officer(runtime: Runtime, username: str = "megan", **columns: Any) -> Officer:
    """An officer on duty who cannot sign in."""
    officer = Officer(
        id=new_id(),
        **{
            "username": username,
            "name": username.title(),
            "email": f"{username}@police.test",
            "role": Role.OFFICER,
            "password_hash": "-",
            **columns,
        },
    )
    async with runtime.database.session() as session:
        session.add(officer)
        await session.commit()
    return officer


async def all_of[Row: Base](runtime: Runtime, table: type[Row]) -> list[Row]:
    """Every row of a table in the order of its writing, if the table can tell it.

    PostgreSQL promises no order of its own: a page that was tidied up takes the next row.
    """
    columns = table.__table__.c
    written = [each for each in columns if each.name == "seq" or each.name.endswith("_at")]
    order = [each for each in written if each.name == "seq" or each.default is not None][:1]
    async with runtime.database.session() as session:
        return list(await session.scalars(select(table).order_by(*order)))


async def only[Row: Base](runtime: Runtime, table: type[Row]) -> Row:
    rows = await all_of(runtime, table)
    assert len(rows) == 1, f"{len(rows)} rows of {table.__tablename__}"
    return rows[0]


async def answers(runtime: Runtime, conversation_id: UUID) -> list[str]:
    """What the service said in a conversation, in order."""
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Message.text)
            .where(Message.conversation_id == conversation_id, Message.sender != Sender.VICTIM)
            .order_by(Message.seq)
        )
        return list(found)


async def jobs(runtime: Runtime, task: str | None = None) -> list[dict[str, Any]]:
    """The jobs that wait or run, oldest first."""
    async with runtime.database.session() as session:
        rows = await session.execute(
            text(
                "select id, task_name, status::text, lock, queueing_lock, args, scheduled_at"
                " from procrastinate_jobs where status in ('todo', 'doing')"
                " and (cast(:task as text) is null or task_name = :task) order by id"
            ),
            {"task": task},
        )
        return [dict(row) for row in rows.mappings()]


async def forget_jobs(runtime: Runtime) -> None:
    """As if every job had been lost."""
    async with runtime.database.session() as session:
        await session.execute(text("delete from procrastinate_jobs"))
        await session.commit()


async def age(runtime: Runtime, table: type[Base], by: timedelta, *columns: str) -> None:
    """Make all rows of a table older."""
    async with runtime.database.session() as session:
        await session.execute(
            update(table).values({column: getattr(table, column) - by for column in columns})
        )
        await session.commit()


async def age_turn(runtime: Runtime, by: timedelta = timedelta(minutes=1)) -> None:
    await age(runtime, Turn, by, "started_at")


async def alerts(runtime: Runtime) -> list[tuple[str, int]]:
    """Each alert's reason, and how many officers are told of it."""
    async with runtime.database.session() as session:
        raised = await session.scalars(select(Alert).order_by(Alert.raised_at))
        sends = list(await session.scalars(select(AlertSend)))
        return [
            (alert.reason.value, sum(send.alert_id == alert.id for send in sends))
            for alert in raised
        ]


async def acknowledge_all(runtime: Runtime) -> None:
    async with runtime.database.session() as session:
        await session.execute(update(Alert).values(acknowledged_at=utc_now()))
        await session.commit()
