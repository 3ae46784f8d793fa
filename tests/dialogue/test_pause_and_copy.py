"""Distress and pausing, simpler words, a copy to keep, and changing an answer by naming it."""

import pytest

from actions.catalogue import Catalogue
from channels.sms import segments, with_choices
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    ANSWERS,
    TOLD,
    Conversation,
    Step,
    until,
    walk,
)

OPEN = "risk_repeated"
AT_RISK = until(OPEN)
DISTRESS = Step(
    "dwi'n teimlo'n ofnadwy",
    "I can't stop shaking",
    "pause",
    ("utter_express_distress", "utter_ask_pause"),
)
REST = Step("Cael saib", "Take a break", "pause", ("utter_paused",))
SIMPLER = ("dwedwch e'n symlach", "say it more simply")


def _simpler(slot: str) -> Conversation:
    return Conversation(
        f"{slot} in simpler words, with the same choices",
        (*until(slot), Step(*SIMPLER, slot, (f"utter_simple_{slot}",), (f"utter_ask_{slot}",))),
    )


def _changed(name: str, cy: str, en: str, slot: str, answer: tuple[str, str]) -> Conversation:
    """Named at the review: asked again, and reviewed again."""
    return Conversation(
        f"at the review, {name}",
        (*until("review"), Step(cy, en, slot), Step(*answer, "review"), *until(None, "review")),
    )


PAUSES = (
    Conversation(
        "distress is met with warmth and a choice",
        (*AT_RISK, DISTRESS),
    ),
    Conversation(
        "a pause says what is kept, and the next message goes on",
        (*AT_RISK, DISTRESS, REST, Step("iawn, barod", "ok, ready", OPEN, (f"utter_ask_{OPEN}",)),
         *until(None, start=OPEN)),
    ),
    Conversation(
        "going on after distress asks the open question",
        (*AT_RISK, DISTRESS, Step("Mynd ymlaen", "Go on", OPEN, ("utter_going_on",))),
    ),
    Conversation(
        "talking to somebody, and then the open question",
        (*AT_RISK, DISTRESS,
         Step("Siarad â rhywun", "Talk to somebody", OPEN, ("utter_ask_human", f"utter_ask_{OPEN}"))),
    ),
    Conversation(
        "the choice by number, by text message",
        (*AT_RISK, DISTRESS, Step("1", "1", "pause", ("utter_paused",)), Step("helo", "hi", OPEN)),
        channel="sms",
    ),
    Conversation(
        "an answer given after resting is not taken unseen",
        (*AT_RISK, DISTRESS, REST, Step("1", "1", OPEN, (f"utter_ask_{OPEN}",))),
    ),
    Conversation(
        "what is told after resting is kept",
        (*AT_RISK, DISTRESS, REST,
         Step("wnaethon nhw daflu cerrig at y ffenest wedyn hefyd",
              "they threw stones at my window afterwards as well", OPEN, ("utter_account_added",)),
         *until(None, start=OPEN)),
        lambda report: (
            None if len(report["report"]["text"].splitlines()) == 2 else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "a question after resting is answered, and the open one comes again",
        (*AT_RISK, DISTRESS, REST,
         Step("pwy fydd yn gweld hyn?", "who will read this?", OPEN, ("utter_ask_privacy",))),
    ),
    Conversation(
        "back long after resting, the person is asked how to go on",
        (*AT_RISK, DISTRESS, REST,
         Step("helo", "hello", "resume", ("utter_ask_resume",), returned=True),
         Step("1", "1", OPEN)),
    ),
    Conversation(
        "stop while resting",
        (*AT_RISK, DISTRESS, REST, Step("stopiwch", "stop", None, ("utter_stopped",))),
    ),
    Conversation(
        "distress again while a pause is offered is met again",
        (*AT_RISK, DISTRESS, DISTRESS),
    ),
    Conversation(
        "distress before anything was told is met, and the person may tell",
        (Step("dwi'n teimlo'n ofnadwy", "I can't stop shaking", "account",
              ("utter_express_distress", "utter_ask_account")),),
    ),
    Conversation(
        "distress after sending is met, and nothing is asked",
        (*until(None), Step("dwi'n teimlo'n ofnadwy", "I can't stop shaking", None,
                            ("utter_express_distress",))),
    ),
)  # fmt: skip
AGAIN = (
    *(_simpler(slot) for slot in ("account_done", "why", "risk_weapon_or_hurt", "contact_method")),
    _simpler("referral"),
    Conversation(
        "simpler at the first question",
        (Step("Helo", "Hello", "account"), Step(*SIMPLER, "account", ("utter_simple_account",))),
    ),
    Conversation(
        "an answer to the simpler words is an answer",
        (*until("risk_weapon_or_hurt"), Step(*SIMPLER, "risk_weapon_or_hurt"),
         Step("naddo", "no", "risk_threats")),
    ),
    Conversation(
        "where there are no simpler words the question comes again",
        (*until("contact_phone"), Step(*SIMPLER, "contact_phone", ("utter_ask_contact_phone",))),
    ),
    Conversation(
        "a copy at the review, and the question whether to send stays",
        (*until("review"),
         Step("copi", "copy", "review", ("utter_summary_heading", "utter_copy", "utter_ask_review")),
         Step(*ANSWERS["review"], None, ("utter_sent",))),
    ),
    Conversation(
        "a copy after sending",
        (*until(None), Step("ga i gopi?", "can I have a copy?", None,
                            ("utter_summary_heading", "utter_summary_where", "utter_copy"))),
    ),
    Conversation(
        "a copy in the middle, and the open question comes again",
        (*AT_RISK, Step("copi", "copy", OPEN, ("utter_copy", f"utter_ask_{OPEN}"))),
    ),
    Conversation(
        "nothing to copy yet",
        (Step("copi", "copy", "account", ("utter_copy_empty",)),),
    ),
    Conversation(
        "nothing is left to copy of what was not sent",
        (*until("review"), Step("Peidio ag anfon", "Don't send", None),
         Step("copi", "copy", None, ("utter_copy_gone",))),
    ),
)  # fmt: skip
CHANGES = (
    _changed("where", "newid ble", "change where", "where", ("Aberteifi", "Cardigan")),
    _changed("when it happened", "newid pryd ddigwyddodd e", "change when it happened", "when",
             ("ddoe", "yesterday")),
    _changed("my name", "dwi am newid fy enw", "I want to change my name", "contact_name",
             ("Mair", "Mair")),
    _changed("the phone number", "newid y rhif ffôn", "can I change the phone number",
             "contact_phone", ("07700 900456", "07700 900456")),
    _changed("threats", "hoffwn i newid y bygythiadau", "please change the threats",
             "risk_threats", ("naddo", "no")),
    _changed("the choice of support", "newid fy newis am gymorth", "change my choice about support",
             "referral", ("2", "2")),
    Conversation(
        "at the review, what happened",
        (*until("review"), Step("newid beth ddigwyddodd", "change what happened", "account_done"),
         Step("roedd tri ohonyn nhw, nid dau", "there were three of them, not two", "account_done"),
         Step("dyna ni", "that's it", "review")),
    ),
    Conversation(
        "who it happened to, by button",
        (*until("review"), Step("Newid rhywbeth", "Change something", "change"),
         Step("I bwy ddigwyddodd hyn", "Who it happened to", "route"),
         Step("I fi", "To me")),
    ),
    Conversation(
        "named at the question what to change",
        (*until("review"), Step("Newid rhywbeth", "Change something", "change"),
         Step("pryd ddigwyddodd e", "when it happened", "when")),
    ),
    Conversation(
        "in the middle, an earlier answer is named, and the open question comes after it",
        (*AT_RISK, Step("newid ble ddigwyddodd e", "change where it happened", "where"),
         Step("Llandeilo", "Llandeilo", OPEN)),
    ),
    Conversation(
        "an answer that speaks of changing is an answer",
        (*until("why"), Step("achos mod i ddim am newid fy nghrefydd",
                             "because I won't change my religion", "risk_weapon_or_hurt")),
    ),
    Conversation(
        "then it is sent",
        (TOLD, *until("review", start="account_done"),
         Step("newid ble", "change where", "where"), Step("Aberteifi", "Cardigan", "review"),
         Step("Anfon", "Send", None, ("utter_sent",))),
        lambda report: (
            None
            if report["report"]["where_text"] in ("Aberteifi", "Cardigan")
            else pytest.fail(str(report["report"]))
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", [*PAUSES, *AGAIN, *CHANGES], ids=lambda each: each.name)
def test_at_ones_own_pace(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


def test_a_pause_gives_a_code_and_the_hour_until_which_the_draft_is_kept(
    assistant: Assistant,
) -> None:
    talk = assistant.talk("en")
    for step in (*AT_RISK, DISTRESS, REST):
        talk.say(step.text("en"))
    assert talk.replies[-1]["resume_code"] is True
    assert " until " in talk.text


def test_a_copy_is_a_summary_and_the_same_before_and_after_sending(assistant: Assistant) -> None:
    talk = assistant.talk("cy")
    for step in until("review"):
        talk.say(step.text("cy"))
    before = next(reply for reply in talk.say("copi") if reply.get("kind") == "summary")
    talk.say("Anfon")
    [after] = talk.say("copi")
    assert after["kind"] == "summary"
    assert after["text"] == before["text"]


@pytest.mark.parametrize("language", ["cy", "en"])
def test_by_text_message_stopping_and_pausing_cost_three_segments_at_most(
    assistant: Assistant, language: str
) -> None:
    talk = assistant.talk(language, "sms")
    for step in AT_RISK:
        talk.say(step.text(language))
    for step in (DISTRESS, REST):
        for reply in talk.say(step.text(language)):
            assert segments(with_choices(reply["text"], reply["choices"])) <= 3, reply["text"]
    for said, returned in (
        ("stop", False),
        ("helo", True),
        ("hwyl" if language == "cy" else "bye", False),
    ):
        for reply in talk.say(said, returned=returned):
            assert segments(with_choices(reply["text"], reply["choices"])) <= 3, reply["text"]
