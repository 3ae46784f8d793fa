"""Referral: by the choice and the policy, exactly what was seen, recalled when the choice changes."""

import html
import re
from typing import Any

import pytest

from api.cases.models import Consent, Decision, Referral, ReferralState
from api.cases.partner_sends import SEND_TO_PARTNER, PartnerUnreached, send_to_partner
from api.cases.plan import lock_case
from api.cases.referral import apply_choice
from api.cases.workspace_models import PartnerSend, ReferralEvent
from api.database import utc_now
from api.runtime import Runtime
from channels.email import MailInterrupted
from tests.api.backstage import jobs
from tests.api.cases.work import (
    about,
    case_of,
    change,
    clock,
    item,
    officer_id,
    rows_of,
)
from tests.api.staff_visitor import StaffDoor, Visitor, a_report, found

SEEN = re.compile(r'name="seen" value="([^"]*)"')
PREVIEW = re.compile(r'<dl[^>]*id="preview-data">(.*?)</dl>', re.DOTALL)
PHONE = "+447700900123"
TO_PHONE: dict[str, Any] = {
    "method": "phone",
    "phone": PHONE,
    "email": "not-chosen@example.test",
    "name": "Siân",
    "contact_hours": "morning",
    "voicemail": "no",
    "say_police": "no",
    "spoken_language": "cy",
}


def by(decision: str, wording: str = "2026-11-22/opt_in") -> dict[str, Any]:
    return {
        "decision": decision,
        "wording_version": wording,
        "language": "cy",
        "words": "fel y dywedais",
    }


async def receive(door: StaffDoor, **changes: Any) -> str:
    return await door.receive(**{"contact": TO_PHONE, "referral": by("refer"), **changes})


async def press_send(officer: Visitor, reference: str, partner: str = "goleudy") -> Any:
    """Look at the preview, and send it."""
    page = (await officer.get(f"/cases/{reference}/referral?partner={partner}")).text
    seen = SEEN.search(page)
    return await officer.send_form(
        f"/cases/{reference}",
        f"/cases/{reference}/referral",
        {"partner": partner, "seen": seen[1] if seen else ""},
    )


async def refer(door: StaffDoor, officer: Visitor, **changes: Any) -> str:
    """A case whose referral the partner's side has taken."""
    reference = await receive(door, **changes)
    assert (await press_send(officer, reference)).status_code == 303
    await deliver(door.runtime)
    return reference


async def deliver(runtime: Runtime) -> None:
    """Do what the worker would: send everything that waits."""
    for job in await jobs(runtime, SEND_TO_PARTNER):
        await send_to_partner(runtime, job["args"]["send_id"])


async def choose(door: StaffDoor, reference: str, decision: Decision) -> None:
    """The person changes their choice in the conversation."""
    async with door.runtime.database.session() as session:
        case = await lock_case(session, reference)
        await apply_choice(session, door.runtime, case, decision)
        await session.commit()


async def state(door: StaffDoor) -> ReferralState:
    [referral] = await rows_of(door, Referral)
    return referral.state


async def events(door: StaffDoor) -> list[str]:
    rows = sorted(await rows_of(door, ReferralEvent), key=lambda event: event.at)
    return [event.kind.value for event in rows]


async def sends(door: StaffDoor) -> list[tuple[str, str]]:
    rows = sorted(await rows_of(door, PartnerSend), key=lambda send: send.queued_at)
    return [(send.kind.value, send.state.value) for send in rows]


@pytest.fixture(autouse=True)
def no_mail_leaves(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A mail server that takes everything, and remembers it."""
    taken: list[Any] = []

    async def take(url: str, mail: Any) -> None:
        taken.append(mail)

    monkeypatch.setattr("api.cases.partner_sends.send_mail", take)
    return taken


class TestWhatIsSent:
    async def test_is_exactly_what_the_officer_saw_and_nothing_of_the_account(
        self, door: StaffDoor, officer: Visitor, no_mail_leaves: list[Any]
    ) -> None:
        reference = await receive(door)
        page = (await officer.get(f"/cases/{reference}/referral")).text
        preview = html.unescape(re.sub(r"<[^>]+>", "\n", found(PREVIEW, page)))
        assert (await press_send(officer, reference)).status_code == 303
        await deliver(door.runtime)
        [mail] = no_mail_leaves
        [send] = await rows_of(door, PartnerSend)
        assert send.payload == {
            "reference": reference,
            "role": "victim",
            "name": "Siân",
            "how": "phone",
            "phone": PHONE,
            "hours": "morning",
            "voicemail": "no",
            "say_police": "no",
            "spoken_language": "cy",
            "incident_types": ["verbal_abuse"],
            "risk": "high",
        }
        text = mail.get_content()
        for line in (reference, "Siân", PHONE, "Do not say so", "In the morning", "High risk"):
            assert line in preview, line
            assert line in text, line
        for private in ("Gwaeddodd", "Race", "race", "iaith arall", "not-chosen", "arhosfan"):
            assert private not in preview
            assert private not in text
        assert reference not in mail["Subject"]
        assert "Siân" not in mail["Subject"]

    async def test_goes_once_however_often_the_button_is_pressed(
        self, door: StaffDoor, officer: Visitor, no_mail_leaves: list[Any]
    ) -> None:
        reference = await receive(door)
        statuses = [(await press_send(officer, reference)).status_code for _ in range(2)]
        await deliver(door.runtime)
        await deliver(door.runtime)
        assert statuses == [303, 409]
        assert len(no_mail_leaves) == 1

    async def test_is_not_sent_when_the_case_has_changed_since_the_preview(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door)
        page = (await officer.get(f"/cases/{reference}/referral")).text
        await change(door, "update cases set grade = 'standard'")
        answer = await officer.send_form(
            f"/cases/{reference}",
            f"/cases/{reference}/referral",
            {"partner": "goleudy", "seen": found(SEEN, page)},
        )
        assert answer.status_code == 409
        assert "The case has changed." in answer.text
        assert await sends(door) == []

    async def test_about_somebody_who_did_not_agree_to_contact_there_is_nothing_to_send(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(
            door, route="on_behalf", reporter={"victim_knows": "no", "may_contact_victim": "no"}
        )
        page = (await officer.get(f"/cases/{reference}/referral")).text
        assert "Siân" not in found(PREVIEW, page)
        assert PHONE not in found(PREVIEW, page)
        assert "The partner could not get in touch" in page
        assert (await press_send(officer, reference)).status_code == 409
        assert await sends(door) == []


class TestTheChoice:
    @pytest.mark.parametrize(
        ("choice", "said"),
        [
            (by("declined"), "The person said no. Do not refer."),
            (by("ask_later"), "Ask the person first"),
            (by("not_asked"), "Ask the person first"),
        ],
    )
    async def test_without_a_yes_nothing_goes(
        self, door: StaffDoor, officer: Visitor, choice: dict[str, Any], said: str
    ) -> None:
        reference = await receive(door, referral=choice)
        assert said in (await officer.get(f"/cases/{reference}/referral")).text
        answer = await officer.send_form(
            f"/cases/{reference}", f"/cases/{reference}/referral", {"partner": "goleudy"}
        )
        assert answer.status_code == 409
        assert await sends(door) == []

    async def test_a_yes_to_normally_is_asked_again_where_the_policy_wants_a_free_choice(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(
            door,
            referral=by("refer", "2026-11-22/opt_out"),
            risk_answers={"someone_close": "yes"},
        )
        assert "as a free choice" in (await officer.get(f"/cases/{reference}/referral")).text
        assert (await press_send(officer, reference)).status_code == 409
        fine = await receive(door, referral=by("refer", "2026-11-22/opt_out"))
        assert (await press_send(officer, fine)).status_code == 303

    async def test_what_the_person_told_an_officer_is_evidence_beside_the_earlier_choice(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("ask_later"))
        page = f"/cases/{reference}/referral"
        answer = await officer.send_form(
            page,
            f"/cases/{reference}/choice",
            {"decision": "refer", "language": "cy", "words": "iawn, ar y ffôn"},
        )
        assert answer.status_code == 303
        consents = sorted(await rows_of(door, Consent), key=lambda one: one.recorded_at)
        assert [one.decision.value for one in consents] == ["ask_later", "refer"]
        assert consents[1].words == "iawn, ar y ffôn"
        assert consents[1].recorded_by == await officer_id(door, "megan")
        assert (await press_send(officer, reference)).status_code == 303

    async def test_a_choice_without_the_persons_words_is_not_recorded(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("ask_later"))
        page = f"/cases/{reference}/referral"
        fields = {"decision": "refer", "language": "cy", "words": " "}
        answer = await officer.send_form(page, f"/cases/{reference}/choice", fields)
        assert answer.status_code == 422
        assert len(await rows_of(door, Consent)) == 1

    async def test_a_no_is_a_decision_in_time(self, door: StaffDoor) -> None:
        await receive(door, referral=by("declined"))
        met = await clock(door, "support_referral")
        assert met is not None
        assert met.met_at is not None
        assert (await item(door, "support_referral")).state == "not_applicable"


class TestTheClocks:
    async def test_sending_meets_the_two_days_and_starts_the_partners(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door)
        running = await clock(door, "support_referral")
        assert running is not None
        assert running.met_at is None
        assert (await press_send(officer, reference)).status_code == 303
        queued = await clock(door, "support_referral")
        assert queued is not None
        assert queued.met_at is None, "not before the partner's side has it"
        await deliver(door.runtime)
        assert await state(door) == ReferralState.SENT
        met, answer = await clock(door, "support_referral"), await clock(door, "partner_answer")
        assert met is not None
        assert answer is not None
        assert about(met.met_at, 0)
        assert answer.met_at is None
        assert (await item(door, "support_referral")).state == "done"

    async def test_a_rejection_comes_back_to_the_officer_with_its_clock(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await refer(door, officer)
        page, path = f"/cases/{reference}/referral", f"/cases/{reference}/referral/answer"
        bare = await officer.send_form(page, path, {"answer": "rejected", "text": ""})
        assert bare.status_code == 422
        await officer.send_form(page, path, {"answer": "received", "text": "GOL-77"})
        await officer.send_form(page, path, {"answer": "rejected", "text": "Y tu allan i'r ardal"})
        assert await state(door) == ReferralState.REJECTED
        assert await events(door) == ["sent", "received", "rejected"]
        assert len(await door.audited("partner_answer_recorded")) == 2
        again, answer = await clock(door, "support_referral"), await clock(door, "partner_answer")
        assert again is not None
        assert answer is not None
        assert again.met_at is None
        assert answer.met_at is not None
        assert (await item(door, "support_referral")).state == "open"
        assert "Y tu allan i&#39;r ardal" in (await officer.get(page)).text
        assert (await press_send(officer, reference, "wales_hate_support")).status_code == 303

    async def test_an_acceptance_is_recorded_and_meets_the_partners_clock(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await refer(door, officer)
        page, path = f"/cases/{reference}/referral", f"/cases/{reference}/referral/answer"
        await officer.send_form(page, path, {"answer": "accepted", "text": ""})
        assert await state(door) == ReferralState.ACCEPTED
        answer = await clock(door, "partner_answer")
        assert answer is not None
        assert answer.met_at is not None

    async def test_no_answer_is_recorded_where_no_partner_has_it(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door)
        page, path = f"/cases/{reference}/referral", f"/cases/{reference}/referral/answer"
        answer = await officer.send_form(page, path, {"answer": "accepted", "text": ""})
        assert answer.status_code == 409


class TestRecall:
    @pytest.mark.parametrize("decision", [Decision.DECLINED, Decision.ASK_LATER])
    async def test_a_changed_choice_tells_the_partner_to_delete(
        self,
        door: StaffDoor,
        officer: Visitor,
        no_mail_leaves: list[Any],
        decision: Decision,
    ) -> None:
        reference = await refer(door, officer)
        await choose(door, reference, decision)
        assert await state(door) == ReferralState.RECALLED
        await deliver(door.runtime)
        assert await sends(door) == [("referral", "accepted"), ("recall", "accepted")]
        assert await events(door) == ["sent", "recalled", "recall_sent"]
        text = no_mail_leaves[-1].get_content()
        assert reference in text
        assert "delete the details" in text
        assert "Siân" not in text

    async def test_what_has_not_left_yet_never_leaves(
        self, door: StaffDoor, officer: Visitor, no_mail_leaves: list[Any]
    ) -> None:
        reference = await receive(door)
        await press_send(officer, reference)
        await choose(door, reference, Decision.DECLINED)
        await deliver(door.runtime)
        assert no_mail_leaves == []
        assert await sends(door) == [("referral", "cancelled")]
        assert await state(door) == ReferralState.NOT_WANTED

    async def test_a_choice_that_changes_during_the_call_is_recalled_after_it(
        self, door: StaffDoor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = await receive(door)
        await press_send(officer, reference)
        taken: list[str] = []

        async def change_meanwhile(url: str, mail: Any) -> None:
            if not taken:
                await choose(door, reference, Decision.DECLINED)
            taken.append(mail["Subject"])

        monkeypatch.setattr("api.cases.partner_sends.send_mail", change_meanwhile)
        await deliver(door.runtime)
        assert await state(door) == ReferralState.RECALLED
        await deliver(door.runtime)
        assert taken == ["Referral from Dyfed-Powys Police", "A referral is recalled"]

    async def test_a_referral_that_failed_once_is_not_tried_after_a_no(
        self, door: StaffDoor, officer: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = await receive(door)
        await press_send(officer, reference)
        subjects: list[str] = []

        async def refuse_once(url: str, mail: Any) -> None:
            subjects.append(mail["Subject"])
            if len(subjects) == 1:
                raise MailInterrupted

        monkeypatch.setattr("api.cases.partner_sends.send_mail", refuse_once)
        with pytest.raises(PartnerUnreached):
            await deliver(door.runtime)
        await choose(door, reference, Decision.DECLINED)
        await deliver(door.runtime)
        # The server may have taken the first one for all we know: so it is recalled, and not tried again.
        assert subjects[1:] == ["A referral is recalled"]

    async def test_a_new_yes_starts_the_clock_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await refer(door, officer)
        await choose(door, reference, Decision.DECLINED)
        await choose(door, reference, Decision.REFER)
        assert await state(door) == ReferralState.DUE
        again = await clock(door, "support_referral")
        assert again is not None
        assert again.met_at is None
        assert (await item(door, "support_referral")).state == "open"


class TestAskLater:
    async def runs(self, door: StaffDoor) -> None:
        """Somebody has to ask, by a clock, before the case can be closed."""
        running, to_do = await clock(door, "support_referral"), await item(door, "support_referral")
        [referral] = await rows_of(door, Referral)
        assert running is not None
        assert running.met_at is None
        assert to_do.state == "open"
        assert running.due_at == to_do.due_at == referral.due_at
        assert running.due_at > utc_now()

    async def test_after_a_no_runs_the_clock_to_the_officer_who_must_ask(
        self, door: StaffDoor
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        await choose(door, reference, Decision.ASK_LATER)
        assert await state(door) == ReferralState.TO_ASK
        await self.runs(door)

    async def test_after_a_referral_that_was_sent_runs_the_clock_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await refer(door, officer)
        await choose(door, reference, Decision.ASK_LATER)
        assert await state(door) == ReferralState.RECALLED
        await self.runs(door)

    async def test_after_a_recall_by_a_no_runs_the_clock_again(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await refer(door, officer)
        await choose(door, reference, Decision.DECLINED)
        await choose(door, reference, Decision.ASK_LATER)
        await self.runs(door)

    @pytest.mark.parametrize("chosen", ["refer", "ask_later"])
    async def test_does_not_put_off_a_clock_that_runs(self, door: StaffDoor, chosen: str) -> None:
        reference = await receive(door, referral=by(chosen))
        before = await clock(door, "support_referral")
        await choose(door, reference, Decision.ASK_LATER)
        after = await clock(door, "support_referral")
        assert before is not None
        assert after is not None
        assert (after.due_at, after.met_at) == (before.due_at, None)
        await self.runs(door)


async def test_every_step_of_a_referral_is_in_the_audit_log(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await refer(door, officer)
    assert [entry.subject for entry in await door.audited("referral_sent")] == [reference]
    assert (await case_of(door, reference)).reference == reference


async def test_the_web_chat_gives_a_partner_no_way_to_reach_somebody(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await receive(door, contact=a_report()["contact"])
    assert (
        "The partner could not get in touch"
        in (await officer.get(f"/cases/{reference}/referral")).text
    )
