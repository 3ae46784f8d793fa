"""Under 18: fewer questions, a trusted adult, no promise of secrecy, and always a free choice."""

from typing import Any

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    NO_IDEA_WHO,
    SKIP,
    Conversation,
    Report,
    Step,
    until,
    walk,
)

SAYS_AGE: dict[str, Any] = {"danger": "none", "suicide": "none", "flags": ["child"]}
# Told so that the route is not clear, and is asked.
NUISANCE = (
    Step(
        "Mae'r plant mawr yn swnllyd wrth ein tŷ ni bob nos",
        "The big kids are noisy by our house every night",
        "account_done",
    ),
    Step("dyna ni", "that's all", "targeted"),
    Step("ydw", "yes", "route"),
)
TWELVE = Step(
    "Dwi'n 12 ac maen nhw'n galw enwau hiliol arna i ar y bws ysgol yn Llanelli ers dydd Llun",
    "I'm 12 and they call me racist names on the school bus in Llanelli since Monday",
    "account_done",
    ("utter_under_18",),
    safety=SAYS_AGE,
)
YOUNG_RISKS = (
    Step("naddo", "no", "risk_threats"),
    Step("naddo", "no", "risk_repeated"),
    Step("Nac ydy, y tro cyntaf", "No, the first time", "risk_afraid"),
    Step("Oes, ychydig", "Yes, a bit", "risk_someone_close"),
    Step("Nage, neb agos", "No, nobody close", "who"),
    NO_IDEA_WHO,
)
TO_RISK = (
    TWELVE,
    Step("dyna ni", "that's all", "why"),
    Step("achos lliw fy nghroen", "because of my skin colour", "risk_weapon_or_hurt"),
)


def _is_young(report: Report) -> None:
    assert report["route"] == "victim"
    assert report["reporter"]["under_18"] is True
    assert "child" in report["flags"]
    assert report["referral"]["wording_version"].endswith(("/opt_in", "2026-11-22"))


def _has_adult(report: Report) -> None:
    _is_young(report)
    assert "Mrs Evans" in report["reporter"]["trusted_adult"]
    assert report["referral"]["wording_version"].endswith("/opt_in")


CONVERSATIONS = (
    Conversation(
        "said by choice: told plainly what cannot be kept secret, and who is there",
        (
            *NUISANCE,
            Step("I fi, ac rwy o dan 18", "To me, and I am under 18", "why", ("utter_under_18",)),
        ),
    ),
    Conversation(
        "said by choice, in a few words",
        (*NUISANCE, Step("dwi o dan 18", "I'm under 18", "why", ("utter_under_18",))),
    ),
    Conversation(
        "a child under 13 from the first word to the receipt: fewer questions, free choice",
        (
            *TO_RISK,
            *YOUNG_RISKS,
            Step("Mrs Evans, fy athrawes ddosbarth", "Mrs Evans, my form teacher", "contact_name"),
            Step("Carys", "Carys", "contact_method"),
            Step("yma", "here", "referral", ("utter_ask_referral_free",)),
            Step("Na, peidiwch", "No, don't", "review", ("utter_summary_trusted_adult",)),
            Step("Anfon", "Send", None, ("utter_sent",)),
        ),
        _has_adult,
    ),
    Conversation(
        "what is said about secrecy is said once",
        (
            TWELVE,
            Step(
                "mae e wedi bod yn digwydd i fy ffrind hefyd",
                "it has been happening to my friend as well",
                "account_done",
                never=("utter_under_18",),
                safety=SAYS_AGE,
            ),
        ),
    ),
    Conversation(
        "nobody to trust is an answer",
        (
            *TO_RISK,
            Step(*SKIP, "who"),
            NO_IDEA_WHO,
            Step("Nac oes, neb", "No, nobody", "contact_name"),
            *until("contact_method", start="contact_name"),
            Step("Peidiwch â chysylltu", "Don't contact me", "review", ("utter_anonymous",)),
            *until(None, start="review"),
        ),
        lambda report: (
            _is_young(report)
            if report["reporter"]["trusted_adult"] is None
            else pytest.fail(str(report["reporter"]))
        ),
    ),
    Conversation(
        "why an adult is asked for is explained, and it can be skipped",
        (
            *TO_RISK,
            Step(*SKIP, "who"),
            NO_IDEA_WHO,
            Step("pam?", "why do you ask?", "trusted_adult", ("utter_why_trusted_adult",)),
            Step("sgipio", "skip", "contact_name"),
        ),
    ),
    Conversation(
        "phoned: when, whether to leave a message, what to say; no more than that",
        (
            *TO_RISK,
            Step(*SKIP, "who"),
            NO_IDEA_WHO,
            Step("sgipio", "skip", "contact_name"),
            *until("contact_hours", start="contact_name"),
            Step("Gyda'r nos", "In the evening", "voicemail"),
            Step("Na, dim neges", "No, no message", "say_police"),
            Step("Na, peidiwch", "No, don't say so", "referral", ("utter_ask_referral_free",)),
            *until(None, start="referral"),
        ),
        lambda report: (
            _is_young(report)
            if (report["contact"]["voicemail"], report["contact"]["say_police"]) == ("no", "no")
            else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        "a parent who tells a child's age is no child",
        (
            Step(
                "Mae fy mab, sy'n 12, yn cael ei alw'n enwau hiliol ar y bws ysgol yn Llanelli",
                "My son is 12 and gets called racist names on the school bus in Llanelli",
                "account_done",
                never=("utter_under_18",),
                safety=SAYS_AGE,
            ),
        ),
    ),
    Conversation(
        "an adult by choice stays one, whatever sounds young",
        (
            *NUISANCE,
            Step("I fi", "To me", "why"),
            Step(
                "achos lliw fy nghroen, ers i fi fod yn 12",
                "because of my skin colour, since I was 12",
                never=("utter_under_18",),
                safety=SAYS_AGE,
            ),
        ),
    ),
    Conversation(
        "taken for a child by mistake, the person says so at the review",
        (
            *TO_RISK,
            Step(*SKIP, "who"),
            NO_IDEA_WHO,
            Step("sgipio", "skip", "contact_name"),
            *until("contact_method", start="contact_name"),
            Step("yma", "here", "referral"),
            Step("Na, peidiwch", "No, don't", "review"),
            Step("newid", "change", "change"),
            Step("I bwy ddigwyddodd hyn", "Who it happened to", "route"),
            Step("I fi", "To me"),
        ),
    ),
    Conversation(
        "by text message, shorter still",
        (
            *TO_RISK,
            Step("2", "2", "risk_threats"),
            Step("2", "2", "risk_repeated"),
            Step("3", "3", "risk_someone_close"),
            Step("2", "2", "who"),
            NO_IDEA_WHO,
            Step("1", "1", "contact_name"),
            Step("Carys", "Carys", "contact_method"),
            Step("1", "1", "say_police"),
            Step("2", "2", "referral", ("utter_ask_referral_free",)),
            Step("2", "2", "review"),
            Step("1", "1", None, ("utter_sent",)),
        ),
        _is_young,
        channel="sms",
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_under_18(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_numbers_for_young_people_are_given(assistant: Assistant, language: str) -> None:
    talk = assistant.talk(language)
    talk.say(TWELVE.text(language), safety=SAYS_AGE)
    assert "0800 1111" in talk.text
    assert "080880 23456" in talk.text
