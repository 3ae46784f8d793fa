"""Stopping and coming back: the draft is there, the person says how to go on, and nothing they bring is lost."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    ANSWERS,
    TOLD,
    Conversation,
    Report,
    Step,
    until,
    walk,
)

OPEN = "risk_repeated"
AT_RISK = until(OPEN)
DANGER = {"danger": "card", "suicide": "none", "flags": ["danger"]}


def _back(cy: str, en: str, asks: str | None = "resume", *says: str, **more: object) -> Step:
    """What somebody says who comes back after a pause."""
    return Step(cy, en, asks, says, returned=True, **more)  # type: ignore[arg-type]


def _lines(count: int):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        assert len(report["report"]["text"].splitlines()) == count, report["report"]["text"]

    return check


def _stops(name: str, cy: str, en: str, says: str) -> Conversation:
    return Conversation(
        f"{name} leaves the draft to be taken up again",
        (
            *AT_RISK,
            Step(cy, en, None, (says,)),
            _back("helo", "hello", "resume", "utter_ask_resume"),
            Step("Mynd ymlaen", "Go on", OPEN, ("utter_going_on", f"utter_ask_{OPEN}")),
            *until(None, start=OPEN),
        ),
        _lines(1),
    )


CONVERSATIONS = (
    _stops("stop", "stopiwch", "stop", "utter_stopped"),
    _stops("can I finish later", "alla i orffen wedyn?", "can I finish later?", "utter_stopped"),
    _stops("I'll come back", "ddo i nôl wedyn", "I'll come back later", "utter_stopped"),
    _stops("goodbye", "hwyl", "bye", "utter_goodbye_kept"),
    Conversation(
        "stop before anything was told keeps nothing and says so",
        (
            Step("Helo", "Hello", "account"),
            Step("stopiwch", "stop", None, ("utter_stopped_empty",)),
            _back("helo", "hello", "account", "utter_ask_account"),
        ),
    ),
    Conversation(
        "go on asks the open question again, and the late answer was not taken for it",
        (
            *AT_RISK,
            _back("Ydy, o'r blaen", "Yes, before", "resume", "utter_ask_resume"),
            Step("ymlaen", "carry on", OPEN, (f"utter_ask_{OPEN}",)),
            Step("Nac ydy, y tro cyntaf", "No, the first time", "risk_knows_where"),
            *until(None, start="risk_knows_where"),
        ),
        lambda report: (
            None
            if report["risk_answers"]["repeated"] == "no"
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "yes is going on, by text message too",
        (*AT_RISK, _back("helo eto", "hello again"), Step("ie", "yes", OPEN)),
        channel="sms",
    ),
    Conversation(
        "by number, by text message",
        (*AT_RISK, _back("?", "?"), Step("1", "1", OPEN, (f"utter_ask_{OPEN}",))),
        channel="sms",
    ),
    Conversation(
        "start afresh forgets what was told",
        (
            *AT_RISK,
            _back("helo", "hi"),
            Step(
                "Dechrau o'r newydd",
                "Start afresh",
                "account",
                ("utter_restarted", "utter_ask_account"),
            ),
            TOLD,
            *until(None, start="account_done"),
        ),
        _lines(1),
    ),
    Conversation(
        "what they came back to tell is added to the account",
        (
            *AT_RISK,
            _back(
                "fe ddaeth y ddau ddyn yn ôl heddiw a bygwth fy mrawd",
                "the two men came back today and threatened my brother",
                "resume",
                "utter_account_added",
                "utter_ask_resume",
            ),
            Step("2", "2", "account_done", ("utter_restarted",)),
        ),
    ),
    Conversation(
        "what they came back to tell goes with the draft when they go on",
        (
            *AT_RISK,
            _back(
                "fe ddaeth y ddau ddyn yn ôl heddiw a bygwth fy mrawd",
                "the two men came back today and threatened my brother",
            ),
            Step("1", "1", OPEN),
            *until(None, start=OPEN),
        ),
        _lines(2),
    ),
    Conversation(
        "told after stopping, it is kept as well",
        (
            *AT_RISK,
            Step("stopiwch", "stop", None),
            _back(
                "maen nhw wedi poeri arna i heno ar y stryd",
                "they spat at me tonight in the street",
                "resume",
                "utter_account_added",
            ),
            Step("mynd ymlaen", "go on", OPEN),
            *until(None, start=OPEN),
        ),
        _lines(2),
    ),
    Conversation(
        "a question asked on coming back is answered first",
        (
            *AT_RISK,
            _back(
                "pwy fydd yn gweld hyn?",
                "who will read this?",
                "resume",
                "utter_ask_privacy",
                "utter_ask_resume",
            ),
        ),
    ),
    Conversation(
        "start again on coming back is asked about once",
        (
            *AT_RISK,
            _back("dechrau eto", "start again", "start_again", "utter_ask_start_again"),
            Step("ie", "yes", "account"),
        ),
    ),
    Conversation(
        "stop on coming back is obeyed",
        (*AT_RISK, _back("stopiwch", "stop", None, "utter_stopped")),
    ),
    Conversation(
        "danger on coming back comes before everything",
        (
            *AT_RISK,
            _back(
                "mae e tu fas nawr gyda chyllell",
                "he is outside now with a knife",
                OPEN,
                "utter_when_safe",
                safety=DANGER,
            ),
        ),
    ),
    Conversation(
        "gibberish at how to go on loses nothing",
        (
            *AT_RISK,
            _back("helo", "hello"),
            Step("fgh jkl qwrt", "fgh jkl qwrt", "resume", ("utter_choose_one",)),
            Step("zxcv bnm", "zxcv bnm", OPEN, ("utter_moving_on",)),
            *until(None, start=OPEN),
        ),
        _lines(1),
    ),
    Conversation(
        "no is not taken for forgetting",
        (*AT_RISK, _back("helo", "hello"), Step("na", "no", "resume")),
    ),
    Conversation(
        "why it is asked can be asked",
        (
            *AT_RISK,
            _back("helo", "hello"),
            Step("pam chi'n gofyn?", "why do you ask?", "resume", ("utter_why_resume",)),
        ),
    ),
    Conversation(
        "with nothing told yet, coming back is like coming",
        (
            Step("Helo", "Hello", "account"),
            Step(TOLD.cy, TOLD.en, "account_done", ("utter_after_account",), returned=True),
        ),
    ),
    Conversation(
        "after sending there is no draft to go on with",
        (*until(None), _back("diolch", "thank you", None, "utter_thank")),
    ),
    Conversation(
        "coming back at the review shows it again after going on",
        (
            *until("review"),
            _back("Anfon", "Send", "resume"),
            Step("mynd ymlaen", "go on", "review", ("utter_summary_heading",)),
            Step(*ANSWERS["review"], None, ("utter_sent",)),
        ),
    ),
    Conversation(
        "coming back twice asks twice",
        (
            *AT_RISK,
            _back("helo", "hello"),
            _back("helo", "hello"),
            Step("1", "1", OPEN),
        ),
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_a_draft_is_there_when_somebody_comes_back(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize(
    ("cy", "en", "offered"),
    [
        ("stopiwch", "stop", True),
        ("hwyl", "bye", True),
        ("cuddia hwn", "hide this", False),
        ("pwy wyt ti?", "are you a robot?", False),
    ],
)
def test_the_code_to_come_back_by_is_asked_of_the_api_and_never_seen_here(
    assistant: Assistant, language: str, cy: str, en: str, offered: bool
) -> None:
    talk = assistant.talk(language)
    for step in AT_RISK:
        talk.say(step.text(language))
    replies = talk.say(cy if language == "cy" else en)
    assert any(reply.get("resume_code") for reply in replies) is offered
