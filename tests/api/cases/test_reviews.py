"""Supervision: what waits, signing off, sending back, and the four findings in figures by language."""

import re
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from api.cases.workspace_models import Review
from api.officers.models import Role
from tests.api.backstage import acknowledge_all
from tests.api.cases.test_risk_history import grade_as
from tests.api.cases.work import about, change, clock, item, officer_id, rows_of, supervisor
from tests.api.staff_visitor import StaffDoor, Visitor


async def review(who: Visitor, reference: str, verdict: str, note: str = "Da iawn") -> Any:
    page = f"/cases/{reference}/review"
    return await who.send_form("/queue", page, {"verdict": verdict, "note": note})


async def answer(who: Visitor, reference: str, note: str = "Wedi'i wneud") -> Any:
    return await who.send_form("/queue", f"/cases/{reference}/review/answer", {"note": note})


async def waiting(who: Visitor) -> list[str]:
    page = (await who.get("/reviews")).text
    return re.findall(r'href="/cases/([^/"]+)/review"', page)


async def kinds(door: StaffDoor) -> list[str]:
    rows = sorted(await rows_of(door, Review), key=lambda one: one.at)
    return [one.kind.value for one in rows]


async def test_what_is_due_first_waits_first_and_leaves_when_it_is_signed_off(
    door: StaffDoor,
) -> None:
    first, second = await door.receive(), await door.receive()
    await change(
        door,
        "update deadlines set due_at = now() - interval '1 hour' where code = 'supervisor_review'"
        " and case_id = (select id from cases where reference = :second)",
        second=second,
    )
    async with supervisor(door) as sioned:
        assert await waiting(sioned) == [second, first]
        assert (await sioned.get("/reviews")).text.count("Overdue") == 1
        assert (await review(sioned, second, "signed_off")).status_code == 303
        assert await waiting(sioned) == [first, second]
        await change(door, "update cases set status = 'closed'")
        assert await waiting(sioned) == []
    assert len(await door.audited("reviews_opened")) == 4


async def test_signing_off_keeps_the_note_and_when_it_was_due_and_starts_the_next(
    door: StaffDoor,
) -> None:
    reference = await door.receive()
    due = await clock(door, "supervisor_review")
    assert due is not None
    async with supervisor(door) as sioned:
        await review(sioned, reference, "signed_off", "Popeth yn ei le")
        [kept] = await rows_of(door, Review)
        assert (kept.note, kept.due_at) == ("Popeth yn ei le", due.due_at)
        assert kept.officer_id == await officer_id(door, "sioned")
        following = await clock(door, "supervisor_review")
        assert following is not None
        # High risk: again in a week.
        assert about(following.due_at, 7 * 24)
        assert following.met_at is None
        assert "Popeth yn ei le" in (await sioned.get(f"/cases/{reference}")).text
    assert (await item(door, "supervisor_review")).state == "done"
    assert [entry.subject for entry in await door.audited("case_signed_off")] == [reference]


async def test_what_is_sent_back_waits_for_the_officer_and_then_for_the_supervisor(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    async with supervisor(door) as sioned:
        await review(sioned, reference, "sent_back", "Ble mae'r cynllun diogelwch?")
        assert await waiting(sioned) == []
        asked = await clock(door, "answer_review")
        assert asked is not None
        assert asked.met_at is None
        page = (await officer.get(f"/cases/{reference}/review")).text
        assert "Ble mae&#39;r cynllun diogelwch?" in page
        assert "The supervisor has sent the case back" in page
        assert (await answer(officer, reference, " ")).status_code == 422
        assert (await answer(officer, reference)).status_code == 303
        assert (await answer(officer, reference)).status_code == 409
        assert await waiting(sioned) == [reference]
        await review(sioned, reference, "signed_off")
    assert await kinds(door) == ["sent_back", "answered", "signed_off"]
    assert len(await door.audited("review_answered")) == 1
    with pytest.raises(DBAPIError, match="never changed"):
        await change(door, "update reviews set kind = 'signed_off'")


@pytest.mark.parametrize(("verdict", "note"), [("signed_off", ""), ("sent_back", " "), ("", "Da")])
async def test_a_review_needs_a_verdict_and_a_note(
    door: StaffDoor, verdict: str, note: str
) -> None:
    reference = await door.receive()
    async with supervisor(door) as sioned:
        assert (await review(sioned, reference, verdict, note)).status_code == 422
    assert await kinds(door) == []


async def test_nobody_reviews_a_case_of_their_own_and_no_officer_reviews_at_all(
    door: StaffDoor, officer: Visitor
) -> None:
    reference = await door.receive()
    async with supervisor(door) as sioned:
        own = {"owner": str(await officer_id(door, "sioned"))}
        await sioned.send_form(f"/cases/{reference}", f"/cases/{reference}/owner", own)
        assert (await review(sioned, reference, "signed_off")).status_code == 403
        assert "This is your own case." in (await sioned.get(f"/cases/{reference}/review")).text
    assert (await review(officer, reference, "signed_off")).status_code == 403
    assert await kinds(door) == []


@pytest.mark.parametrize("path", ["/reviews", "/weaknesses"])
@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
async def test_supervision_opens_for_supervisors_only(
    door: StaffDoor, path: str, role: Role
) -> None:
    await door.add_officer("ifor", role, language="en")
    async with door.visitor("ifor") as visitor:
        assert (await visitor.get(path)).status_code == 403
        await visitor.get("/account")
        assert path not in (await visitor.get("/account")).text


class TestTheFourWeaknesses:
    async def figures(self, who: Visitor, finding: str, days: int = 90) -> dict[str, list[str]]:
        """The cells of a finding by language: cases, on time, late, overdue, not due, share, median."""
        page = (await who.get(f"/weaknesses?days={days}")).text
        return {
            language: re.findall(
                r"<td[^>]*>([^<]*)</td>",
                re.findall(rf'id="{finding}-{language}">(.*?)</tr>', page, re.DOTALL)[0],
            )
            for language in ("cy", "en")
        }

    async def test_each_is_counted_and_timed_by_language(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        welsh = [await door.receive() for _ in range(2)]
        english = await door.receive(language="en")
        await change(
            door,
            "update cases set submitted_at = submitted_at - interval '10 hours'"
            " where language = 'cy'",
        )
        await grade_as(officer, welsh[0], "high", "Wedi siarad")
        await grade_as(officer, english, "high", "Spoken to")
        await change(
            door,
            "update planned_actions set due_at = now() - interval '1 hour'"
            " where code = 'confirm_risk' and case_id in"
            " (select id from cases where reference = :late or reference = :waiting)",
            late=english,
            waiting=welsh[1],
        )
        async with supervisor(door) as sioned:
            vulnerability = await self.figures(sioned, "vulnerability")
            assert vulnerability["cy"] == ["2", "1", "0", "1", "0", "50%", "10.0"]
            assert vulnerability["en"] == ["1", "0", "1", "0", "0", "0%", "0.0"]
            assert await self.figures(sioned, "referral") == {
                "cy": ["2", "0", "0", "0", "2", "–", "–"],
                "en": ["1", "0", "0", "0", "1", "–", "–"],
            }

    async def test_contact_referral_and_supervision_count_what_met_their_clocks(
        self, door: StaffDoor
    ) -> None:
        reference = await door.receive()
        await door.receive(referral={**DECLINED}, language="en")
        await change(door, "update deadlines set met_at = now() where code = 'first_contact'")
        async with supervisor(door) as sioned:
            await review(sioned, reference, "sent_back", "Ble mae'r cynllun?")
            assert (await self.figures(sioned, "contact"))["cy"][:3] == ["1", "1", "0"]
            assert (await self.figures(sioned, "supervision"))["cy"][:3] == ["1", "1", "0"]
            assert (await self.figures(sioned, "supervision"))["en"][:5] == [
                *("1", "0", "0", "0", "1")
            ]
            assert (await self.figures(sioned, "referral"))["en"][:2] == ["1", "1"]

    async def test_a_plan_is_complete_when_its_last_mandatory_item_is(
        self, door: StaffDoor
    ) -> None:
        await door.receive()
        done = "update planned_actions set state = 'done', done_at = now()"
        await change(door, f"{done} where mandatory and code <> 'triage'")
        async with supervisor(door) as sioned:
            assert (await self.figures(sioned, "plan"))["cy"][:5] == ["1", "0", "0", "0", "1"]
            await change(door, f"{done} where code = 'triage'")
            assert (await self.figures(sioned, "plan"))["cy"][:5] == ["1", "1", "0", "0", "0"]

    async def test_what_was_reported_before_the_period_is_not_counted(
        self, door: StaffDoor
    ) -> None:
        await door.receive()
        await acknowledge_all(door.runtime)
        await change(door, "update cases set submitted_at = now() - interval '60 days'")
        async with supervisor(door) as sioned:
            assert (await self.figures(sioned, "contact", 30))["cy"][0] == "0"
            assert (await self.figures(sioned, "contact", 90))["cy"][0] == "1"
            assert (await sioned.get("/weaknesses?days=7")).status_code == 422


DECLINED = {
    "decision": "declined",
    "wording_version": "2026-11-22/opt_in",
    "language": "en",
    "words": "no thank you",
}
