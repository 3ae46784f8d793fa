"""A send to a partner is a row before it is a call: tried again, found by the sweeper, refused where it is not safe."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from api.cases import partners as partner_data
from api.cases.models import Decision, Referral, ReferralState
from api.cases.partner_sends import SEND_TO_PARTNER, PartnerUnreached, send_to_partner
from api.cases.partners import PARTNERS_DIR, Partner, partners, partners_in_force, why_not_to
from api.cases.workspace_models import PartnerSend, PartnerSendState, ReferralEvent
from api.config import Environment, Settings
from api.upkeep import requeue_stuck
from tests.api.backstage import age, alerts, forget_jobs, jobs, only
from tests.api.cases.test_referral import choose, deliver, press_send, receive, sends
from tests.api.cases.work import rows_of
from tests.api.mail_server import mail_server
from tests.api.staff_visitor import StaffDoor, Visitor
from tests.serving import free_port, serving

CONFIRMED = {"confirmed_on": date(2026, 11, 1), "confirmed_by": "DI Evans"}


def a_partner(**changes: Any) -> Partner:
    return Partner.model_validate(
        {
            "code": "goleudy",
            "name": {"cy": "Goleudy", "en": "Goleudy"},
            "what": {"cy": "Cymorth", "en": "Support"},
            "language": "cy",
            "means": "email",
            "address": "referrals@goleudy.example",
            **changes,
        }
    )


async def sent_row(door: StaffDoor) -> PartnerSend:
    return await only(door.runtime, PartnerSend)


async def test_a_real_mail_server_takes_it_once(door: StaffDoor, officer: Visitor) -> None:
    await press_send(officer, await receive(door))
    send = await sent_row(door)
    async with mail_server() as server:
        door.runtime.settings.smtp_url = SecretStr(server.url)
        for _ in range(3):
            await send_to_partner(door.runtime, send.id)
        assert len(server.accepted) == 1
        assert server.accepted[0]["To"] == "referrals@goleudy.example"
        assert "Siân" in server.text()
    after = await sent_row(door)
    assert (after.state, after.attempts) == (PartnerSendState.ACCEPTED, 1)


async def test_a_dead_mail_server_loses_nothing_and_claims_nothing(
    door: StaffDoor, officer: Visitor
) -> None:
    await press_send(officer, await receive(door))
    send = await sent_row(door)
    door.runtime.settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    with pytest.raises(PartnerUnreached):
        await send_to_partner(door.runtime, send.id)
    assert (await only(door.runtime, Referral)).state == ReferralState.DUE
    await forget_jobs(door.runtime)
    await age(door.runtime, PartnerSend, timedelta(minutes=2), "queued_at")
    await requeue_stuck(door.runtime, 10.0)
    assert [job["args"] for job in await jobs(door.runtime, SEND_TO_PARTNER)] == [
        {"send_id": str(send.id)}
    ]
    async with mail_server() as server:
        door.runtime.settings.smtp_url = SecretStr(server.url)
        await send_to_partner(door.runtime, send.id)
        assert len(server.accepted) == 1
    assert (await sent_row(door)).attempts == 2
    assert (await only(door.runtime, Referral)).state == ReferralState.SENT


@pytest.mark.parametrize(
    ("status", "state", "kinds"),
    [
        (200, PartnerSendState.ACCEPTED, {"sent", "received"}),
        (422, PartnerSendState.REFUSED, {"refused"}),
    ],
)
async def test_a_webhook_is_taken_with_its_receipt_or_refused_for_good(
    door: StaffDoor,
    officer: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    state: PartnerSendState,
    kinds: set[str],
) -> None:
    app = FastAPI()

    @app.post("/in")
    async def take() -> Response:
        return Response('{"receipt": "GOL-77"}', status_code=status)

    await press_send(officer, await receive(door))
    async with serving(app) as address:
        hooked = a_partner(means="webhook", address=f"{address}/in")
        known = partners_in_force().model_copy(update={"partners": (hooked,)})
        monkeypatch.setattr("api.cases.partner_sends.partners", lambda version: known)
        await send_to_partner(door.runtime, (await sent_row(door)).id)
    assert (await sent_row(door)).state == state
    events = await rows_of(door, ReferralEvent)
    assert {event.kind.value for event in events} == kinds
    assert {event.text for event in events} <= {None, "GOL-77"}
    referral = await only(door.runtime, Referral)
    assert (referral.state == ReferralState.SENT) is (status == 200)
    # A referral that was refused comes back by its own clock, which still runs.
    assert [reason for reason, _ in await alerts(door.runtime)] == ["report"]


async def test_an_officer_is_alerted_when_a_partner_refuses_to_delete_what_it_has(
    door: StaffDoor,
    officer: Visitor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = FastAPI()

    @app.post("/in")
    async def take(request: Request) -> Response:
        kind = (await request.json())["kind"]
        return Response("{}", status_code=200 if kind == "referral" else 410)

    reference = await receive(door)
    await press_send(officer, reference)
    async with serving(app) as address:
        hooked = a_partner(means="webhook", address=f"{address}/in")
        known = partners_in_force().model_copy(update={"partners": (hooked,)})
        monkeypatch.setattr("api.cases.partner_sends.partners", lambda version: known)
        await deliver(door.runtime)
        await choose(door, reference, Decision.DECLINED)
        assert "recall_refused" not in [reason for reason, _ in await alerts(door.runtime)]
        await deliver(door.runtime)
        await deliver(door.runtime)
    assert await sends(door) == [("referral", "accepted"), ("recall", "refused")]
    raised = [reason for reason, _ in await alerts(door.runtime)]
    assert raised == ["report", "recall_refused"]
    page = (await officer.get(f"/cases/{reference}")).text
    assert "The partner refused the message to delete the details" in page


PRODUCTION: dict[str, Any] = {
    "environment": Environment.PRODUCTION,
    "encryption_keys": "a-secret-of-24-characters-or-more",
    "hash_key": "a-secret-of-24-characters-or-more",
    "service_token": "a-secret-of-24-characters-or-more",
    "rasa_token": "a-secret-of-24-characters-or-more",
    "twilio_auth_token": "a-secret-of-24-characters-or-more",
    "public_url": "https://llais.police.test",
    "database_url": "postgresql://db/llais",
    "smtp_url": "smtps://mail.police.test",
    "partner_secrets": "goleudy=cyfrinach, other=x",
}


@pytest.mark.parametrize(
    ("partner", "settings", "reason"),
    [
        (CONFIRMED, {}, None),
        ({}, {}, "partner-not-confirmed"),
        ({"confirmed_on": date(2026, 11, 1)}, {}, "partner-not-confirmed"),
        (CONFIRMED, {"smtp_url": "smtp://127.0.0.1"}, "mail-not-secure"),
        (CONFIRMED, {"smtp_url": "smtp://mail.police.test?starttls=1"}, None),
        ({**CONFIRMED, "means": "webhook", "address": "https://p.test"}, {}, None),
        ({**CONFIRMED, "means": "webhook", "address": "http://p.test"}, {}, "partner-not-secure"),
        (
            {**CONFIRMED, "means": "webhook", "address": "https://p.test"},
            {"partner_secrets": "other=x"},
            "partner-without-secret",
        ),
    ],
)
def test_outside_development_only_confirmed_partners_by_secure_ways(
    partner: dict[str, Any], settings: dict[str, Any], reason: str | None
) -> None:
    given = Settings(_env_file=None, **{**PRODUCTION, **settings})
    assert why_not_to(given, a_partner(**partner)) == reason


@pytest.mark.parametrize("version", sorted(path.stem for path in PARTNERS_DIR.glob("*.yml")))
def test_every_file_of_partners_is_whole(version: str) -> None:
    known = partners(version)
    assert known.version == date.fromisoformat(version).isoformat()
    codes = [partner.code for partner in known.partners]
    assert codes
    assert len(codes) == len(set(codes))
    # No account, no strands, no words of why: the least.
    assert not {"text", "strands", "why_text", "what_happened"} & set(known.minimum)


def test_the_newest_partners_that_have_begun_are_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [version] = sorted(path.stem for path in PARTNERS_DIR.glob("*.yml"))
    for name in (version, "2027-01-01"):
        (tmp_path / f"{name}.yml").write_text((PARTNERS_DIR / f"{version}.yml").read_text())
    monkeypatch.setattr(partner_data, "PARTNERS_DIR", tmp_path)
    partners.cache_clear()
    try:
        assert partners_in_force(date(2026, 12, 31)).version == version
        assert partners_in_force(date(2027, 1, 1)).version == "2027-01-01"
    finally:
        partners.cache_clear()
