"""The training data itself: both languages alike, enough of it, nothing twice, nothing from the test sets."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.bot.examples import DATA, examples_of, normalised, own_test_set

LANGUAGES = ("cy", "en")
FEWEST = 60
MORE = 120
NEED_MORE = {
    "report_hate",
    "danger_now",
    "suicide_or_self_harm",
    "report_antisocial_behaviour",
    "report_for_someone_else",
    "report_as_witness",
    "affirm",
    "deny",
    "out_of_scope",
}
# Shorter messages come from a few dozen everyday ones ("na ddo", "thank you very much"), which any two authors share.
LONG_ENOUGH_TO_BE_ONES_OWN = 6


def test_both_languages_have_the_same_files_with_the_same_intents() -> None:
    files = {
        language: {(file, intent) for file, intent, _ in examples_of(language)}
        for language in LANGUAGES
    }
    assert files["cy"] == files["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_intent_has_enough_examples(language: str) -> None:
    counts = Counter(intent for _, intent, _ in examples_of(language))
    few = {
        intent: count
        for intent, count in counts.items()
        if count < (MORE if intent in NEED_MORE else FEWEST)
    }
    assert few == {}
    assert set(counts) >= NEED_MORE


def test_no_message_stands_under_two_intents() -> None:
    intents: dict[str, set[str]] = defaultdict(set)
    for language in LANGUAGES:
        for _, intent, text in examples_of(language):
            intents[normalised(text) or text].add(intent)
    assert {text: sorted(found) for text, found in intents.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_of_a_test_set_is_trained_on(language: str) -> None:
    trained = {normalised(text) for each in LANGUAGES for _, _, text in examples_of(each)}
    leaked = [
        text
        for _, text in own_test_set("nlu", language)
        if len(text.split()) >= LONG_ENOUGH_TO_BE_ONES_OWN and normalised(text) in trained
    ]
    assert leaked == []


def test_no_language_folder_holds_anything_but_examples() -> None:
    for language in LANGUAGES:
        assert {path.suffix for path in (DATA / f"nlu_{language}").iterdir()} == {".yml"}
