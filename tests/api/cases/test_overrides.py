"""Referring without the person's choice: a ground, a reason, and a second person, who is a supervisor."""

import re
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from api.cases.models import Decision, ReferralState
from api.cases.workspace_models import ReferralOverride
from tests.api.cases.test_referral import (
    SEEN,
    by,
    choose,
    deliver,
    no_mail_leaves,  # noqa: F401 - a fixture
    receive,
    sends,
    state,
)
from tests.api.cases.work import change, officer_id, rows_of, supervisor
from tests.api.staff_visitor import StaffDoor, Visitor


class TestOverride:
    REASON = "Mae plentyn yn y tŷ"

    async def ask(self, officer: Visitor, reference: str, **fields: str) -> Any:
        given = {"partner": "council_safeguarding", "basis": "child_at_risk"}
        return await officer.send_form(
            f"/cases/{reference}/referral",
            f"/cases/{reference}/overrides",
            {**given, "reason": self.REASON, **fields},
        )

    async def decide(self, who: Visitor, reference: str, verdict: str, note: str = "Cytuno") -> Any:
        page = f"/cases/{reference}/referral"
        text = (await who.get(page)).text
        path = re.search(r'action="(/cases/[^"]+/overrides/[^"]+)"', text)
        [override] = await rows_of(who.door, ReferralOverride)
        fields = {"verdict": verdict, "note": note}
        seen = SEEN.search(text)
        return await who.send_form(
            page,
            path[1] if path else f"/cases/{reference}/overrides/{override.id}",
            {**fields, "seen": seen[1] if seen else ""},
        )

    async def test_goes_only_when_a_supervisor_agrees_and_both_stay_on_record(
        self,
        door: StaffDoor,
        officer: Visitor,
        no_mail_leaves: list[Any],  # noqa: F811
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        assert (await self.ask(officer, reference)).status_code == 303
        await deliver(door.runtime)
        assert no_mail_leaves == []
        async with supervisor(door) as sioned:
            assert reference in (await sioned.get("/reviews")).text
            assert self.REASON in (await sioned.get(f"/cases/{reference}/referral")).text
            assert (await self.decide(sioned, reference, "approve")).status_code == 303
        await deliver(door.runtime)
        assert len(no_mail_leaves) == 1
        [override] = await rows_of(door, ReferralOverride)
        assert override.asked_by == await officer_id(door, "megan")
        assert override.decided_by == await officer_id(door, "sioned")
        assert (override.approved, override.reason, override.note) == (True, self.REASON, "Cytuno")
        assert await state(door) == ReferralState.SENT
        for entry in ("override_asked", "override_approved"):
            assert len(await door.audited(entry)) == 1

    async def test_an_officer_never_decides_and_a_supervisor_never_their_own(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        async with supervisor(door) as sioned:
            await self.ask(sioned, reference)
            for visitor in (officer, sioned):
                assert (await self.decide(visitor, reference, "approve")).status_code == 403
            assert (
                "Another person, a supervisor, must decide."
                in (await sioned.get(f"/cases/{reference}/referral")).text
            )
        assert await sends(door) == []
        with pytest.raises(DBAPIError, match="second_person"):
            await change(door, "update referral_overrides set decided_by = asked_by")

    async def test_a_refusal_sends_nothing_and_is_final(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        await self.ask(officer, reference)
        async with supervisor(door) as sioned:
            assert (await self.decide(sioned, reference, "refuse", "")).status_code == 422
            assert (await self.decide(sioned, reference, "refuse")).status_code == 303
            assert (await self.decide(sioned, reference, "approve")).status_code == 409
        assert await sends(door) == []

    @pytest.mark.parametrize("fields", [{"reason": " "}, {"basis": ""}, {"basis": "curiosity"}])
    async def test_needs_a_ground_of_the_policy_and_a_reason(
        self, door: StaffDoor, officer: Visitor, fields: dict[str, str]
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        assert (await self.ask(officer, reference, **fields)).status_code == 422
        assert await rows_of(door, ReferralOverride) == []

    async def test_one_waits_at_a_time(self, door: StaffDoor, officer: Visitor) -> None:
        reference = await receive(door, referral=by("declined"))
        await self.ask(officer, reference)
        assert (await self.ask(officer, reference)).status_code == 409

    async def test_a_later_no_does_not_recall_what_never_rested_on_a_yes(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        await self.ask(officer, reference)
        async with supervisor(door) as sioned:
            await self.decide(sioned, reference, "approve")
        await deliver(door.runtime)
        await choose(door, reference, Decision.DECLINED)
        assert await sends(door) == [("referral", "accepted")]
        assert await state(door) == ReferralState.SENT

    async def test_nothing_goes_of_a_closed_case_however_long_the_override_has_waited(
        self, door: StaffDoor, officer: Visitor
    ) -> None:
        reference = await receive(door, referral=by("declined"))
        await self.ask(officer, reference)
        async with supervisor(door) as sioned:
            open_page = (await sioned.get(f"/cases/{reference}/referral")).text
            seen = SEEN.search(open_page)
            assert seen
            await change(door, "update cases set status = 'closed'")
            assert reference not in (await sioned.get("/reviews")).text
            page = (await sioned.get(f"/cases/{reference}/referral")).text
            assert 'value="approve"' in open_page
            assert 'value="approve"' not in page
            [override] = await rows_of(door, ReferralOverride)
            answer = await sioned.send_form(
                f"/cases/{reference}/referral",
                f"/cases/{reference}/overrides/{override.id}",
                {"verdict": "approve", "note": "Cytuno", "seen": seen[1]},
            )
            assert answer.status_code == 409
            assert "The case is closed." in answer.text
            assert await sends(door) == []
            [override] = await rows_of(door, ReferralOverride)
            assert override.decided_at is None
            assert (await self.decide(sioned, reference, "refuse")).status_code == 303
        assert await door.audited("override_approved") == []
        assert len(await door.audited("override_refused")) == 1
