"""Whether a person may be contacted now: one pure answer, by what they said, the clock and the way it came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.cases.casework_models import Means
from api.cases.safe_contact import REASONS, Allowed, Refused, Wishes, contact_allowed
from api.conversations.models import Channel
from api.local_time import LONDON
from api.policy import casework
from api.runtime import load_words
from api.ui.pages import Phrases

POLICY = casework()[1].contact
NUMBER = "+447700900123"
TEXTING = Wishes(
    policy=POLICY,
    channel=Channel.SMS,
    conversation_open=True,
    conversation_phone=NUMBER,
    heard_at=datetime(2026, 11, 1, tzinfo=UTC),
)
CHATTING = Wishes(policy=POLICY, channel=Channel.WEB, conversation_open=True)
RINGING = replace(CHATTING, method="phone", phone=NUMBER)


def london(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LONDON)


def reasons(answer: Allowed | Refused) -> tuple[str, ...]:
    return () if isinstance(answer, Allowed) else answer.reasons


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        ("morning", london(23, 8, 59), london(23, 9)),
        ("morning", london(23, 9), None),
        ("morning", london(23, 11, 59), None),
        ("morning", london(23, 12), london(24, 9)),
        ("evening", london(23, 10), london(23, 17)),
        ("evening", london(23, 23), london(24, 17)),
        ("any_time", london(23, 3), london(23, 8)),
        (None, london(23, 22), london(24, 8)),
        (None, london(23, 12), None),
    ],
)
@pytest.mark.parametrize("wishes", [TEXTING, RINGING], ids=["text", "phone"])
def test_outside_the_safe_hours_it_waits_until_they_begin(
    wishes: Wishes, hours: str | None, now: datetime, opens: datetime | None
) -> None:
    means = Means.TEXT if wishes is TEXTING else Means.PHONE
    answer = contact_allowed(replace(wishes, hours=hours), means, now)
    if opens is None:
        assert isinstance(answer, Allowed)
    else:
        assert isinstance(answer, Refused)
        assert (answer.reasons, answer.next_at) == (("outside-hours",), opens)


def test_the_hours_are_those_of_the_clock_on_the_wall_in_summer_too() -> None:
    summer = datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    assert isinstance(contact_allowed(TEXTING, Means.TEXT, summer), Allowed)
    winter = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)
    answer = contact_allowed(TEXTING, Means.TEXT, winter)
    assert isinstance(answer, Refused)
    assert answer.next_at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_the_night_on_which_the_clocks_change_ends_at_the_right_hour() -> None:
    answer = contact_allowed(TEXTING, Means.TEXT, datetime(2027, 3, 28, 0, 30, tzinfo=UTC))
    assert isinstance(answer, Refused)
    assert answer.next_at == datetime(2027, 3, 28, 7, tzinfo=UTC)


def test_somebody_who_writes_at_night_is_answered_at_night_unless_they_named_safe_hours() -> None:
    now = london(23, 2)
    here = replace(TEXTING, heard_at=now - timedelta(minutes=5))
    assert isinstance(contact_allowed(here, Means.TEXT, now), Allowed)
    named = replace(here, hours="morning")
    assert reasons(contact_allowed(named, Means.TEXT, now)) == ("outside-hours",)
    # They and an officer write with each other live.
    assert isinstance(contact_allowed(replace(named, live=True), Means.TEXT, now), Allowed)
    gone = replace(named, live=True, heard_at=now - timedelta(hours=2))
    assert reasons(contact_allowed(gone, Means.TEXT, now)) == ("outside-hours",)


def test_what_they_wrote_in_the_morning_does_not_put_the_telephone_in_their_hand_the_night_before() -> (
    None
):
    call = london(23, 3)
    wrote_later = replace(RINGING, heard_at=london(23, 9))
    assert reasons(contact_allowed(wrote_later, Means.PHONE, call)) == ("outside-hours",)
    # Clocks differ by a little.
    here = replace(RINGING, heard_at=call + timedelta(minutes=2))
    assert isinstance(contact_allowed(here, Means.PHONE, call), Allowed)


NOON = london(23, 12)


@pytest.mark.parametrize(
    ("wishes", "means", "expected"),
    [
        (CHATTING, Means.CHAT, ()),
        (replace(CHATTING, hours="evening"), Means.CHAT, ()),
        (replace(CHATTING, conversation_open=False), Means.CHAT, ("conversation-ended",)),
        (TEXTING, Means.CHAT, ("no-channel",)),
        (CHATTING, Means.TEXT, ("no-channel",)),
        (Wishes(policy=POLICY), Means.CHAT, ("no-channel",)),
        (TEXTING, Means.TEXT, ()),
        (replace(TEXTING, texts_stopped=True), Means.TEXT, ("texts-stopped",)),
        (replace(TEXTING, conversation_open=False), Means.TEXT, ("conversation-ended",)),
        (replace(TEXTING, method="phone", phone=NUMBER), Means.TEXT, ("another-channel-chosen",)),
        (
            replace(TEXTING, method="text", phone="+447700900999"),
            Means.TEXT,
            ("another-channel-chosen",),
        ),
        (replace(TEXTING, method="text", phone=NUMBER), Means.TEXT, ()),
        (replace(TEXTING, method="none"), Means.TEXT, ("contact-not-wanted",)),
        (replace(RINGING, method="none"), Means.PHONE, ("contact-not-wanted",)),
        (replace(RINGING, method="text"), Means.PHONE, ("another-channel-chosen",)),
        (replace(RINGING, phone=None), Means.PHONE, ("nothing-given",)),
        (replace(CHATTING, method="email", email="a@example.org"), Means.EMAIL, ()),
        (replace(CHATTING, email="a@example.org"), Means.EMAIL, ("another-channel-chosen",)),
        (RINGING, Means.VISIT, ("another-channel-chosen",)),
        (replace(RINGING, closed=True), Means.PHONE, ("case-closed",)),
        (replace(CHATTING, closed=True), Means.CHAT, ("case-closed",)),
    ],
)
def test_only_the_way_that_the_person_chose_is_open(
    wishes: Wishes, means: Means, expected: tuple[str, ...]
) -> None:
    assert reasons(contact_allowed(wishes, means, NOON)) == expected


@pytest.mark.parametrize(
    "said",
    [{"hours": "ar ôl i'r plant fynd i'r ysgol"}, {"words": "dim ond pan fydd e yn y gwaith"}],
)
def test_what_was_said_in_words_is_read_by_a_person_first(said: dict[str, Any]) -> None:
    wishes = replace(RINGING, **said)
    answer = contact_allowed(wishes, Means.PHONE, NOON)
    assert isinstance(answer, Refused)
    assert (answer.reasons, answer.next_at) == (("hours-in-words",), None)
    assert isinstance(contact_allowed(wishes, Means.PHONE, NOON, words_read=True), Allowed)
    # Having read them opens no night.
    assert reasons(contact_allowed(wishes, Means.PHONE, london(23, 3), words_read=True)) == (
        "outside-hours",
    )


def test_the_officer_is_told_what_to_mind_when_they_ring() -> None:
    wishes = replace(
        RINGING, voicemail="text", say_police="unknown", trusted_person="Mam", interpreter=True
    )
    answer = contact_allowed(wishes, Means.PHONE, NOON)
    assert answer.cautions == ("not_police", "message_text", "trusted_person", "interpreter")
    # Nothing said about messages is no.
    assert contact_allowed(RINGING, Means.PHONE, NOON).cautions == ("message_no",)
    open_wishes = replace(RINGING, voicemail="yes", say_police="yes")
    assert contact_allowed(open_wishes, Means.PHONE, NOON).cautions == ("message_yes",)


def test_every_reason_and_caution_has_words_in_both_languages() -> None:
    words = load_words()
    for reason in REASONS:
        for kind in ("contact_not", "not_sent"):
            assert f"{kind}_{reason.replace('-', '_')}" in words.phrases, reason
    for caution in (
        "not_police",
        "message_yes",
        "message_text",
        "message_no",
        "trusted_person",
        "interpreter",
    ):
        assert Phrases(words, "cy").code("caution", caution) != caution.replace("_", " ")
