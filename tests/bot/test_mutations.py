"""The initial mutations of Welsh."""

from __future__ import annotations

import pytest

from bot.components.phrases import welsh_forms, welsh_frames
from bot.words.mutations import Mutation, mutate, mutated_forms, mutation_key

TABLE: list[tuple[str, Mutation, str | None]] = [
    ("Penfro", "soft", "Benfro"),
    ("Penfro", "nasal", "Mhenfro"),
    ("Penfro", "aspirate", "Phenfro"),
    ("Tyddewi", "soft", "Dyddewi"),
    ("Tyddewi", "nasal", "Nhyddewi"),
    ("Tyddewi", "aspirate", "Thyddewi"),
    ("Caerfyrddin", "soft", "Gaerfyrddin"),
    ("Caerfyrddin", "nasal", "Nghaerfyrddin"),
    ("Caerfyrddin", "aspirate", "Chaerfyrddin"),
    ("Brynaman", "soft", "Frynaman"),
    ("Brynaman", "nasal", "Mrynaman"),
    ("Brynaman", "aspirate", None),
    ("Dinbych", "soft", "Ddinbych"),
    ("Dinbych", "nasal", "Ninbych"),
    ("Glanaman", "soft", "Lanaman"),
    ("Glanaman", "nasal", "Nglanaman"),
    ("Machynlleth", "soft", "Fachynlleth"),
    ("Machynlleth", "nasal", None),
    ("Llanelli", "soft", "Lanelli"),
    ("Llanelli", "nasal", None),
    ("Rhydaman", "soft", "Rydaman"),
    ("Aberystwyth", "soft", None),
    ("Aberystwyth", "h", "Haberystwyth"),
    ("Sanclêr", "soft", None),
    ("Hwlffordd", "h", None),
    ("chwaer", "soft", None),
    ("ffrind", "soft", None),
    ("thema", "nasal", None),
]


@pytest.mark.parametrize(("word", "mutation", "expected"), TABLE)
def test_mutation_follows_the_rule(word: str, mutation: Mutation, expected: str | None) -> None:
    assert mutate(word, mutation) == expected


@pytest.mark.parametrize("word", sorted({word for word, _, _ in TABLE}))
def test_forms_hold_the_word_itself_and_keep_its_capital(word: str) -> None:
    forms = mutated_forms(word)
    assert word in forms
    assert all(form[0].isupper() == word[0].isupper() for form in forms)


@pytest.mark.parametrize("word", sorted({word for word, _, _ in TABLE}))
def test_all_forms_share_what_stands_after_the_first_consonants(word: str) -> None:
    assert all(form.lower().endswith(word[2:].lower()) for form in mutated_forms(word))


def test_a_name_with_an_article_is_found_with_and_without_it() -> None:
    forms = set(welsh_forms("Y Drenewydd"))
    assert {"Y Drenewydd", "Drenewydd"} <= forms


def test_only_the_first_word_of_a_phrase_mutates() -> None:
    assert "Gastellnewydd Emlyn" in set(welsh_forms("Castellnewydd Emlyn"))
    assert not any(
        "mlyn" in form and "Emlyn" not in form for form in welsh_forms("Castellnewydd Emlyn")
    )


def test_a_frame_takes_the_form_it_asks_for_and_the_radical_where_nothing_mutates() -> None:
    assert list(welsh_frames("brawd", ["fy {nasal}"])) == ["fy mrawd"]
    assert list(welsh_frames("mab", ["fy {nasal}", "dy {soft}"])) == ["fy mab", "dy fab"]


@pytest.mark.parametrize("word", ["carchar", "pentref", "tafarn", "bachgen", "merch"])
def test_a_word_and_its_mutations_have_one_key(word: str) -> None:
    assert {mutation_key(form) for form in mutated_forms(word)} == {mutation_key(word)}


def test_short_words_and_words_that_do_not_mutate_keep_their_spelling() -> None:
    assert [mutation_key(word) for word in ("ddi", "fi", "siarad", "ffenest")] == [
        "ddi",
        "fi",
        "siarad",
        "ffenest",
    ]
