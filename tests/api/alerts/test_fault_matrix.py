"""The fault matrix of the escalation: whatever breaks, no step is lost and none is taken twice.

A worker is killed by an error that nothing catches, before or after each of its commits and calls. Whoever comes after
finds the rows and the jobs as the dead one left them. The table at the end says what became of each case.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts import send as sending
from api.alerts.escalation import escalate_due
from api.alerts.models import AlertSend, SendState, StepState
from api.cases.acknowledgement import take_in_hand
from api.database import utc_now
from api.runtime import Runtime
from api.upkeep import STUCK_AFTER, requeue_stuck
from channels.email import send_mail
from channels.sms import TwilioTexts
from channels.webhook import post_signed
from tests.api.alerts.scene import Scene, a_scene
from tests.api.backstage import add_officer

# Where a worker may die: the function that commits or calls, and for which means (the first time that it does).
COMMITS = ("escalate", "_begin", "note_fate")
CALLS = ("mail", "text", "webhook")
KILLS = [(point, moment) for point in (*COMMITS, *CALLS) for moment in ("before", "after")]
OUTCOMES: list[tuple[str, str, str]] = []


class Killed(BaseException):
    """The worker is gone, as after SIGKILL: no handler of ours runs."""


class Killer:
    """Raises at one point, once."""

    def __init__(self, patch: pytest.MonkeyPatch, point: str, moment: str) -> None:
        self.point, self.moment, self.armed, self.killed = point, moment, False, False
        commit = AsyncSession.commit

        async def committing(session: AsyncSession) -> None:
            caller = sys._getframe(1).f_code.co_name
            await self.around(caller, lambda: commit(session))

        patch.setattr(AsyncSession, "commit", committing)
        give_text = TwilioTexts.send

        async def mailing(*given: Any) -> None:
            await self.around("mail", lambda: send_mail(*given))

        async def posting(*given: Any) -> None:
            await self.around("webhook", lambda: post_signed(*given))

        def texting(provider: TwilioTexts, *given: str) -> str:
            self._die("text", "before")
            sid = give_text(provider, *given)
            self._die("text", "after")
            return sid

        patch.setattr(sending, "send_mail", mailing)
        patch.setattr(sending, "post_signed", posting)
        patch.setattr(TwilioTexts, "send", texting)

    async def around(self, point: str, act: Callable[[], Awaitable[None]]) -> None:
        self._die(point, "before")
        await act()
        self._die(point, "after")

    def _die(self, point: str, moment: str) -> None:
        if self.armed and not self.killed and (point, moment) == (self.point, self.moment):
            self.killed = True
            raise Killed


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        reporter.write_line("")
        for row in sorted(OUTCOMES):
            reporter.write_line(f"  {row[0]:34} {row[1]:40} {row[2]}")


@pytest.fixture
async def staffed(runtime: Runtime) -> AsyncIterator[Scene]:
    async with a_scene(runtime) as scene:
        runtime.settings.alert_webhook_url = scene.system.address
        await scene.staff()
        yield scene


async def until_the_control_room(scene: Scene) -> None:
    """Nobody acknowledges; each step's time comes."""
    await scene.work()
    for minutes in (3, 2, 3, 4):
        await scene.minutes_pass(minutes)


async def restarted(scene: Scene) -> None:
    """Another worker comes, sweeps, and does what is left."""
    await escalate_due(scene.runtime)
    await scene.work()


def once_each(scene: Scene) -> dict[str, list[str]]:
    """What arrived; a mail or a delivery that came twice under one id is one for whoever receives it."""
    mails = {str(mail["Message-ID"]): str(mail["To"]) for mail in scene.mail.accepted}
    return {
        "mails": sorted(to.partition("@")[0] for to in mails.values()),
        "texts": sorted(scene.texted()),
        "webhook": sorted({str(each["delivery"]) for each in scene.system.taken}),
    }


def repeats(scene: Scene) -> str:
    mails = len(scene.mail.accepted) - len(
        {str(mail["Message-ID"]) for mail in scene.mail.accepted}
    )
    posts = len(scene.system.taken) - len({each["delivery"] for each in scene.system.taken})
    return (
        f"{mails} mail, {posts} webhook again with the same id" if mails or posts else "none again"
    )


@pytest.mark.parametrize(("point", "moment"), KILLS)
async def test_killed_anywhere_no_step_is_lost_and_none_is_taken_twice(
    staffed: Scene, monkeypatch: pytest.MonkeyPatch, point: str, moment: str
) -> None:
    await staffed.report()
    with monkeypatch.context() as patch:
        killer = Killer(patch, point, moment)
        killer.armed = True
        with pytest.raises(Killed):
            await until_the_control_room(staffed)
        assert killer.killed
    # The next one begins at the beginning of its day; what the dead one did stays done.
    await restarted(staffed)
    while (await staffed.steps())[-1].repeats is False:
        await staffed.minutes_pass(12)
    arrived = once_each(staffed)
    assert arrived["mails"] == ["caryl", "control", "megan", "tomos"]
    assert arrived["texts"] == ["caryl", "megan", "megan", "tomos"], "a text is never repeated"
    assert len(arrived["webhook"]) == 1
    steps = await staffed.steps()
    assert [step.state for step in steps] == [StepState.DONE] * 6 + [StepState.PLANNED]
    sends = await staffed.sends()
    assert len({(send.step_id, send.means, send.recipient) for send in sends}) == len(sends) == 9
    assert {send.state for send in sends} == {SendState.ACCEPTED}
    OUTCOMES.append((f"killed {moment} {point}", "6 steps done, each once", repeats(staffed)))


async def test_a_message_whose_job_was_lost_is_queued_again(staffed: Scene) -> None:
    await staffed.report()
    async with staffed.runtime.database.engine.begin() as connection:
        await connection.execute(text("delete from procrastinate_jobs"))
        old = utc_now() - STUCK_AFTER * 2
        await connection.execute(update(AlertSend).values(queued_at=old))
    await requeue_stuck(staffed.runtime, 10)
    await staffed.work()
    assert (staffed.mails(), staffed.texted(), len(staffed.system.taken)) == (
        ["megan"],
        ["megan"],
        1,
    )
    OUTCOMES.append(("jobs of the first step lost", "swept, sent once", "none again"))


async def test_smtp_away(staffed: Scene) -> None:
    staffed.mail.refuse(*["421 closing"] * 4)
    await staffed.report()
    await until_the_control_room(staffed)
    assert staffed.texted() == ["megan", "megan", "tomos", "caryl"]
    assert staffed.mails() == []
    assert (await staffed.states())[:6] == ["done"] * 5 + ["failed"]
    await staffed.try_again()
    assert sorted(staffed.mails()) == ["caryl", "control", "megan", "tomos"]
    assert (await staffed.states())[:6] == ["done"] * 6
    OUTCOMES.append(("SMTP away", "texts carried it; mails when it is back", "none again"))


async def test_twilio_500(staffed: Scene) -> None:
    staffed.script_twilio(*["500"] * 4)
    await staffed.report()
    await until_the_control_room(staffed)
    assert staffed.mails() == ["megan", "tomos", "caryl", "control"]
    assert [send.last_error for send in await staffed.sends() if send.means == "sms"] == [
        "SendingInterrupted"
    ] * 4
    await staffed.try_again()
    assert staffed.texted() == ["megan", "megan", "tomos", "caryl"]
    OUTCOMES.append(("Twilio 500", "step of texts alone moved on at once", "none again"))


async def test_both_away(staffed: Scene) -> None:
    staffed.mail.refuse(*["421 closing"] * 9)
    staffed.script_twilio(*["500"] * 9)
    staffed.system.answers = [500]
    await staffed.report()
    await staffed.work()
    assert (await staffed.states())[:6] == ["failed"] * 6
    [planned] = [step for step in await staffed.steps() if step.state == StepState.PLANNED]
    assert planned.repeats
    await staffed.try_again()
    assert len(once_each(staffed)["webhook"]) == 1
    OUTCOMES.append(("everything away", "whole chain at once, then repeated", "none again"))


async def test_a_refusal(staffed: Scene) -> None:
    staffed.script_twilio("21610")
    staffed.system.answers = [410]
    await staffed.report()
    await staffed.work()
    failed = {send.last_error for send in await staffed.sends() if send.state == SendState.FAILED}
    assert failed == {"twilio_21610", "http_410"}
    await staffed.try_again()
    assert (staffed.mails(), staffed.system.taken) == (["megan"], [])
    OUTCOMES.append(("text and webhook refused", "visible, never tried again", "none again"))


async def test_nobody_on_the_rota(runtime: Runtime) -> None:
    async with a_scene(runtime) as scene:
        await add_officer(runtime, "elin", on_duty=False)
        await scene.report()
        await scene.work()
        assert scene.mails() == ["elin"]
    OUTCOMES.append(("nobody on rota or duty", "everybody who works on cases", "none again"))


async def test_nobody_at_all(runtime: Runtime) -> None:
    async with a_scene(runtime) as scene:
        await scene.report()
        await scene.work()
        assert scene.mails() == ["control"], "nobody is left but the control room, at once"
        await add_officer(runtime, "elin")
        await scene.minutes_pass(10)
        assert scene.mails() == ["control", "control"]
    OUTCOMES.append(("no officer exists", "control room at once, repeated", "none again"))


async def test_an_officer_disabled_midway(staffed: Scene) -> None:
    await staffed.report()
    async with staffed.runtime.database.session() as session:
        megan = await session.merge(staffed.officers["megan"])
        megan.disabled_at = utc_now()
        await session.commit()
    await until_the_control_room(staffed)
    assert "megan" not in (*staffed.mails(), *staffed.texted())
    assert "tomos" in (*staffed.mails(), *staffed.texted())
    OUTCOMES.append(("officer disabled midway", "the next one, at once", "none again"))


@pytest.mark.parametrize("after", ["raising", "the first step", "the supervisor"])
async def test_acknowledged_meanwhile(staffed: Scene, after: str) -> None:
    alert_id = await staffed.report()
    if after != "raising":
        await staffed.work()
    if after == "the supervisor":
        await staffed.minutes_pass(8)
    before = (list(staffed.mails()), list(staffed.texted()), len(staffed.system.taken))
    async with staffed.runtime.database.session() as session:
        await take_in_hand(session, alert_id, staffed.officers["tomos"])
        await session.commit()
    await until_the_control_room(staffed)
    assert (staffed.mails(), staffed.texted(), len(staffed.system.taken)) == before
    assert not {StepState.PLANNED, StepState.STARTED} & {
        each.state for each in await staffed.steps()
    }
    OUTCOMES.append((f"acknowledged after {after}", "nothing more goes out", "none again"))


async def test_acknowledged_while_a_call_is_made(
    staffed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert_id = await staffed.report()

    async def mail_while_somebody_acknowledges(*given: Any) -> None:
        async with staffed.runtime.database.session() as session:
            await take_in_hand(session, alert_id, staffed.officers["tomos"])
            await session.commit()
        await send_mail(*given)

    monkeypatch.setattr(sending, "send_mail", mail_while_somebody_acknowledges)
    await until_the_control_room(staffed)
    assert staffed.mails() == ["megan"]
    [mailed] = [
        send
        for send in await staffed.sends()
        if send.state == SendState.ACCEPTED and send.means == "email"
    ]
    assert mailed.accepted_at is not None
    OUTCOMES.append(("acknowledged during a call", "the one message, noted; no more", "none again"))
