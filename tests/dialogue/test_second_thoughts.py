"""What a person refused stays refused, what they put right is kept, and a yes with a but sends nothing."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import ANSWERS, BARE, SKIP, Conversation, Step, until, walk

CONVERSATIONS = (
    Conversation(
        "refused before it was asked, it is not asked again",
        (
            *until("risk_repeated"),
            Step(
                "dwi ddim isie i chi roi fy manylion i gymorth i ddioddefwyr",
                "I don't want my details passed to victim support",
                "risk_repeated",
                ("utter_choice_declined",),
            ),
            *until("contact_hours", start="risk_repeated"),
            Step(*SKIP, "review", ("utter_summary_referral",)),
            *until(None, start="review"),
        ),
        lambda report: (
            None
            if report["referral"]["decision"] == "declined"
            and report["referral"]["words"].startswith(("dwi ddim isie", "I don't want"))
            else pytest.fail(str(report["referral"]))
        ),
    ),
    Conversation(
        "yes but at the review sends nothing, and asks what to change",
        (
            *until("review"),
            Step("ie, ond dydd Mercher oedd hi", "yes but the date is wrong", "change"),
        ),
    ),
    Conversation(
        "whoever is not sure at the review, or passes it over, loses nothing and is asked again",
        (
            *until("review"),
            Step("dwi ddim yn siŵr", "I'm not sure", "review"),
            Step(*SKIP, "review"),
            Step("dim syniad", "no idea", "review"),
            *until(None, start="review"),
        ),
        lambda report: None if report["report"]["text"] else pytest.fail(str(report["report"])),
    ),
    Conversation(
        "a number that is put right before the next question is seen replaces the first",
        (
            *until("contact_phone"),
            Step(*ANSWERS["contact_phone"], "contact_hours"),
            Step("07700 900456", "07700 900456", "contact_hours", seen="contact_phone"),
            Step(*SKIP, "referral"),
            *until(None, start="referral"),
        ),
        lambda report: (
            None
            if report["contact"]["phone"] == "+447700900456"
            else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        "a place that is put right before the next question is seen is read, and stands beside the first",
        (
            BARE,
            Step("Dyna ni", "That's all", "why"),
            Step(*ANSWERS["why"]),
            Step(*ANSWERS["when"], "where"),
            Step("Llanelli", "Llanelli", "risk_weapon_or_hurt"),
            Step("na, Caerfyrddin", "no, Carmarthen", "risk_weapon_or_hurt", seen="where"),
            Step("dwn i ddim", "don't know", "risk_weapon_or_hurt", seen="where"),
            Step(*SKIP, "who"),
            Step(*ANSWERS["who"], "evidence"),
            *until(None, start="evidence"),
        ),
        lambda report: (
            None
            if report["report"]["where_text"]
            in ("Llanelli, na, Caerfyrddin", "Llanelli, no, Carmarthen")
            and "Llanelli" not in report["report"]["place"]
            else pytest.fail(str(report["report"]))
        ),
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_second_thoughts(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
