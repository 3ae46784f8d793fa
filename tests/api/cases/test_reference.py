"""References and codes that can be read out over the telephone."""

import re

from api.cases.reference import ALPHABET, new_reference, new_update_code


def test_a_reference_has_one_form() -> None:
    assert all(re.fullmatch(r"LL-[2-9B-Z]{4}-[2-9B-Z]{4}", new_reference()) for _ in range(200))


def test_no_letter_can_be_taken_for_another_or_spell_a_word() -> None:
    assert set(ALPHABET).isdisjoint("01AEIOULYS")
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_references_do_not_repeat_and_use_the_whole_alphabet() -> None:
    references = {new_reference() for _ in range(2000)}
    assert len(references) == 2000
    assert set("".join(references)) - set("L-") >= set(ALPHABET)


def test_an_update_code_is_always_eight_digits() -> None:
    assert all(re.fullmatch(r"[0-9]{8}", new_update_code()) for _ in range(200))
