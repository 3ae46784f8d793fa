"""From slots to the report that is handed over and to the summary that is read first."""

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.account import add_to_account, announces, holds_account
from actions.asking import ConsentRules
from actions.catalogue import Catalogue
from actions.changing import open_again
from actions.config import ROOT
from actions.consequences import Consequences
from actions.directory import Directory
from actions.finish import report_of
from actions.memory import forget, reopen
from actions.questions import BY_SLOT, PARTS, QUESTIONS, SKIPPED, UNKNOWN, next_question
from actions.summary import summary_lines
from api.cases.schemas import ReportSubmission
from tests.actions.people import turn_of

SENDER = "00000000-0000-4000-8000-000000000001"
CATALOGUE = Catalogue.load(ROOT)
TOLD = turn_of(
    "They called me names on the bus in Llanelli yesterday because I'm gay",
    "report_hate",
    entities=(
        ("place", "Llanelli", "Llanelli"),
        ("time", "yesterday", "yesterday"),
        ("strand", "gay", "sexual_orientation"),
        ("incident_type", "called me names", "verbal_abuse"),
    ),
)


def test_an_empty_form_asks_for_the_account_first() -> None:
    first = next_question({})
    assert first is not None
    assert first.slot == "account"


def test_facts_of_the_account_are_not_asked_again() -> None:
    slots: dict[str, object] = {"account_done": "done", "route": "victim", "why": "x"}
    add_to_account(slots, TOLD)
    following = next_question(slots)
    assert following is not None
    assert following.slot == "risk_weapon_or_hurt"
    assert slots["strands"] == ["sexual_orientation"]
    found = slots["found"]
    assert isinstance(found, dict)
    assert found["place"] == "Llanelli"
    assert found["incident_types"] == ["verbal_abuse"]
    assert found["occurred"]["from"] < found["occurred"]["to"]


@pytest.mark.parametrize(
    ("language", "words", "since"),
    [
        ("cy", "heddiw", "2025-03-08T00:00:00+00:00"),
        ("cy", "neithiwr", "2025-03-07T18:00:00+00:00"),
        ("en", "tonight", "2025-03-08T18:00:00+00:00"),
        ("en", "yesterday", "2025-03-07T00:00:00+00:00"),
    ],
)
def test_today_is_the_day_on_which_a_message_was_sent(
    language: str, words: str, since: str
) -> None:
    slots: dict[str, object] = {}
    sent_at = "2025-03-08T23:50:00+00:00"
    turn = turn_of(words, language=language, entities=(("time", words, words),), sent_at=sent_at)
    add_to_account(slots, turn)
    found = slots["found"]
    assert isinstance(found, dict)
    assert found["occurred"]["from"] == since


def test_more_words_come_after_the_first() -> None:
    slots: dict[str, object] = {}
    add_to_account(slots, TOLD)
    add_to_account(slots, turn_of("And they laughed"))
    assert slots["account"] == f"{TOLD.text}\nAnd they laughed"


def test_an_announcement_is_no_account() -> None:
    for text in ("I want to report a hate crime", "dwi isio riportio trosedd casineb"):
        assert announces(turn_of(text, "report_hate"))
        assert not holds_account(turn_of(text, "report_hate"))
    assert holds_account(TOLD)
    assert not holds_account(turn_of("racism", "report_hate"))


def test_a_report_is_as_the_staff_door_takes_it() -> None:
    slots: dict[str, object] = {
        "language": "en",
        "channel": "web",
        "route": "victim",
        "contact_method": "phone",
        "contact_phone": "+447700900123",
        "referral": "refer",
        "referral_words": "Yes",
        "referral_wording": "2026-11-01/opt_out",
        "risk_threats": "yes",
        "flags": ["danger"],
    }
    add_to_account(slots, TOLD)
    report = ReportSubmission.model_validate(report_of(slots, SENDER, "2026-11-01"))
    assert report.report.occurred_from is not None
    assert report.risk_answers == {"threats": "yes"}
    assert report.referral.wording_version == "2026-11-01/opt_out"


def test_an_empty_or_overlong_report_is_still_one_that_the_door_takes() -> None:
    ReportSubmission.model_validate(report_of({}, SENDER, "2026-11-01"))
    ReportSubmission.model_validate(
        report_of(
            {
                "account": "\x00" + "a" * 50_000,
                "why": "b" * 9000,
                "where": "c" * 5000,
                "when": "d" * 5000,
                "referral_words": "e" * 5000,
                "contact_method": "unknown",
                "contact_name": "skipped",
                "account_language": None,
            },
            SENDER,
            "2026-11-01",
        )
    )


def test_what_was_not_given_is_not_sent_as_words() -> None:
    report = report_of(
        {"why": "skipped", "when": "unknown", "contact_name": "anonymous"}, SENDER, "v"
    )
    assert report["report"]["why_text"] is None
    assert report["report"]["when_text"] is None
    assert report["contact"]["name"] is None


@pytest.mark.parametrize("language", ["cy", "en", None])
def test_the_summary_shows_every_answer_and_what_was_understood(language: str | None) -> None:
    slots: dict[str, object] = {
        "channel": "web",
        "route": "victim",
        "risk_threats": "rather_not",
        "contact_name": "anonymous",
        "contact_method": "none",
        "referral": "not_asked",
        "why": "skipped",
    }
    add_to_account(slots, TOLD)
    text = "\n".join(summary_lines(slots, CATALOGUE, language))
    assert TOLD.text in text
    found = slots["found"]
    assert isinstance(found, dict)
    assert found["occurred"][language or "cy"] in text
    assert "not_asked" not in text
    assert "rather_not" not in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "cy",
            (
                "Bygythiadau: Do, bygwth",
                "Yn gwaethygu: Nac ydy, ddim yn waeth",
                "Ofn y bydd yn digwydd eto: oes",
                "Gadael neges: Na, dim neges",
            ),
        ),
        (
            "en",
            (
                "Threats: Yes, they threatened",
                "Getting worse: No, no worse",
                "Afraid that it will happen again: yes",
                "Leaving a message: No, no message",
            ),
        ),
    ],
)
def test_the_summary_says_yes_and_no_in_the_words_of_each_question(
    language: str, lines: tuple[str, ...]
) -> None:
    slots = {
        "route": "victim",
        "risk_threats": "yes",
        "risk_worse": "no",
        # Told in words: none of the buttons.
        "risk_afraid": "yes",
        "voicemail": "no",
    }
    said = summary_lines(slots, CATALOGUE, language)
    assert [line for line in lines if line not in said] == []


def test_a_summary_by_text_is_short() -> None:
    slots = {"channel": "sms", "account": "word " * 500}
    assert len("\n".join(summary_lines(slots, CATALOGUE, "en"))) < 300


def test_changing_a_part_asks_it_again_and_reviews_again() -> None:
    for part, slots_of_part in PARTS.items():
        full: dict[str, object] = {question.slot: "x" for question in QUESTIONS}
        full.update(
            contact_method="phone", review="change", channel="web", found={"nuisance": True}
        )
        full["start_again"] = None
        reopen(full, slots_of_part)
        full["change"] = None
        following = next_question(full)
        assert following is not None
        expected = slots_of_part[0] if slots_of_part else "review"
        assert following.slot == expected, part


@pytest.mark.parametrize("taken_back", [UNKNOWN, SKIPPED])
@pytest.mark.parametrize("open_first", [True, False])
def test_a_time_or_a_place_that_is_taken_back_is_not_sent(
    taken_back: str, open_first: bool
) -> None:
    consequences = Consequences(CATALOGUE, Directory.load(ROOT))
    slots: dict[str, object] = {}
    add_to_account(slots, TOLD)
    if open_first:
        open_again(slots, ("when", "where"))
        assert not {"occurred", "place"} & set(slots["found"] or {})  # type: ignore[call-overload]
    for slot in ("when", "where"):
        slots[slot] = taken_back
        turn = turn_of("I don't know", "unsure")
        consequences.follow(CollectingDispatcher(), slots, turn, slot, taken_back)
    report = report_of(slots, SENDER, "2026-01-01")["report"]
    for name in ("when_text", "occurred_from", "occurred_to", "where_text", "place", "online"):
        assert report[name] is None, name
    assert "(" not in "\n".join(summary_lines(slots, CATALOGUE, "en")).split("When")[1]


def test_that_it_was_online_stays_with_the_account_when_the_place_is_not_known() -> None:
    slots: dict[str, object] = {}
    told = turn_of(
        "he sent it to @carys", "report_hate", entities=(("handle", "@carys", "@carys"),)
    )
    add_to_account(slots, told)
    reopen(slots, ("where",))
    assert report_of(slots, SENDER, "2026-01-01")["report"]["online"] is True


def test_forgetting_empties_every_answer() -> None:
    assert set(BY_SLOT) <= set(forget())
    assert not any(forget().values())


@pytest.mark.parametrize(
    ("slots", "wording"),
    [
        ({"route": "victim", "contact_name": "Carys"}, "opt_out"),
        ({"route": "victim", "flags": ["danger"]}, "opt_out"),
        ({"route": "victim", "flags": ["child", "danger"]}, "opt_in"),
        ({"route": "victim", "risk_someone_close": "yes"}, "opt_in"),
        ({"route": "victim", "risk_someone_close": "no"}, "opt_out"),
        ({"route": "witness"}, "opt_in"),
        ({"route": "on_behalf"}, "opt_in"),
        ({"route": "victim", "contact_name": "anonymous"}, "opt_in"),
        ({"route": "victim", "flags": ["domestic_abuse"]}, "opt_in"),
        ({"route": "victim", "flags": ["sexual_offence"]}, "opt_in"),
    ],
)
def test_the_free_wording_is_used_only_where_the_policy_says(
    slots: dict[str, object], wording: str
) -> None:
    rules = ConsentRules(
        wording_version="v",
        regime="opt_out",
        opt_in_routes=frozenset({"witness", "on_behalf"}),
        opt_in_flags=frozenset({"child", "domestic_abuse", "sexual_offence"}),
        opt_in_answers=frozenset({"someone_close"}),
        opt_in_anonymous=True,
    )
    assert rules.wording(slots) == wording


def test_where_the_force_opts_in_everybody_is_asked_freely() -> None:
    rules = ConsentRules("v", "opt_in", frozenset(), frozenset(), frozenset(), False)
    assert rules.wording({"route": "victim"}) == "opt_in"
