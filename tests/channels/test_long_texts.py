"""What is too long for one text becomes several: every word arrives, in order, and none is refused for its length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.long_texts import LONGEST_TEXT, in_texts
from channels.sms import as_sent, with_choices

CHOICES = [{"label": "Anfon", "value": "Anfon"}, {"label": "Newid", "value": "Newid"}]


def as_they_leave(text: str, choices: list[dict[str, str]]) -> list[str]:
    *earlier, last = in_texts(text, choices)
    return [as_sent(part) for part in (*earlier, with_choices(last, choices))]


@pytest.mark.parametrize("text", ["Helo.", " \n", "x" * LONGEST_TEXT, "ŵ" * LONGEST_TEXT])
def test_what_fits_is_left_as_it_is_whatever_it_costs(text: str) -> None:
    assert in_texts(text, []) == [text]


@given(st.text(alphabet="a b\nŵ…“”–🙂", max_size=6000), st.sampled_from([[], CHOICES]))
def test_no_part_is_too_long_or_empty_and_no_word_is_lost(
    text: str, choices: list[dict[str, str]]
) -> None:
    parts = in_texts(text, choices)
    assert "".join("".join(parts).split()) == "".join(text.split())
    leave = as_they_leave(text, choices)
    # By the characters, and by the places that an emoji takes, whichever of them Twilio counts.
    assert all(len(each.encode("utf-16-be")) // 2 <= LONGEST_TEXT for each in leave)
    assert len(parts) == 1 or all(each.strip() for each in parts)


def test_it_is_cut_between_lines_else_between_words_and_else_anywhere() -> None:
    line = "gair " * 200 + "diwedd"
    assert in_texts(f"{line}\n{line}", []) == [line, line]
    words = ("gair " * 600).strip()
    assert {word for part in in_texts(words, []) for word in part.split(" ")} == {"gair"}
    assert [len(part) for part in in_texts("x" * 4000, [])] == [1600, 1600, 800]


def test_a_short_line_is_not_sent_by_itself_before_a_long_one() -> None:
    first, *_ = in_texts("Dyma:\n" + "gair " * 600, [])
    assert len(first) > LONGEST_TEXT // 2


def test_the_choices_stand_at_the_end_of_the_last_part() -> None:
    leave = as_they_leave("x" * LONGEST_TEXT, CHOICES)
    assert len(leave) == 2
    assert leave[1].endswith("\n1 Anfon\n2 Newid")


def test_signs_that_become_longer_as_they_leave_are_counted_as_they_leave() -> None:
    assert [len(as_sent(part)) for part in in_texts("…" * 600, [])] == [1599, 201]
