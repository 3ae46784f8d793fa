"""A synthetic report travels the way of a real one: through the public door, the worker, Rasa, the actions, the staff
door, to an alert that a mail server has accepted. Only its row tells it from a real one, and nothing is left of it.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.models import Alert, AlertReason, AlertSend, SendState
from api.canary.models import Canary, CanaryState
from api.canary.purge import purge
from api.canary.script import script
from api.canary.watch import canary_policy
from api.cases.models import Case
from api.conversations.models import Conversation
from api.database import new_id, utc_now
from api.jobs import UPKEEP, defer
from api.runtime import Runtime
from api.security import token_hash
from api.words import LANGUAGES, Language

TRAVEL: Final = "travel"
# Seconds.
TIMEOUT: Final = 35.0
LONGEST_WAIT: Final = 10
REST: Final = 2.0
MOST_MESSAGES: Final = 40
# The clock of the policy and that of the queue do not tick together.
TOLERANCE: Final = timedelta(seconds=5)


class LostItsWay(Exception):
    """The assistant did not come to the end of a report."""


async def set_off(runtime: Runtime) -> None:
    """Send the next canary on its way when it is time, in Welsh and in English by turns."""
    if not runtime.settings.canary_email:
        return
    figures = canary_policy()
    now = utc_now()
    async with runtime.database.session() as session:
        newest = await session.scalar(select(Canary).order_by(Canary.set_off_at.desc()).limit(1))
        every = timedelta(minutes=figures.every_minutes) - TOLERANCE
        if newest is not None and now - newest.set_off_at < every:
            return
        previous = LANGUAGES.index("cy" if newest is None or newest.language == "en" else "en")
        canary = Canary(
            id=new_id(),
            language=LANGUAGES[previous],
            set_off_at=now,
            due_at=now + timedelta(minutes=figures.late_after_minutes),
        )
        session.add(canary)
        await session.flush()
        await defer(session, runtime.queue, TRAVEL, on=UPKEEP, canary_id=str(canary.id))
        await session.commit()


async def travel(runtime: Runtime, canary_id: UUID) -> None:
    """Tell the report until its receipt comes, beginning anew after a failure, until it is late."""
    while (canary := await _still_travelling(runtime, canary_id)) is not None:
        try:
            await _tell(runtime, canary)
        except (httpx.HTTPError, LostItsWay) as error:
            structlog.get_logger().warning(
                "canary_stopped", canary_id=str(canary_id), exc_info=error
            )
            await _note(runtime, canary_id, last_error=type(error).__name__)
            await asyncio.sleep(REST)
        else:
            await _note(runtime, canary_id, reported_at=utc_now(), last_error=None)
            return


async def _still_travelling(runtime: Runtime, canary_id: UUID) -> Canary | None:
    """The canary, if it has anything left to tell. What an attempt before left behind is deleted."""
    async with runtime.database.session() as session:
        canary = await session.get(Canary, canary_id)
        if canary is None or canary.state != CanaryState.TRAVELLING or canary.reported_at:
            return None
        if canary.due_at < utc_now():
            return None
        if canary.conversation_id is not None:
            await purge(session, canary.conversation_id)
            canary.conversation_id = None
            await session.commit()
    return canary


async def _note(runtime: Runtime, canary_id: UUID, **columns: Any) -> None:
    async with runtime.database.session() as session:
        canary = await session.get_one(Canary, canary_id, with_for_update=True)
        for name, value in columns.items():
            setattr(canary, name, value)
        await session.commit()


async def _tell(runtime: Runtime, canary: Canary) -> None:
    """One conversation by the calls of the web chat. Raises httpx.HTTPError or LostItsWay."""
    language: Language = "cy" if canary.language == "cy" else "en"
    address = f"{runtime.settings.public_address}/v1/chat"
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        opened = await client.post(f"{address}/sessions", json={"language": language})
        opened.raise_for_status()
        token = str(opened.json()["token"])
        await _mark(runtime, canary.id, token)
        client.headers["Authorization"] = f"Bearer {token}"
        cursor = str(opened.json()["cursor"])
        messages, cursor = await _heard(client, address, cursor, canary.due_at)
        said = script().account[language]
        for _ in range(MOST_MESSAGES):
            sent = await client.post(f"{address}/messages", json={"id": str(uuid4()), "text": said})
            sent.raise_for_status()
            messages, cursor = await _heard(client, address, cursor, canary.due_at)
            if any(message["kind"] == "receipt" for message in messages):
                return
            said = script().answer(messages, language)
    raise LostItsWay


async def _mark(runtime: Runtime, canary_id: UUID, token: str) -> None:
    """Make the conversation known as synthetic before anything is said in it."""
    async with runtime.database.session() as session:
        conversation = (
            await session.scalars(
                select(Conversation).where(Conversation.token_hash == token_hash(token))
            )
        ).one()
        conversation.canary = True
        canary = await session.get_one(Canary, canary_id)
        canary.conversation_id = conversation.id
        await session.commit()


async def _heard(
    client: httpx.AsyncClient, address: str, cursor: str, until: datetime
) -> tuple[list[dict[str, Any]], str]:
    """What the assistant said after a cursor, once it has finished. Raises LostItsWay when it never does."""
    messages: list[dict[str, Any]] = []
    while utc_now() < until:
        answer = await client.get(
            f"{address}/messages", params={"after": cursor, "wait": LONGEST_WAIT}
        )
        answer.raise_for_status()
        content = answer.json()
        cursor = str(content["cursor"])
        messages += [each for each in content["messages"] if each["from"] == "assistant"]
        if messages and not content["typing"]:
            return messages, cursor
    raise LostItsWay


async def settle(runtime: Runtime) -> None:
    """Note which canaries have arrived and which are late, and delete what either left behind."""
    async with runtime.database.session() as session:
        waiting = await session.scalars(
            select(Canary).where(Canary.purged_at.is_(None)).with_for_update(skip_locked=True)
        )
        now = utc_now()
        for canary in waiting:
            arrived = await _accepted_at(session, canary)
            if arrived is not None:
                canary.arrived_at = arrived
                canary.state = CanaryState.ARRIVED
            elif canary.due_at < now:
                canary.state = CanaryState.LATE
            if canary.state != CanaryState.TRAVELLING:
                if canary.conversation_id is not None:
                    await purge(session, canary.conversation_id)
                canary.purged_at = now
        await session.commit()


async def _accepted_at(session: AsyncSession, canary: Canary) -> datetime | None:
    """When everything that the canary's alert goes to had accepted it."""
    if canary.conversation_id is None:
        return None
    of_canary = (
        select(Alert.id)
        .join(Case, Case.id == Alert.case_id)
        .where(Case.conversation_id == canary.conversation_id, Alert.reason == AlertReason.REPORT)
    )
    still_open = await session.scalar(
        select(
            exists().where(AlertSend.alert_id.in_(of_canary), AlertSend.state != SendState.ACCEPTED)
        )
    )
    if still_open:
        return None
    return await session.scalar(
        select(AlertSend.accepted_at)
        .where(AlertSend.alert_id.in_(of_canary))
        .order_by(AlertSend.accepted_at.desc())
        .limit(1)
    )
