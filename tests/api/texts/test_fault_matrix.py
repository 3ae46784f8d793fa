"""Every line of the fault matrix happens here, and comes out as the table says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import func, select, update

from api.conversations.drafts import drop_drafts
from api.conversations.models import Conversation, Message, Sender
from api.conversations.turn import answer_conversation
from api.policy import policy, policy_version
from api.runtime import Runtime
from api.texts import send
from api.texts.models import OutgoingText
from api.texts.send import send_text
from channels import sms
from channels.rasa_client import RasaClient
from channels.sms import SendingInterrupted, TwilioTexts
from tests.api.backstage import PHONE, age, alerts, all_of
from tests.api.fake_rasa import FakeRasa, fake_rasa
from tests.api.texts.fault_matrix import FAULTS, Fault, Outcome, as_table
from tests.api.texts.test_arriving import PICTURE
from tests.api.texts.test_fates import EarlyTwilio
from tests.api.texts.test_holding import NIGHT
from tests.api.texts.test_keywords import open_case
from tests.api.texts.test_send import now, queued, send_and_crash
from tests.api.texts.twilio import StandIn, Webhooks, conversation_of, incoming
from tests.conftest import RASA_TOKEN, TWILIO_TOKEN


@dataclass
class World:
    """All that takes part in a fault."""

    runtime: Runtime
    webhooks: Webhooks
    twilio: StandIn
    rasa: FakeRasa
    client: RasaClient
    patch: pytest.MonkeyPatch
    # Twilio's ids of texts that the fault itself needed first.
    before: list[str] = field(default_factory=list)
    watched: OutgoingText | None = None

    async def text(self) -> OutgoingText:
        """The text that is to leave, of a conversation that has a case."""
        self.watched = await queued(self.runtime)
        await open_case(self.runtime)
        return self.watched

    async def send(self, *fates: str, provider: TwilioTexts | None = None) -> OutgoingText:
        """Send it as often as there are fates, as the queue does."""
        outgoing = self.watched or await self.text()
        for fate in fates or ("ok",):
            await self.twilio.script(*([] if fate == "ok" else [fate]))
            try:
                await send_text(self.runtime, provider or self.twilio.texts, outgoing.id)
            except SendingInterrupted:
                continue
        return await now(self.runtime, outgoing)

    def other_twilio(self, address: str) -> TwilioTexts:
        settings = self.runtime.settings
        return TwilioTexts(settings.twilio_account_sid, TWILIO_TOKEN, settings.twilio_from, address)

    async def told(self, *statuses: str, **fields: str) -> None:
        sid = (await self.send()).provider_sid
        for status in statuses:
            await self.webhooks.status(str(sid), status, **fields)

    async def answer(self) -> None:
        """The worker answers whatever waits."""
        for conversation in await all_of(self.runtime, Conversation):
            await answer_conversation(self.runtime, self.client, conversation.id)

    def change_rules(self, **figures: object) -> None:
        changed = policy(policy_version()).texts.model_copy(update=figures)
        self.patch.setattr(send, "_rules", lambda: changed)

    async def outcome(self) -> Outcome:
        async with self.runtime.database.session() as session:
            kept = await session.scalar(select(func.count()).where(Message.sender == Sender.VICTIM))
        stopped = [
            each for each in await all_of(self.runtime, Conversation) if each.texts_stopped_at
        ]
        raised = [reason for reason, _ in await alerts(self.runtime)]
        outgoing = await now(self.runtime, self.watched) if self.watched else None
        code = f" {outgoing.error_code}" if outgoing and outgoing.error_code else ""
        return Outcome(
            kept=kept or 0,
            asked=len(set(self.rasa.turn_ids)),
            taken=len([one for one in self.twilio.taken if one.sid not in self.before]),
            state=f"{outgoing.state.value}{code}" if outgoing else "-",
            tries=outgoing.attempts if outgoing else 0,
            waits_for=outgoing.held_for.value if outgoing and outgoing.held_for else "-",
            officer=", ".join((["stopped"] if stopped else []) + raised) or "-",
        )


Happening = Callable[[World], Awaitable[object]]


async def timeout(world: World) -> None:
    await world.text()
    world.twilio.app.state.twilio.held_seconds = 3.0
    world.patch.setattr(sms, "TIMEOUT_SECONDS", 1.0)
    await world.send("timeout", provider=world.other_twilio(world.twilio.address))
    await world.send()


async def lost_answer(world: World) -> None:
    await world.text()
    twilio = EarlyTwilio(world.runtime, world.twilio, world.webhooks)
    twilio.cut = True
    await world.send("ok", "ok", provider=twilio)


async def crash(world: World) -> None:
    await send_and_crash(world.runtime, world.twilio, await world.text())
    await world.send()


async def nobody_listens(world: World) -> None:
    await world.send(provider=world.other_twilio("http://127.0.0.1:9"))
    await world.send()


async def in_vain_for_half_an_hour(world: World) -> None:
    await world.send("500")
    await age(world.runtime, OutgoingText, timedelta(minutes=31), "handed_over_at")
    await world.send("500")


async def too_long(world: World) -> None:
    world.watched = await queued(world.runtime, "x" * 4000)
    await open_case(world.runtime)
    for outgoing in await all_of(world.runtime, OutgoingText):
        await send_text(world.runtime, world.twilio.texts, outgoing.id)


async def stopped_meanwhile(world: World) -> None:
    await world.text()
    async with world.runtime.database.session() as session:
        # As the number by which the STOP finds the conversation.
        number_hash = world.runtime.database.keyring.look_up_hash("phone", PHONE)
        await session.execute(update(Conversation).values(phone_hash=number_hash))
        await session.commit()
    await world.webhooks.text(sid="SM1", Body="STOP")
    await world.send()


async def unsafe_hour(world: World) -> None:
    await world.text()
    async with world.runtime.database.session() as session:
        await session.execute(
            update(Conversation).values(last_message_at=NIGHT - timedelta(hours=5))
        )
        await session.commit()
    world.patch.setattr(send, "utc_now", lambda: NIGHT)
    await world.send()


async def money_spent(world: World) -> None:
    await world.text()
    world.change_rules(pounds_per_day=Decimal(0))
    await world.send()


async def same_again(world: World) -> None:
    most = policy(policy_version()).texts.same_text_per_hour
    for _ in range(most):
        await send_text(world.runtime, world.twilio.texts, (await queued(world.runtime)).id)
    world.before = [one.sid for one in world.twilio.taken]
    assert len(world.before) == most
    await world.send()


async def early(world: World, *, lost: bool = False) -> None:
    await world.text()
    twilio = EarlyTwilio(world.runtime, world.twilio, world.webhooks, "delivered")
    twilio.cut = lost
    await world.send(*["ok"] * (2 if lost else 1), provider=twilio)


async def anothers_callback(world: World) -> None:
    await world.send()
    await world.webhooks.status("SM-of-another", "undelivered", ErrorCode="30003")


async def comes(world: World, *sids: str, at_once: bool = False) -> None:
    texts = [world.webhooks.text(sid=sid, Body=f"Helo, {sid}") for sid in sids]
    if at_once:
        await asyncio.gather(*texts)
    else:
        for each in texts:
            assert (await each).status_code == 200
    await world.answer()


async def replayed(world: World) -> None:
    await world.webhooks.text(sid="SM1")
    async with world.runtime.database.session() as session:
        await drop_drafts(session, [(await conversation_of(world.runtime)).id])
        await session.commit()
    await comes(world, "SM1")


async def reordered(world: World) -> None:
    await comes(world, "SM2")
    await comes(world, "SM1")


async def forged(world: World) -> None:
    answer = await world.webhooks.client.post(
        "/sms/inbound", data=incoming(), headers={"X-Twilio-Signature": "forged"}
    )
    assert answer.status_code == 403
    await world.answer()


async def no_words(world: World) -> None:
    await world.webhooks.text(Body="", **PICTURE)
    await world.answer()


async def assistant_away(world: World) -> None:
    world.rasa.script(503)
    await comes(world, "SM1")
    await world.answer()


HAPPENINGS: Final[dict[str, Happening]] = {
    "nothing": lambda world: world.send(),
    "timeout": timeout,
    "lost answer": lost_answer,
    "crash": crash,
    "nobody listens": nobody_listens,
    "429": lambda world: world.send("429", "429", "ok"),
    "500": lambda world: world.send("500", "500", "ok"),
    "500 for half an hour": in_vain_for_half_an_hour,
    "21610": lambda world: world.send("21610", "ok"),
    "21211": lambda world: world.send("21211", "ok"),
    "21614": lambda world: world.send("21614", "ok"),
    "30003": lambda world: world.told("sent", "undelivered", ErrorCode="30003"),
    "too long": too_long,
    "stopped meanwhile": stopped_meanwhile,
    "unsafe hour": unsafe_hour,
    "money spent": money_spent,
    "the same again and again": same_again,
    "duplicate callback": lambda world: world.told("delivered", "delivered", "delivered"),
    "reordered callbacks": lambda world: world.told("delivered", "sent"),
    "early callback": early,
    "early callback and lost answer": lambda world: early(world, lost=True),
    "callback of another's text": anothers_callback,
    "duplicate": lambda world: comes(world, "SM1", "SM1", "SM1"),
    "at once": lambda world: comes(world, *["SM1"] * 5, at_once=True),
    "replayed": replayed,
    "burst": lambda world: comes(world, "SM1", "SM2", "SM3", "SM4", "SM5", at_once=True),
    "reordered": reordered,
    "forged": forged,
    "no words": no_words,
    "assistant away": assistant_away,
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
async def test_each_fault_comes_out_as_the_table_says(
    fault: Fault,
    runtime: Runtime,
    webhooks: Webhooks,
    stand_in: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with fake_rasa() as rasa, RasaClient(rasa.address, RASA_TOKEN, 20) as client:
        world = World(runtime, webhooks, stand_in, rasa, client, monkeypatch)
        await HAPPENINGS[fault.name](world)
        assert await world.outcome() == fault.outcome


def test_the_table_has_a_line_for_every_happening_and_is_printed() -> None:
    assert [fault.name for fault in FAULTS] == list(HAPPENINGS)
    table = as_table()
    assert all(fault.happens in table for fault in FAULTS)
    assert all(len(fault.happens) < 90 for fault in FAULTS)
