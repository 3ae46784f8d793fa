"""An alert that nobody acknowledges goes on: again, by another means, to others, up to the control room."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from api.alerts.models import AlertSend, AlertStep, SendState
from api.cases.acknowledgement import take_in_hand
from api.cases.models import Grade
from api.database import utc_now
from api.rota.models import Reach, RotaAbsence, RotaShift
from channels.sms import segments
from tests.api.alerts.scene import Scene
from tests.api.backstage import add_officer, all_of, forget_jobs, jobs


async def acknowledge(scene: Scene, name: str = "megan") -> None:
    [alert_id] = {send.alert_id for send in await all_of(scene.runtime, AlertSend)}
    async with scene.runtime.database.session() as session:
        await take_in_hand(session, alert_id, scene.officers[name])
        await session.commit()


class TestTheChain:
    async def test_of_a_high_risk_goes_to_the_first_the_next_the_supervisor_and_the_control_room(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        await scene.report()
        await scene.work()
        assert (scene.mails(), scene.texted()) == (["megan"], ["megan"])
        await scene.minutes_pass(3)
        assert (scene.mails(), scene.texted()) == (["megan"], ["megan"] * 2)
        await scene.minutes_pass(2)
        assert (scene.mails()[1:], scene.texted()[2:]) == (["tomos"], ["tomos"])
        await scene.minutes_pass(3)
        assert (scene.mails()[2:], scene.texted()[3:]) == (["caryl"], ["caryl"])
        await scene.minutes_pass(4)
        assert scene.mails()[3:] == ["control"]
        assert await scene.states() == ["done"] * 5 + ["planned"]

    async def test_is_repeated_without_end_until_somebody_acknowledges(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report()
        await scene.work()
        await scene.minutes_pass(12)
        for _ in range(3):
            await scene.minutes_pass(10)
        assert scene.mails().count("control") == 4
        await acknowledge(scene)
        await scene.minutes_pass(60)
        assert scene.mails().count("control") == 4

    async def test_waits_longer_for_a_lower_risk(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report(Grade.STANDARD)
        await scene.work()
        await scene.minutes_pass(44)
        assert (scene.mails(), scene.texted()) == (["megan"], [])
        await scene.minutes_pass(1)
        assert (scene.mails(), scene.texted()) == (["megan"], ["megan"])

    async def test_asks_whoever_speaks_welsh_first_for_a_welsh_case(self, scene: Scene) -> None:
        await scene.staff()
        async with scene.runtime.database.session() as session:
            reach = await session.get_one(Reach, scene.officers["tomos"].id)
            reach.speaks_welsh = True
            await session.commit()
        await scene.report()
        await scene.work()
        assert scene.mails() == ["tomos"]
        [step, *_] = await scene.steps()
        assert "welsh_first" in step.why

    async def test_passes_over_whoever_is_away(self, scene: Scene) -> None:
        await scene.staff()
        async with scene.runtime.database.session() as session:
            session.add(
                RotaAbsence(
                    officer_id=scene.officers["megan"].id,
                    begins_at=utc_now() - timedelta(hours=1),
                    ends_at=utc_now() + timedelta(hours=1),
                )
            )
            await session.commit()
        await scene.report()
        await scene.work()
        assert scene.mails() == ["tomos"]

    async def test_without_a_rota_goes_to_everybody_on_duty_at_once(self, scene: Scene) -> None:
        for name in ("megan", "tomos"):
            await add_officer(scene.runtime, name)
        await add_officer(scene.runtime, "off", on_duty=False)
        await scene.report()
        await scene.work()
        assert sorted(scene.mails()) == ["megan", "tomos"]
        assert (await scene.steps())[0].why == ["rota_silent", "no_number"]

    async def test_without_a_control_room_goes_to_everybody_who_works_on_cases(
        self, scene: Scene
    ) -> None:
        scene.runtime.settings.control_room_email = ""
        await scene.staff()
        await scene.report()
        await scene.work()
        await scene.minutes_pass(12)
        assert sorted(scene.mails()[-3:]) == ["caryl", "megan", "tomos"]

    async def test_a_step_that_was_missed_for_an_hour_is_taken_once(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report()
        await forget_jobs(scene.runtime)
        await scene.minutes_pass(60)
        await scene.minutes_pass(0)
        assert scene.texted() == ["megan", "tomos", "caryl"]

    async def test_goes_to_the_area_in_which_the_place_of_the_report_lies(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        async with scene.runtime.database.session() as session:
            areas = {"megan": "powys", "tomos": "ceredigion", "caryl": "pembrokeshire"}
            for shift in await session.scalars(select(RotaShift)):
                name = next(
                    each for each, one in scene.officers.items() if one.id == shift.officer_id
                )
                shift.area = areas[name]
            await session.commit()
        await scene.report(place="Aberteifi / Cardigan")
        await scene.work()
        assert scene.mails() == ["tomos"]

    async def test_of_a_case_from_before_there_were_steps_begins_now(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report()
        async with scene.runtime.database.session() as session:
            await session.execute(delete(AlertSend))
            await session.execute(delete(AlertStep))
            await session.commit()
        await forget_jobs(scene.runtime)
        for _ in range(2):
            await scene.minutes_pass(0)
        assert (scene.mails(), scene.texted()) == (["megan"], ["megan"])
        assert await scene.states() == ["done", *["planned"] * 4]


class TestAcknowledging:
    async def test_drops_every_later_step_and_every_message_that_has_not_gone(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        await scene.report()
        await acknowledge(scene)
        await scene.work()
        await scene.minutes_pass(60)
        assert (scene.mails(), scene.texted()) == ([], [])
        assert await scene.states() == ["dropped"] * 5
        assert {send.state for send in await scene.sends()} == {SendState.DROPPED}

    async def test_leaves_on_record_what_had_gone(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report()
        await scene.work()
        await acknowledge(scene)
        assert await scene.states() == ["done", *["dropped"] * 4]


class TestAFailedMessage:
    async def test_moves_the_chain_on_at_once_when_nobody_was_reached(self, scene: Scene) -> None:
        await scene.staff()
        scene.mail.refuse("552 mailbox full")
        await scene.report(Grade.MEDIUM)
        await scene.work()
        assert scene.mails() == []
        assert scene.texted() == ["megan"], "the text of ten minutes later comes now"
        assert (await scene.states())[:3] == ["failed", "done", "planned"]
        [failed] = [send for send in await scene.sends() if send.means == "email"]
        assert (failed.state, failed.last_error) == (SendState.QUEUED, "SMTPDataError")

    async def test_counts_as_done_when_trying_again_succeeds(self, scene: Scene) -> None:
        await scene.staff()
        scene.mail.refuse("451 try later")
        await scene.report(Grade.MEDIUM)
        await scene.work()
        await scene.try_again()
        assert scene.mails() == ["megan"]
        assert (await scene.states())[:3] == ["done", "done", "planned"]

    async def test_does_not_move_it_on_while_another_means_reached_the_officer(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        scene.mail.refuse("552 mailbox full")
        await scene.report()
        await scene.work()
        assert (scene.mails(), scene.texted()) == ([], ["megan"])
        assert (await scene.states())[:2] == ["done", "planned"]

    async def test_a_refused_text_is_tried_no_more_and_moves_it_on(self, scene: Scene) -> None:
        await scene.staff()
        await scene.report(Grade.MEDIUM)
        await scene.work()
        scene.script_twilio("21610")
        await scene.minutes_pass(10)
        [text] = [send for send in await scene.sends() if send.last_error]
        assert (text.state, text.last_error) == (SendState.FAILED, "twilio_21610")
        assert scene.mails() == ["megan", "tomos"]

    async def test_everything_away_ends_in_repetitions_that_keep_their_time(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        scene.mail.refuse(*["451 try later"] * 50)
        scene.script_twilio(*["500"] * 50)
        await scene.report()
        await scene.work()
        assert await scene.states() == ["failed"] * 5 + ["planned"]
        await scene.work()
        assert len(await scene.steps()) == 6

    async def test_an_officer_disabled_midway_gets_nothing_and_the_next_one_does(
        self, scene: Scene
    ) -> None:
        await scene.staff()
        await scene.report()
        async with scene.runtime.database.session() as session:
            megan = await session.merge(scene.officers["megan"])
            megan.disabled_at = utc_now()
            await session.commit()
        await scene.work()
        assert (scene.mails(), scene.texted()) == ([], ["tomos"])
        assert {send.last_error for send in await scene.sends() if send.last_error} == {
            "officer_disabled"
        }


async def test_a_job_for_each_time_waits_and_a_lost_one_is_made_good(scene: Scene) -> None:
    await scene.staff()
    await scene.report()
    assert len(await jobs(scene.runtime, "escalate")) == 4
    await forget_jobs(scene.runtime)
    await scene.minutes_pass(3)
    assert scene.texted() == ["megan"]


@pytest.mark.parametrize("language", ["cy", "en"])
async def test_a_text_says_reference_urgency_language_and_code_in_one_segment(
    scene: Scene, language: str
) -> None:
    await scene.officer("megan")
    async with scene.runtime.database.session() as session:
        megan = await session.merge(scene.officers["megan"])
        megan.language = language
        await session.commit()
    await scene.report()
    await scene.work()
    [text] = scene.sent_texts("megan")
    [send] = [send for send in await scene.sends() if send.means == "sms"]
    assert send.code is not None
    said = {
        "cy": ["Brys: uchel", "Iaith: Cymraeg", f"cod {send.code}"],
        "en": ["Urgency: high", "Language: Welsh", f"code {send.code}"],
    }[language]
    assert all(words in text.body for words in said), text.body
    assert "LL-" in text.body
    assert segments(text.body) == 1
    assert "Siân" not in text.body
