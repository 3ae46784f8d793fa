"""An officer's text that is early waits for the person's safe hours, and nothing leaves against their wishes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from api.cases.casework_models import Means
from api.cases.models import Case, Deadline, Person
from api.cases.officer_messages import (
    NotNow,
    language_of,
    means_of,
    warn_of_language,
    write_to_person,
)
from api.conversations.models import Channel, Conversation, Message, Sender
from api.conversations.say import SEND_TEXT, say
from api.conversations.takeover import take_over
from api.database import utc_now
from api.local_time import LONDON
from api.officers.models import Officer
from api.policy import casework
from api.problems import Conflict
from api.runtime import Runtime
from api.texts.models import OutgoingText, TextState
from api.texts.send import send_text
from api.upkeep import requeue_stuck
from channels.sms import TwilioTexts
from tests.api.backstage import (
    add_officer,
    age,
    all_of,
    forget_jobs,
    jobs,
    new_conversation,
    only,
)
from tests.api.test_content_keys import make_case

WORDS = "Pryd fyddai'n dda i ni siarad?"


class Provider(TwilioTexts):
    """Takes every text and remembers it."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send(self, to: str, text: str, status_callback: str) -> str:
        self.taken.append(text)
        return f"SM{len(self.taken):032d}"

    def find_sent(self, *_: Any) -> str | None:
        return None


def closed_now() -> str:
    """A part of the day that it is not now."""
    now = datetime.now(LONDON).time()
    windows = casework()[1].contact.windows
    return next(
        name
        for name in ("morning", "evening")
        if not windows[name].begins <= now < windows[name].ends
    )


async def texting_case(runtime: Runtime, **contact: Any) -> tuple[str, UUID, Officer]:
    conversation_id = await new_conversation(runtime, Channel.SMS, language="cy")
    case = await make_case(
        runtime,
        conversation_id=str(conversation_id),
        channel="sms",
        contact={"method": "this_conversation", "name": "Siân", **contact},
    )
    return case.reference, conversation_id, await add_officer(runtime)


async def write(runtime: Runtime, officer: Officer, reference: str, **options: Any) -> Message:
    async with runtime.database.session() as session:
        message = await write_to_person(
            session, runtime, officer, reference, WORDS, "cy", **options
        )
        await session.commit()
    return message


async def change_person(runtime: Runtime, **columns: Any) -> None:
    async with runtime.database.session() as session:
        person = await session.get_one(Person, (await only(runtime, Person)).id)
        for name, value in columns.items():
            setattr(person, name, value)
        await session.commit()


async def first_contact_met(runtime: Runtime) -> bool:
    return any(
        each.met_at is not None
        for each in await all_of(runtime, Deadline)
        if each.code == "first_contact"
    )


async def test_a_text_outside_the_safe_hours_waits_until_they_begin(runtime: Runtime) -> None:
    reference, _, officer = await texting_case(runtime, contact_hours=closed_now())
    await write(runtime, officer, reference)
    held = await only(runtime, OutgoingText)
    assert held.not_before is not None
    assert held.not_before > utc_now()
    (job,) = await jobs(runtime, SEND_TEXT)
    assert abs(job["scheduled_at"] - held.not_before) < timedelta(seconds=5)
    # Nobody has been reached yet.
    assert not await first_contact_met(runtime)
    provider = Provider()
    # Even a job that came too early sends nothing.
    await send_text(runtime, provider, held.id)
    assert provider.taken == []
    assert (await only(runtime, OutgoingText)).state == TextState.QUEUED
    await change_person(runtime, contact_hours=None)
    await send_text(runtime, provider, held.id)
    await send_text(runtime, provider, held.id)
    assert provider.taken == [WORDS]
    assert await first_contact_met(runtime)


async def test_a_text_that_waits_holds_up_nothing_that_need_not(runtime: Runtime) -> None:
    reference, conversation_id, officer = await texting_case(runtime, contact_hours=closed_now())
    await write(runtime, officer, reference)
    async with runtime.database.session() as session:
        conversation = await session.get_one(Conversation, conversation_id)
        await say(session, runtime, conversation, "Diolch.")
        await session.commit()
    waiting, answer = await jobs(runtime, SEND_TEXT)
    assert waiting["lock"] is None
    assert answer["lock"] is not None
    assert answer["scheduled_at"] is None


async def test_a_text_whose_job_was_lost_leaves_when_its_hour_has_come_and_not_before(
    runtime: Runtime,
) -> None:
    reference, _, officer = await texting_case(runtime, contact_hours=closed_now())
    await write(runtime, officer, reference)
    await forget_jobs(runtime)
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText).values(changed_at=utc_now() - timedelta(hours=1))
        )
        await session.commit()
    await requeue_stuck(runtime, 10.0)
    assert await jobs(runtime, SEND_TEXT) == []
    async with runtime.database.session() as session:
        await session.execute(
            update(OutgoingText).values(not_before=utc_now() - timedelta(minutes=5))
        )
        await session.commit()
    await requeue_stuck(runtime, 10.0)
    assert len(await jobs(runtime, SEND_TEXT)) == 1


@pytest.mark.parametrize("change", ["stop", "no-contact"])
async def test_a_text_that_waited_is_given_up_when_the_person_wants_none_any_more(
    runtime: Runtime, change: str
) -> None:
    reference, _, officer = await texting_case(runtime, contact_hours=closed_now())
    await write(runtime, officer, reference)
    if change == "stop":
        async with runtime.database.session() as session:
            await session.execute(update(Conversation).values(texts_stopped_at=utc_now()))
            await session.commit()
    else:
        await change_person(runtime, contact_method="none")
    provider = Provider()
    await send_text(runtime, provider, (await only(runtime, OutgoingText)).id)
    assert provider.taken == []
    assert (await only(runtime, OutgoingText)).state == TextState.FAILED


async def test_what_the_assistant_answers_is_never_held(runtime: Runtime) -> None:
    _, conversation_id, _ = await texting_case(runtime, contact_hours=closed_now())
    async with runtime.database.session() as session:
        conversation = await session.get_one(Conversation, conversation_id)
        await say(session, runtime, conversation, "Diolch.", sender=Sender.ASSISTANT)
        await session.commit()
    provider = Provider()
    await send_text(runtime, provider, (await only(runtime, OutgoingText)).id)
    assert provider.taken == ["Diolch."]


async def test_safe_times_in_words_must_be_read_before_a_text_leaves(runtime: Runtime) -> None:
    reference, _, officer = await texting_case(runtime, contact_hours="pan fydd e yn y gwaith")
    with pytest.raises(NotNow) as refusal:
        await write(runtime, officer, reference)
    assert refusal.value.problem_type == "hours-in-words"
    assert await all_of(runtime, OutgoingText) == []
    await write(runtime, officer, reference, words_read=True)
    provider = Provider()
    await send_text(runtime, provider, (await only(runtime, OutgoingText)).id)
    assert provider.taken == [WORDS]


@pytest.mark.parametrize("here", [True, False])
async def test_an_officer_joins_by_text_at_an_unsafe_hour_only_whoever_writes_then(
    runtime: Runtime, here: bool
) -> None:
    reference, _, officer = await texting_case(runtime, contact_hours=closed_now())
    if not here:
        await age(runtime, Conversation, timedelta(hours=2), "last_message_at")
    async with runtime.database.session() as session:
        if here:
            await take_over(session, runtime, officer, reference)
        else:
            with pytest.raises(Conflict) as refusal:
                await take_over(session, runtime, officer, reference)
            assert refusal.value.problem_type == "outside-hours"
        await session.commit()
    assert len(await all_of(runtime, OutgoingText)) == here


@pytest.mark.parametrize(
    ("text", "language", "warned"),
    [
        ("Pryd fyddai'n dda i ni siarad?", "cy", False),
        ("When would be a good time for us to talk?", "en", True),
        # Marked as Welsh, and written in English.
        ("When would be a good time for us to talk with you about it?", "cy", True),
        ("Iawn", "cy", False),
    ],
)
async def test_a_message_in_another_language_than_the_persons_is_warned_of(
    runtime: Runtime, text: str, language: Any, warned: bool
) -> None:
    reference, _, _ = await texting_case(runtime)
    async with runtime.database.session() as session:
        if warned:
            with pytest.raises(NotNow) as refusal:
                await warn_of_language(session, runtime, reference, text, language)
            assert refusal.value.problem_type == "other-language"
        else:
            await warn_of_language(session, runtime, reference, text, language)


def test_the_language_of_writing_that_was_chosen_counts_before_the_one_that_was_used() -> None:

    case = Case(language="cy")
    assert language_of(case, None) == "cy"
    assert language_of(case, Person(written_language="en")) == "en"
    assert language_of(case, Person(written_language="Pwyleg")) == "cy"
    assert means_of(Conversation(channel=Channel.SMS)) == Means.TEXT
    assert means_of(None) == Means.CHAT
