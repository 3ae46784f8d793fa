"""Neither language is a translation that lags behind: same responses, choices, intents and words in both."""

from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from actions.catalogue import Catalogue
from actions.changing import AnswerNames
from actions.choices import choices_in
from actions.questions import BY_SLOT, PARTS, QUESTIONS
from actions.summary import SHOWN
from tests.wording.catalogue import ROOT, language_of, load_responses, read_yaml, words_files

# The contract between the two languages and everything that tests them.
INTENTS = {
    *("danger_now", "suicide_or_self_harm", "quick_exit", "ask_human", "switch_to_welsh"),
    *("switch_to_english", "report_for_someone_else", "report_as_witness", "report_hate"),
    *("report_antisocial_behaviour", "ask_case_update", "add_information"),
    *("change_referral_choice", "withdraw_report", "ask_support", "ask_if_hate_crime"),
    *("ask_what_happens_next", "ask_privacy", "ask_anonymity", "ask_why_question"),
    *("ask_who_are_you", "express_fear", "express_distress", "affirm", "deny", "unsure", "skip"),
    *("go_back", "repeat", "stop", "restart", "help", "greet", "goodbye", "thank", "abuse_bot"),
    "out_of_scope",
}


RESPONSES = load_responses()
CATALOGUE = Catalogue.load(ROOT)
WORDS_FILES = words_files()


def _by_language(name: str) -> dict[str | None, dict[str, Any]]:
    return {language_of(variation): variation for variation in RESPONSES[name]}


def _placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_a_response_is_said_in_welsh_in_english_and_in_both(name: str) -> None:
    variations = _by_language(name)
    assert len(RESPONSES[name]) == 3
    assert set(variations) == {"cy", "en", None}
    welsh, english = variations["cy"]["text"], variations["en"]["text"]
    both = welsh if welsh == english else f"{welsh}\n\n{english}"
    assert variations[None]["text"] == both
    assert _placeholders(welsh) == _placeholders(english)


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_buttons_are_the_same_choices_in_every_variation(name: str) -> None:
    variations = _by_language(name)
    buttons = {language: each.get("buttons", []) for language, each in variations.items()}
    for welsh, english, both in zip(buttons["cy"], buttons["en"], buttons[None], strict=True):
        assert welsh["payload"] == welsh["title"]
        assert english["payload"] == english["title"]
        same = welsh["title"] == english["title"]
        assert both["title"] == (
            welsh["title"] if same else f"{welsh['title']} / {english['title']}"
        )
        assert not any(button["payload"].startswith("/") for button in (welsh, english, both))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slot)
def test_a_question_has_as_many_buttons_as_meanings_and_each_is_understood(question: Any) -> None:
    for name in [each for each in RESPONSES if each.startswith(f"utter_ask_{question.slot}")]:
        rest = name.removeprefix(f"utter_ask_{question.slot}")
        if rest and rest.removeprefix("_") not in ("other", "free", "again"):
            continue
        for language in ("cy", "en", None):
            buttons = _by_language(name)[language].get("buttons", [])
            assert len(buttons) == len(question.codes), name
            for index, button in enumerate(buttons):
                for text in (button["title"], button["payload"], button["title"].upper()):
                    assert choices_in(question, text, CATALOGUE) == [index], text


def test_every_question_is_a_slot_of_the_form_and_has_its_words() -> None:
    domain = read_yaml(ROOT / "bot" / "domain" / "domain.yml")
    assert domain["forms"]["report_form"]["required_slots"] == [each.slot for each in QUESTIONS]
    assert set(BY_SLOT) <= set(domain["slots"])
    for question in QUESTIONS:
        assert f"utter_why_{question.slot}" in RESPONSES
        assert f"utter_ask_{question.slot}" in RESPONSES or question.slot == "referral"


def test_every_answer_of_the_summary_can_be_named_for_change_in_both_languages() -> None:
    names = AnswerNames.load(ROOT)
    assert set(SHOWN) <= names.answers
    assert names.answers <= {*BY_SLOT, *PARTS}
    content = read_yaml(ROOT / "data" / "answer_names.yml")
    for answer, words in content["answers"].items():
        assert set(words) == {"cy", "en"}, answer
        for verb, language in (("newid", "cy"), ("change", "en")):
            for name in words[language]:
                assert names.wanted(f"{verb} {name}") == answer, name


def test_simpler_words_are_for_real_questions_and_shorter() -> None:
    for name in [each for each in RESPONSES if each.startswith("utter_simple_")]:
        slot = name.removeprefix("utter_simple_")
        assert slot in BY_SLOT, name
        for language in ("cy", "en"):
            simple = _by_language(name)[language]["text"]
            asked = _by_language(f"utter_ask_{slot}")[language]["text"]
            assert len(simple.split()) <= max(len(asked.split()), 15), name


def test_what_people_say_for_a_choice_is_listed_for_real_choices_in_both_languages() -> None:
    content = read_yaml(ROOT / "data" / "spoken_choices.yml")
    for slot, codes in content["choices"].items():
        assert set(codes) <= set(BY_SLOT[slot].codes), slot
        for code, words in codes.items():
            assert set(words) == {"cy", "en"}, (slot, code)
            for text in [*words["cy"], *words["en"]]:
                expected = [BY_SLOT[slot].codes.index(code)]
                assert choices_in(BY_SLOT[slot], text, CATALOGUE) == expected, text


def test_one_set_of_intents_serves_both_languages() -> None:
    domain = set(read_yaml(ROOT / "bot" / "domain" / "domain.yml")["intents"])
    assert domain == INTENTS
    for language in ("cy", "en"):
        found = {
            item["intent"]
            for path in (ROOT / "data" / f"nlu_{language}").glob("*.yml")
            for item in read_yaml(path)["nlu"]
            if "intent" in item
        }
        assert found == INTENTS, language


def test_every_intent_has_one_rule() -> None:
    rules = read_yaml(ROOT / "data" / "rules" / "rules.yml")["rules"]
    named = [step["intent"] for rule in rules for step in rule["steps"] if "intent" in step]
    assert sorted(named) == sorted([*INTENTS, "nlu_fallback"])


def test_the_two_languages_have_the_same_files_of_examples() -> None:
    welsh, english = (
        {path.name for path in (ROOT / "data" / f"nlu_{language}").glob("*.yml")}
        for language in ("cy", "en")
    )
    assert welsh == english


@pytest.mark.parametrize("path", WORDS_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_words_of_pages_and_messages_are_in_both_languages(path: Path) -> None:
    def check(key: str, entry: Any) -> None:
        assert isinstance(entry, dict), key
        if set(entry) == {"cy", "en"}:
            assert entry["cy"] and entry["en"], key  # noqa: PT018
            assert _placeholders(entry["cy"]) == _placeholders(entry["en"]), key
            return
        assert not {"cy", "en"} & set(entry), f"{key} lacks a language"
        for inner, value in entry.items():
            check(f"{key}.{inner}", value)

    for key, entry in read_yaml(path).items():
        check(key, entry)


def test_there_are_words_to_check() -> None:
    assert len(WORDS_FILES) >= 3
