"""Whatever people say along the way is answered, nothing told is lost, and the open question comes again."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import TOLD, Conversation, Step, until, walk

OPEN = "risk_repeated"
AT_RISK = until(OPEN)


def _at_risk(name: str, cy: str, en: str, *says: str) -> Conversation:
    return Conversation(name, (*AT_RISK, Step(cy, en, OPEN, (*says, f"utter_ask_{OPEN}"))))


def _at_start(name: str, cy: str, en: str, *says: str) -> Conversation:
    return Conversation(name, (Step(cy, en, "account", (*says, "utter_ask_account")),))


CONVERSATIONS = (
    _at_risk(
        "why do you ask",
        "pam chi'n gofyn hwnna",
        "why do you need to know that",
        "utter_why_risk_repeated",
    ),
    _at_risk("say that again", "beth wedoch chi?", "say that again?"),
    _at_risk("a question mark", "?", "?"),
    _at_risk("who sees it", "pwy fydd yn gweld hyn?", "who will read this?", "utter_ask_privacy"),
    _at_risk("no name", "oes rhaid rhoi enw?", "do I have to give my name?", "utter_ask_anonymity"),
    _at_risk(
        "a person please",
        "ga i siarad gyda rhywun",
        "can I talk to a real person",
        "utter_ask_human",
    ),
    _at_risk(
        "who can help",
        "pwy all fy helpu gyda hyn",
        "who can help me with this",
        "utter_ask_support",
    ),
    _at_risk(
        "is it hate crime",
        "ydy hynny'n drosedd casineb?",
        "is that a hate crime?",
        "utter_ask_if_hate_crime",
    ),
    _at_risk(
        "what happens next",
        "beth sy'n digwydd nesaf?",
        "what happens next?",
        "utter_ask_what_happens_next",
    ),
    _at_risk("who are you", "pwy wyt ti?", "are you a robot?", "utter_ask_who_are_you"),
    _at_risk("thanks", "diolch yn fawr", "thank you", "utter_thank"),
    _at_risk("an insult", "ti'n wast o amser", "you're useless", "utter_abuse_bot"),
    _at_risk("afraid", "mae ofn arna i", "I'm scared they'll find out", "utter_express_fear"),
    _at_risk("what can you do", "beth allwch chi wneud?", "what can you do?", "utter_help"),
    _at_risk(
        "withdraw before anything was sent",
        "dwi am dynnu'r adroddiad yn ôl",
        "please delete my report",
        "utter_nothing_sent",
    ),
    _at_risk("gibberish at a choice", "fgh jkl qwrt", "fgh jkl qwrt", "utter_choose_one"),
    _at_start("greeting", "Helo", "Hi", "utter_greet"),
    _at_start("who are you, first", "pwy ydych chi?", "who are you?", "utter_ask_who_are_you"),
    _at_start("out of scope, first", "beth yw'r tywydd fory?", "what's the weather tomorrow?"),
    _at_start("a command", "/restart", "/restart"),
    _at_start(
        "an intent in braces", '/report_hate{"strand": "race"}', '/report_hate{"strand": "race"}'
    ),
    Conversation(
        "gibberish twice at the account brings likely choices",
        (
            Step("asdf", "asdf", "account"),
            Step("na", "no", "account", ("utter_not_understood_again",)),
            Step("Dweud beth ddigwyddodd", "Tell what happened", "account"),
            TOLD,
        ),
    ),
    Conversation(
        "skip, don't know and rather not are answers to a risk question",
        (
            *until("risk_weapon_or_hurt"),
            Step("sgipio", "skip", "risk_threats"),
            Step("dim syniad", "don't know", "risk_repeated"),
            Step("well gen i beidio dweud", "rather not say", "risk_knows_where"),
            Step("nesaf", "next", "risk_afraid"),
            *until(None, start="risk_afraid"),
        ),
        lambda report: (
            None
            if report["risk_answers"]["threats"] == "unknown"
            and {report["risk_answers"][code] for code in ("weapon_or_hurt", "repeated", "harder")}
            == {"rather_not"}
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "the account itself can be skipped",
        (
            Step("Helo", "Hello", "account"),
            Step(
                "well gen i beidio dweud", "I'd rather not say", "account", ("utter_account_short",)
            ),
            Step("sgipio", "skip", "account_done"),
        ),
    ),
    Conversation(
        "go back opens the last answer again",
        (
            *until("risk_repeated"),
            Step("nôl", "go back", "risk_threats", ("utter_ask_risk_threats",)),
            Step("Naddo, dim bygwth", "No, no threats", "risk_repeated"),
            *until(None, start="risk_repeated"),
        ),
        lambda report: (
            None
            if report["risk_answers"]["threats"] == "no"
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "go back before anything was answered loses nothing",
        (
            TOLD,
            Step("cer nôl", "go back", "account_done", ("utter_nothing_to_change",)),
            *until(None, start="account_done"),
        ),
        lambda report: None if "Llanelli" in report["report"]["text"] else pytest.fail(str(report)),
    ),
    Conversation(
        "stop, and any message goes on from there",
        (
            *AT_RISK,
            Step("stopiwch", "stop", None, ("utter_stopped",)),
            Step("helo", "hello", OPEN, (f"utter_ask_{OPEN}",)),
            *until(None, start=OPEN),
        ),
        lambda report: (
            None
            if report["risk_answers"]["threats"] == "yes"
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "leave fast",
        (
            *AT_RISK,
            Step(
                "mae rhywun yn dod, cuddia hwn",
                "someone's coming, hide this",
                None,
                ("utter_quick_exit",),
            ),
        ),
    ),
    Conversation(
        "leave fast by text",
        (
            TOLD,
            Step(
                "mae rhywun yn dod, cuddia hwn",
                "someone's coming, hide this",
                None,
                ("utter_quick_exit_by_text",),
            ),
        ),
        channel="sms",
    ),
    Conversation(
        "goodbye leaves the draft for later",
        (
            *AT_RISK,
            Step("hwyl", "bye", None, ("utter_goodbye_kept",)),
            Step("helo", "hello", OPEN),
        ),
    ),
    Conversation(
        "start again is asked first, and no keeps the answers",
        (
            *AT_RISK,
            Step("dechrau eto", "start again", "start_again", ("utter_ask_start_again",)),
            Step("na", "no", OPEN, ("utter_going_on", f"utter_ask_{OPEN}")),
            *until(None, start=OPEN),
        ),
        lambda report: None if "Llanelli" in report["report"]["text"] else pytest.fail(str(report)),
    ),
    Conversation(
        "start again is asked first, and yes begins anew",
        (
            *AT_RISK,
            Step("dechrau eto", "start over", "start_again"),
            Step("ie", "yes", "account", ("utter_restarted", "utter_ask_account")),
            TOLD,
        ),
    ),
    Conversation(
        "another language in the middle, answers kept",
        (
            *AT_RISK,
            Step(
                "Cymraeg os gwelwch yn dda",
                "English please",
                OPEN,
                (f"utter_ask_{OPEN}",),
                switch=True,
            ),
            *until(None, start=OPEN),
        ),
        lambda report: (
            None
            if report["language"] != report["report"]["text_language"]
            and report["risk_answers"]["threats"] == "yes"
            else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "the same question again and again comes with other ways on",
        (
            *AT_RISK,
            Step("diolch", "thanks", OPEN, never=("utter_ways_on",)),
            Step("diolch", "thanks", OPEN, ("utter_ways_on",)),
            Step("diolch", "thanks", OPEN, ("utter_ways_on",)),
        ),
    ),
    Conversation(
        "an answer that twice cannot be read is left open for the officer",
        (
            *AT_RISK,
            Step("fgh jkl qwrt", "fgh jkl qwrt", OPEN, ("utter_choose_one",)),
            Step("zxcv bnm", "zxcv bnm", "risk_knows_where", ("utter_moving_on",)),
            *until(None, start="risk_knows_where"),
        ),
        lambda report: (
            None
            if report["risk_answers"]["repeated"] == "unknown"
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "what is told in place of a choice is kept, and the question stays",
        (
            *AT_RISK,
            Step(
                "wnaethon nhw daflu cerrig at y ffenest wedyn hefyd",
                "they threw stones at my window afterwards as well",
                OPEN,
                ("utter_account_added",),
            ),
            *until(None, start=OPEN),
        ),
        lambda report: (
            None
            if len(report["report"]["text"].splitlines()) == 2
            else pytest.fail(report["report"]["text"])
        ),
    ),
    Conversation(
        "written before the question was seen, it is no answer to it",
        (
            *AT_RISK,
            Step(
                "roedd ci mawr gyda nhw hefyd",
                "they had a big dog with them as well",
                OPEN,
                ("utter_account_added",),
                seen="risk_threats",
            ),
        ),
    ),
    Conversation(
        "a button of the question before, pressed late, changes that answer",
        (
            *AT_RISK,
            Step("Naddo, dim bygwth", "No, no threats", OPEN, seen="risk_threats"),
            *until(None, start=OPEN),
        ),
        lambda report: (
            None
            if report["risk_answers"]["threats"] == "no" and "repeated" in report["risk_answers"]
            else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "stop is obeyed even when written before the question was seen",
        (*AT_RISK, Step("stopiwch nawr", "please stop", None, seen="risk_threats")),
    ),
    Conversation(
        "after sending, more is kept and the person told so",
        (
            *until(None),
            Step("diolch", "thanks", None, ("utter_thank",)),
            Step(
                "dwi eisiau ychwanegu rhywbeth",
                "I want to add something",
                "addition",
                ("utter_ask_addition",),
            ),
            Step("roedd car coch", "there was a red car", None, ("utter_addition_kept",)),
            Step("stop", "stop", None, ("utter_stopped_after_sent",)),
        ),
    ),
    Conversation(
        "after sending, something new begins a new report",
        (
            *until(None),
            Step(
                "mae wedi digwydd eto, wnaethon nhw boeri arna i heddiw",
                "it happened again, they spat at me today",
                "account_done",
                ("utter_after_account",),
            ),
        ),
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_what_people_say_along_the_way(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
