"""Who did it, and who saw it or what shows it: taken from the account, never needed, never a request for proof."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    ANSWERS,
    BARE,
    NOBODY_KNOWN,
    SKIP,
    TOLD,
    Conversation,
    Report,
    Step,
    until,
    walk,
)

TO_RISK = (
    Step("dyna ni", "that's all", "why"),
    Step("achos lliw fy nghroen", "because of my skin colour"),
)
BARE_TO_WHO = (
    BARE,
    *TO_RISK,
    Step("nos Fawrth", "Tuesday night", "where"),
    Step("Llandeilo", "Llandeilo", "risk_weapon_or_hurt"),
    Step(*SKIP, "who"),
)


def _says(who: tuple[str, str] | None, evidence: tuple[str, str] | None):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        index = 0 if report["language"] == "cy" else 1
        content = report["report"]
        assert content["who_text"] == (who and who[index])
        assert content["evidence_text"] == (evidence and evidence[index])

    return check


CONVERSATIONS = (
    Conversation(
        "both are asked where nothing was told, in words of one's own",
        (
            *BARE_TO_WHO,
            Step("Y dyn drws nesa", "The man next door", "evidence"),
            Step("Gwelodd fy chwaer y cyfan", "My sister saw it all", "contact_name", ("utter_keep_evidence",)),
            *until(None, start="contact_name"),
        ),
        _says(("Y dyn drws nesa", "The man next door"), ("Gwelodd fy chwaer y cyfan", "My sister saw it all")),
    ),
    Conversation(
        "not knowing is an answer, and nobody is told to keep what they do not have",
        (
            *BARE_TO_WHO,
            Step("sai'n gwbod", "I don't know", "evidence"),
            Step("nagoes", "no", "contact_name", never=("utter_keep_evidence",)),
            *until("referral", start="contact_name"),
            Step(*ANSWERS["referral"], "review", ("utter_summary_who", "utter_summary_evidence")),
            *until(None, start="review"),
        ),
        _says(None, None),
    ),
    Conversation(
        "a no that goes on to tell something is no plain no",
        (
            *BARE_TO_WHO,
            NOBODY_KNOWN[0],
            Step("Welodd neb, ond mae camera ar y siop", "Nobody saw, but there is a camera on the shop",
                 "contact_name", ("utter_keep_evidence",)),
        ),
    ),
    Conversation(
        "yes alone asks for the words",
        (*BARE_TO_WHO, NOBODY_KNOWN[0], Step("oes", "yes", "evidence", ("utter_please_text",))),
    ),
    Conversation(
        "told in the account, neither is asked, and both are shown for correction",
        (
            TOLD,
            Step("Mae camera ar y bws hefyd", "There is CCTV on the bus too", "account_done"),
            *TO_RISK,
            Step(*SKIP, "contact_name"),
            *until("referral", start="contact_name"),
            Step(*ANSWERS["referral"], "review", ("utter_summary_who", "utter_summary_evidence")),
            Step("newid pwy wnaeth hyn", "change who did it", "who"),
            Step("Tri dyn, nid dau", "Three men, not two", "review"),
            *until(None, start="review"),
        ),
        _says(("Tri dyn, nid dau", "Three men, not two"),
              ("Mae camera ar y bws hefyd", "There is CCTV on the bus too")),
    ),
    Conversation(
        "both are opened again by the button",
        (
            *until("review"),
            Step("newid", "change", "change"),
            Step("Pwy wnaeth hyn, a thystion", "Who did it, and witnesses", "who"),
            Step("dim syniad", "no idea", "evidence"),
            Step("sgipio", "skip", "review"),
        ),
    ),
    Conversation(
        "why it is asked is explained, and it can be said more simply",
        (
            *BARE_TO_WHO,
            Step("pam chi'n gofyn?", "why do you ask?", "who", ("utter_why_who",)),
            Step("geiriau symlach plis", "simpler words please", "who", ("utter_simple_who",)),
            Step("sgipio", "skip", "evidence"),
            Step("pam?", "why do you want to know that?", "evidence", ("utter_why_evidence",)),
        ),
    ),
    Conversation(
        "by text message only who is asked",
        (
            BARE,
            *TO_RISK,
            Step("nos Fawrth", "Tuesday night", "where"),
            Step("Llandeilo", "Llandeilo", "risk_weapon_or_hurt"),
            Step(*SKIP, "who"),
            Step("1", "1", "contact_name"),
        ),
        channel="sms",
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_who_and_evidence(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
