"""What an account tells of who did it, and of who saw it or what shows it."""

import pytest

from actions.told_facts import note_who_and_evidence
from tests.actions.people import turn_of

WHO = [
    ("Two men called me names on the bus", "Two men"),
    ("a group of young lads spat at me", "a group of young lads"),
    ("I'm a gay man and some bloke in the pub shouted at me", "some bloke"),
    ("The man next door bangs on my wall", "The man next door"),
    ("Ges i fy ngalw'n enwau gan ddau ddyn ar y bws", "ddau ddyn"),
    ("roedd criw o fechgyn ifanc tu fas i'r siop", "criw o fechgyn ifanc"),
    ("Rhyw foi meddw yn bod yn gas", "Rhyw foi meddw"),
    ("Mae'r dyn drws nesa yn gweiddi arna i", "dyn drws nesa"),
]
EVIDENCE = [
    ("They spat at me. My sister saw it all", "My sister saw it all"),
    ("it happened by the shop, there's CCTV there", "there's CCTV there"),
    ("Fe waeddon nhw arna i, ac mae camera gyda fi", "ac mae camera gyda fi"),
    ("Poerodd e. Welodd fy chwaer y cyfan", "Welodd fy chwaer y cyfan"),
]
NEITHER = [
    "I am a gay man and they shouted at me",
    "people keep staring at me",
    "nobody saw it",
    "there is no cctv",
    "Welodd neb y cyfan",
    "Dyn hoyw ydw i ac mae hyn yn digwydd o hyd",
]


@pytest.mark.parametrize(("text", "who"), WHO)
def test_who_did_it_is_taken_from_the_account_in_its_words(text: str, who: str) -> None:
    slots: dict[str, object] = {}
    note_who_and_evidence(slots, turn_of(text))
    assert slots["who"] == who


@pytest.mark.parametrize(("text", "evidence"), EVIDENCE)
def test_who_saw_it_or_what_shows_it_is_taken_as_the_whole_thought(
    text: str, evidence: str
) -> None:
    slots: dict[str, object] = {}
    note_who_and_evidence(slots, turn_of(text))
    assert slots["evidence"] == evidence


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_less_clear_is_asked(text: str) -> None:
    slots: dict[str, object] = {}
    note_who_and_evidence(slots, turn_of(text))
    assert slots == {"who": None, "evidence": None}


def test_an_answer_is_never_changed_by_what_is_told_later() -> None:
    slots: dict[str, object] = {"who": "unknown", "evidence": "none"}
    note_who_and_evidence(slots, turn_of("Two men did it and there is CCTV"))
    assert slots == {"who": "unknown", "evidence": "none"}


def test_where_somebody_else_was_hurt_two_men_may_be_the_victims() -> None:
    slots: dict[str, object] = {"route": "witness"}
    note_who_and_evidence(slots, turn_of("Two men were shouted at in the square"))
    assert slots.get("who") is None
