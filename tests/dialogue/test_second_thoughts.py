"""What a person refused stays refused, and a yes with a but sends nothing."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import SKIP, Conversation, Step, until, walk

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
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_second_thoughts(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
