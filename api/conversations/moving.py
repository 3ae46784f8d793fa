"""A report that was begun on the web goes on by text, or the other way, with the one kind of code there is.

Whoever has the code has the draft; a telephone number alone opens nothing. What was sent is no draft, and stays.
"""

import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cases.models import Case
from api.conversations.drafts import drop_drafts, is_draft, kept_for
from api.conversations.models import Channel, Conversation, Handover, Message, Sender
from api.conversations.resume import (
    Outcome,
    draft_of_code,
    issue_code,
    move_message,
    must_wait,
)
from api.conversations.say import say
from api.conversations.typed_code import HIDDEN
from api.database import new_id, utc_now
from api.runtime import Runtime
from api.wakeups import announce
from api.words import spoken
from channels.sms import readable_number

MOVES_FILE: Final = Path(__file__).parent.parent.parent / "data" / "moves.yml"


class Move(StrEnum):
    TO_TEXT = "to_text"
    TO_WEB = "to_web"


@cache
def _moves() -> tuple[tuple[str, ...], dict[str, Move]]:
    """What may stand around a wish, longest first, and the wishes."""
    content = yaml.safe_load(MOVES_FILE.read_text(encoding="utf-8"))
    around = {_folded(words) for each in content["around"].values() for words in each}
    wishes = {
        _folded(words): move for move in Move for each in content[move].values() for words in each
    }
    return tuple(sorted(around, key=len, reverse=True)), wishes


def wanted_move(words: str) -> Move | None:
    """Where somebody asks to go on, when that is all that they say."""
    around, wishes = _moves()
    said = _folded(words)
    while said not in wishes:
        shorter = said
        for each in around:
            shorter = shorter.removeprefix(f"{each} ").removesuffix(f" {each}").strip(" ,")
        if shorter == said:
            return None
        said = shorter
    return wishes[said]


def _folded(words: str) -> str:
    """Small letters without circumflexes, which telephones make hard to type."""
    apart = unicodedata.normalize("NFD", words.replace("’", "'").casefold())
    return " ".join(
        "".join(each for each in apart if not unicodedata.combining(each)).split()
    ).strip(" .,!?\"'")


async def offer_move(
    session: AsyncSession, runtime: Runtime, conversation: Conversation, words: str
) -> str | None:
    """What to say to a wish to go on elsewhere: a code, and what to do with it. None where there is no such wish.

    The caller commits. The code that was given before no longer works.
    """
    wanted = Move.TO_TEXT if conversation.channel == Channel.WEB else Move.TO_WEB
    number = readable_number(runtime.settings.twilio_from)
    if wanted_move(words) is not wanted or (wanted is Move.TO_TEXT and not number):
        return None
    if await was_sent(session, conversation):
        return None
    return runtime.words.say(
        f"move_{wanted}",
        spoken(conversation.language),
        code=await issue_code(session, runtime, conversation),
        hours=int(kept_for(conversation.channel).total_seconds() // 3600),
        number=number,
        address=runtime.settings.public_address,
    )


async def was_sent(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether a report of this conversation has been sent, or waits to be handed over."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    Case.conversation_id == conversation.id, Case.submitted_at.is_not(None)
                )
                | exists().where(Handover.conversation_id == conversation.id)
            )
        )
    )


async def take_to_phone(
    session: AsyncSession, runtime: Runtime, phone: Conversation, digits: str, provider_id: str
) -> Outcome:
    """Have the draft that a texted code stands for go on by text. `phone` must be locked."""
    if must_wait(phone):
        return Outcome(phone, provider_id, "resume_code_wait")
    draft = await draft_of_code(session, runtime, phone, digits)
    if draft is None:
        return Outcome(phone, provider_id, "resume_code_unknown")
    if draft.channel == Channel.SMS:
        return Outcome(phone, provider_id, "resume_code_elsewhere")
    if not await is_draft(session, phone.id):
        # The texts of a case belong to that case.
        return Outcome(phone, provider_id, "move_phone_taken")
    await _bring_to_phone(session, runtime, phone, draft)
    return Outcome(draft, provider_id)


async def _bring_to_phone(
    session: AsyncSession, runtime: Runtime, phone: Conversation, draft: Conversation
) -> None:
    """Have a draft of the web go on with the number of `phone`, which becomes one with it."""
    number, number_hash = phone.phone, phone.phone_hash
    token, expires_at = draft.token_hash, draft.token_expires_at
    draft.token_hash = None
    for message in await _said_by_person(session, phone):
        await move_message(session, message, draft)
    phone.phone_hash = None
    await session.flush()
    await drop_drafts(session, [phone.id])
    draft.channel = Channel.SMS
    draft.phone, draft.phone_hash = number, number_hash
    draft.resume_code_hash = None
    draft.returned_at = utc_now()
    language = spoken(draft.language)
    await say(session, runtime, draft, runtime.words.say("moved_to_phone", language))
    if token is not None:
        # The page that is still open is told, and shows nothing of what follows.
        page = Conversation(
            id=new_id(),
            channel=Channel.WEB,
            language=draft.language,
            token_hash=token,
            token_expires_at=expires_at,
        )
        session.add(page)
        await session.flush()
        await say(session, runtime, page, runtime.words.say("moved_from_web", language))
    await announce(session, str(draft.id))


async def _said_by_person(session: AsyncSession, conversation: Conversation) -> list[Message]:
    found = await session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.sender == Sender.VICTIM)
        .order_by(Message.seq)
    )
    return [message for message in found if message.text != HIDDEN]
