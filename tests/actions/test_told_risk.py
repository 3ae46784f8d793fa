"""What an account tells of risk: only what can mean nothing else, in both languages."""

import pytest
import yaml

from actions.account import add_to_account
from actions.config import ROOT
from actions.told_risk import forget_what_was_told_of_the_writer, note_risk, told, told_outright
from tests.actions.people import turn_of

WORDS = yaml.safe_load((ROOT / "data" / "risk_words.yml").read_text())
POLICY = yaml.safe_load((ROOT / "data" / "policy" / "2026-11-22.yml").read_text())


@pytest.mark.parametrize(
    ("code", "text", "answer"),
    [
        ("weapon_or_hurt", "He had a knife", "yes"),
        ("weapon_or_hurt", "Roedd cyllell gyda fe", "yes"),
        ("weapon_or_hurt", "Cafodd fy mrawd ei daro", None),
        ("weapon_or_hurt", "Fe wnaeth e fy mwrw i", "yes"),
        ("weapon_or_hurt", "there was no knife", None),
        ("weapon_or_hurt", "doedd dim cyllell gyda fe", None),
        ("threats", "They threatened me", "yes"),
        ("threats", "Wnaethon nhw fygwth fi", "yes"),
        ("threats", "they didn't threaten me", None),
        ("threats", "wnaeth e ddim bygwth neb", None),
        ("threats", "I was worried he might kill me", None),
        ("repeated", "It happened again", "yes"),
        ("repeated", "Mae wedi digwydd eto", "yes"),
        ("repeated", "They shout every week", "often"),
        ("repeated", "Maen nhw'n gweiddi bob wythnos", "often"),
        ("repeated", "It never happened before", None),
        ("repeated", "I hope it won't happen again", None),
        ("repeated", "Dyw e ddim wedi digwydd eto", None),
        ("knows_where", "He knows where I live", "yes"),
        ("knows_where", "Mae e'n gwybod ble dwi'n byw", "yes"),
        ("knows_where", "He doesn't know where I live", None),
        ("worse", "It's getting worse", "yes"),
        ("worse", "Mae'n gwaethygu", "yes"),
        ("afraid", "I'm terrified", "very"),
        ("afraid", "Mae gormod o ofn arna i", "very"),
        ("afraid", "Mae ofn arna i", "yes"),
        ("daily_life", "I can't sleep", "yes"),
        ("daily_life", "Dw i'n ffaelu cysgu", "yes"),
        ("children", "It was in front of my kids", "yes"),
        ("alone", "I live alone", "yes"),
        ("alone", "Dwi'n byw ar fy mhen fy hun", "yes"),
        ("health_need", "I use a wheelchair", "yes"),
        ("health_need", "Dwi'n awtistig", "yes"),
        ("harder", "I am an asylum seeker", "yes"),
        ("harder", "Ceisiwr lloches ydw i", "yes"),
        ("someone_close", "A man shouted at me", None),
    ],
)
def test_only_a_clear_telling_counts(code: str, text: str, answer: str | None) -> None:
    assert told(code, turn_of(text)) == answer


def test_a_denial_reaches_as_far_as_its_thought() -> None:
    turn = turn_of("Nobody helped. He threatened me, but he didn't hit me")
    assert told("threats", turn) == "yes"
    assert told("weapon_or_hurt", turn) is None


def test_an_account_answers_and_is_not_asked_again() -> None:
    slots: dict[str, object] = {}
    add_to_account(slots, turn_of("They threatened me again outside my house", "report_hate"))
    assert slots["risk_threats"] == slots["risk_repeated"] == slots["risk_knows_where"] == "yes"
    assert "risk_weapon_or_hurt" not in slots


def test_what_was_answered_is_not_changed_by_what_is_told_later() -> None:
    slots: dict[str, object] = {"risk_threats": "no"}
    note_risk(slots, turn_of("they threatened me"))
    assert slots["risk_threats"] == "no"


def test_what_the_safety_layer_saw_counts_as_told() -> None:
    slots: dict[str, object] = {}
    safety = {"danger": "none", "suicide": "none", "flags": ["domestic_abuse"]}
    note_risk(slots, turn_of("my husband hits me", safety=safety))
    assert slots["risk_someone_close"] == "yes"


def test_what_the_writer_tells_of_themselves_is_not_the_victims() -> None:
    slots: dict[str, object] = {"route": "on_behalf"}
    note_risk(slots, turn_of("I live alone and he threatened my son"))
    assert "risk_alone" not in slots
    slots = {}
    note_risk(slots, turn_of("I live alone and he threatened my son"))
    forget_what_was_told_of_the_writer(slots)
    assert (slots["risk_alone"], slots["risk_threats"]) == (None, "yes")


def test_a_question_back_is_no_answer() -> None:
    assert told_outright("risk_repeated", turn_of("every night?")) is None
    assert told_outright("risk_repeated", turn_of("every night")) == "often"
    assert told_outright("why", turn_of("every night")) is None


def test_the_lists_are_of_questions_and_answers_that_the_policy_knows() -> None:
    questions = POLICY["risk"]["questions"]
    assert set(WORDS["told"]) | set(WORDS["flags"]) == set(questions)
    for code, answers in WORDS["told"].items():
        assert set(answers) <= {"yes", *questions[code].get("levels", {})}
        assert all(set(by_language) == {"cy", "en"} for by_language in answers.values())
    assert set(WORDS["of_the_writer"]) <= set(questions)


def test_every_listed_phrase_is_found_in_itself() -> None:
    for code, answers in WORDS["told"].items():
        for by_language in answers.values():
            for phrase in (*by_language["cy"], *by_language["en"]):
                assert told(code, turn_of(phrase.replace("*", ""))) is not None, phrase
