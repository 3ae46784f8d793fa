"""The choice about victim support: told plainly first, never assumed, and kept with the evidence of it."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import SKIP, Conversation, Report, Step, until, walk

BY_TEXT = (
    Step(
        "Ges i fy ngalw'n enwau hiliol gan ddau ddyn ar y bws yn Llanelli nos Fawrth",
        "Two men called me racist names on the bus in Llanelli on Tuesday night",
        "account_done",
    ),
    Step("dyna ni", "that's all", "why"),
    Step("lliw croen fi", "my skin colour", "risk_weapon_or_hurt"),
    Step(*SKIP, "contact_name"),
    Step("Carys", "Carys", "contact_method"),
    Step("1", "1", "say_police"),
)


def _choice(decision: str, wording: str, *words: str):  # type: ignore[no-untyped-def]
    """The whole evidence: decision, version and kind of wording, language, channel, the person's words."""

    def check(report: Report) -> None:
        referral = report["referral"]
        assert referral["decision"] == decision
        assert referral["wording_version"] == f"2026-11-22/{wording}"
        assert referral["language"] == report["language"]
        assert referral["words"] in words
        assert report["channel"] in ("web", "sms")

    return check


CONVERSATIONS = (
    Conversation(
        "who gets what is said before the choice, and nothing is chosen yet",
        (
            *until("contact_hours"),
            Step(*SKIP, "referral", ("utter_ask_referral",)),
            Step("Iawn, pasiwch fy manylion ymlaen", "Yes, pass my details on", "review"),
            *until(None, start="review"),
        ),
        _choice("refer", "opt_out", "Iawn, pasiwch fy manylion ymlaen", "Yes, pass my details on"),
    ),
    Conversation(
        "a nod is asked again, and a second one means later",
        (
            *until("referral"),
            Step("iawn", "ok", "referral", ("utter_ask_referral_again",)),
            Step("ok", "sure", "review", ("utter_referral_ask_later",)),
            *until(None, start="review"),
        ),
        _choice("ask_later", "opt_out", "ok", "sure"),
    ),
    Conversation(
        "a nod is asked again, and then a clear yes counts",
        (
            *until("referral"),
            Step("iawn", "ok", "referral", ("utter_ask_referral_again",)),
            Step("1", "1", "review"),
            *until(None, start="review"),
        ),
        _choice("refer", "opt_out", "1"),
    ),
    Conversation(
        "skipped is later",
        (*until("referral"), Step("sgipio", "skip", "review"), *until(None, start="review")),
        _choice("ask_later", "opt_out", "sgipio", "skip"),
    ),
    Conversation(
        "by text message in the same words",
        (
            *BY_TEXT,
            Step("1", "1", "referral", ("utter_ask_referral",)),
            Step("na, peidiwch", "no, don't", "review"),
            Step("1", "1", None, ("utter_sent",)),
        ),
        _choice("declined", "opt_out", "na, peidiwch", "no, don't"),
        channel="sms",
    ),
    Conversation(
        "anonymous is asked freely, after hearing what police cannot do",
        (
            *until("contact_name"),
            Step("Aros yn ddienw", "Stay anonymous", "contact_method"),
            Step("yma", "here", "languages"),
            Step(*SKIP, "referral", ("utter_ask_referral_free",)),
            Step("3", "3", "review"),
            *until(None, start="review"),
        ),
        _choice("ask_later", "opt_in", "3"),
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_consent(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("name", ["utter_ask_referral", "utter_ask_referral_free"])
def test_every_wording_says_who_gets_what_and_whose_choice_it_is(
    catalogue: Catalogue, name: str, language: str
) -> None:
    text = catalogue.say(name, language)
    parts = {
        "cy": ("cymorth i ddioddefwyr", "enw", "manylion cyswllt", "ddim yn cael eich stori"),
        "en": ("victim support service", "name", "contact details", "don't get your story"),
    }
    assert all(part in text for part in parts[language]), text
    assert ("Eich dewis chi yw e" if language == "cy" else "It is your choice") in text
