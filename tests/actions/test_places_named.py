"""A place that an account tells stands in the summary by its own name, not as a sentence changed it."""

import pytest

from actions.turn import Turn

CARMARTHEN = "Caerfyrddin / Carmarthen"


@pytest.mark.parametrize(
    ("language", "text", "words", "value", "named"),
    [
        ("cy", "yn y dre yng Nghaerfyrddin ddoe", "Nghaerfyrddin", CARMARTHEN, "Caerfyrddin"),
        ("cy", "ar y bws o Lanelli", "Lanelli", "Llanelli", "Llanelli"),
        ("cy", "ges i 'nal lan yn Carmarthen", "Carmarthen", CARMARTHEN, "Carmarthen"),
        ("en", "in Carmarthen town", "Carmarthen", CARMARTHEN, "Carmarthen"),
        ("en", "up in aber", "aber", "Aberystwyth", "Aberystwyth"),
        ("en", "we live in caerfyrddin", "caerfyrddin", CARMARTHEN, "caerfyrddin"),
    ],
)
def test_a_place_is_named_without_what_the_sentence_did_to_it(
    language: str, text: str, words: str, value: str, named: str
) -> None:
    start = text.index(words)
    found = {"entity": "place", "value": value, "start": start, "end": start + len(words)}
    turn = Turn(text, "report_hate", 0.9, (found,), {"language": language})
    assert turn.places_named() == [named]


def test_a_place_that_is_named_twice_stands_once() -> None:
    found = [
        {"entity": "place", "value": "Llanelli", "start": start, "end": start + 7}
        for start in (0, 8)
    ]
    turn = Turn("Lanelli Lanelli", "report_hate", 0.9, tuple(found), {"language": "cy"})
    assert turn.places_named() == ["Llanelli"]
