"""Who can help: by what was asked for, in the person's language, and never more numbers than anybody can take in."""

import pytest

from actions.catalogue import Catalogue
from channels.sms import segments
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import TOLD, Conversation, Step, until, walk

OPEN = "risk_repeated"
AT_RISK = until(OPEN)
MORE = ("mwy o wasanaethau", "more services")
NUISANCE = Step(
    "Mae'r cymdogion yn swnllyd bob nos yn Aberteifi",
    "The neighbours are noisy every night in Cardigan",
    "account_done",
)

# What is asked for, and a number that must be named for it.
ASKED = (
    ("pwy all fy helpu gyda hyn", "who can help me with this", "0300 3031 982"),
    ("oes help i bobl hoyw ym Mhowys", "is there help for gay people in Powys", "0800 999 5428"),
    ("oes help i bobl draws", "is there help for trans people", "0800 999 5428"),
    ("oes elusen i bobl anabl", "is there a charity for disabled people", "029 2088 7325"),
    ("oes rhywbeth i blant", "is there anything for children", "080880 23456"),
    ("gyda phwy alla i siarad am fy iechyd meddwl", "who can I talk to about my mental health", "111"),
    ("cymorth cam-drin domestig", "support for domestic abuse", "0808 80 10 800"),
    ("pwy all helpu gyda phroblem tai yn Llanelli", "who can help me with housing in Llanelli", "01267"),
    ("oes llinell gymorth yn Gymraeg", "is there a helpline in Welsh", "0808 164 0123"),
    ("ble ga i gyngor cyfreithiol am hyn", "where can I get legal advice about this", "0800 702 2020"),
    ("oes help i Fwslimiaid", "is there help for Muslims", "0800 456 1226"),
    ("oes help i ffoaduriaid", "is there help for refugees", "0808 8010 503"),
    ("oes rhywbeth i bobl hŷn", "is there anything for older people", "0300 303 44 98"),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize(("cy", "en", "number"), ASKED, ids=[each[1] for each in ASKED])
def test_what_is_asked_for_is_named_and_the_open_question_comes_again(
    assistant: Assistant, catalogue: Catalogue, language: str, cy: str, en: str, number: str
) -> None:
    talk = assistant.talk(language)
    for step in AT_RISK:
        talk.say(step.text(language))
    talk.say(cy if language == "cy" else en)
    assert number in talk.text, talk.text
    assert talk.question == OPEN
    assert catalogue.say("utter_not_checked_lately", language) in talk.text
    services = [line for line in talk.replies[0]["text"].splitlines() if ": " in line]
    assert 1 <= len(services) <= 3
    for line in services:
        assert ("Cymraeg" in line or "Saesneg" in line) is (language == "cy"), line


CONVERSATIONS = (
    Conversation(
        "asked for without saying what, the report's strand decides",
        (
            TOLD,
            Step("dyna ni", "that's all", "why"),
            Step("pwy all fy helpu?", "who can help me?", "why", ("utter_ask_support",)),
        ),
    ),
    Conversation(
        "more of the same, until there are no more",
        (
            *AT_RISK,
            Step("oes rhywbeth i bobl hŷn", "is there anything for older people", OPEN),
            Step(*MORE, OPEN, ("utter_no_more_services",)),
            Step(*MORE, OPEN, ("utter_ask_support",)),
        ),
    ),
    Conversation(
        "more after the first three",
        (
            Step("pwy all fy helpu gyda hyn", "who can help me with this", "account",
                 ("utter_ask_support", "utter_say_more")),
            Step(*MORE, "account", ("utter_more_services",)),
        ),
    ),
    Conversation(
        "after sending, nothing is asked afterwards",
        (*until(None), Step("pwy all fy helpu gyda hyn", "who can help me with this", None,
                            ("utter_ask_support",))),
    ),
    Conversation(
        "antisocial behaviour with no hate in it leads to the right place",
        (
            NUISANCE,
            Step("dyna fo", "that's all", "targeted"),
            Step("Nac ydw", "No", "route", ("utter_not_targeted",)),
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_who_can_help(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
def test_the_right_place_for_a_nuisance_is_that_of_the_county_and_it_is_counted(
    assistant: Assistant, language: str
) -> None:
    before = assistant.log.read_text()
    talk = assistant.talk(language)
    for step in (NUISANCE, Step("dyna fo", "that's all"), Step("Nac ydw", "No")):
        talk.say(step.text(language))
    assert "01545 570881" in talk.text
    assert "101" in talk.text
    assert "01597" not in talk.text
    counted = assistant.log.read_text().removeprefix(before)
    assert "antisocial_report_came_in" in counted
    assert "right_place" in counted
    assert "Aberteifi" not in counted
    assert "Cardigan" not in counted


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize(("cy", "en", "number"), ASKED, ids=[each[1] for each in ASKED])
def test_by_text_message_there_are_two_at_most_in_three_segments(
    assistant: Assistant, language: str, cy: str, en: str, number: str
) -> None:
    talk = assistant.talk(language, "sms")
    talk.say(cy if language == "cy" else en)
    services = [line for line in talk.replies[0]["text"].splitlines() if ": " in line]
    assert 1 <= len(services) <= 2
    assert segments(talk.replies[0]["text"]) <= 3, talk.replies[0]["text"]
