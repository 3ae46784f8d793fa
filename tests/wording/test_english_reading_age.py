"""English that a child of eleven reads with ease, for everything that victims are told."""

import pytest

from tests.wording.catalogue import Said, everything_said
from tests.wording.reading_age import reading_age, syllables

# For all that is said together, and for each text that is long enough to be measured by itself.
OLDEST_READER = 9
OLDEST_READER_OF_ONE_TEXT = 12
FEWEST_WORDS = 15
# A label of a few words has no sentences, and would only make the whole look easier.
FEWEST_WORDS_OF_PROSE = 8


def _prose(fewest_words: int) -> list[Said]:
    return [
        said
        for said in everything_said()
        if said.language == "en" and said.for_victims and len(said.text.split()) >= fewest_words
    ]


def test_everything_together_is_read_with_ease_at_nine() -> None:
    together = "\n".join(said.text for said in _prose(FEWEST_WORDS_OF_PROSE))
    assert reading_age(together) <= OLDEST_READER


def test_no_text_is_much_harder_than_the_rest() -> None:
    hard = [
        f"{said}, {reading_age(said.text):.1f} years: {said.text}"
        for said in _prose(FEWEST_WORDS)
        if reading_age(said.text) > OLDEST_READER_OF_ONE_TEXT
    ]
    assert hard == []


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("use", 1), ("used", 1), ("here", 1), ("writes", 1), ("danger", 2), ("needed", 2)),
        *(("messages", 3), ("little", 2), ("safety", 2), ("people", 2), ("anonymous", 4)),
        *(("trying", 2), ("isn't", 2), ("don't", 1), ("somebody", 3), ("directly", 3)),
    ],
)
def test_syllables_are_counted_as_they_are_heard(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_measure_tells_a_plain_text_from_an_official_one() -> None:
    plain = "You can stop at any time. Nobody will be told."
    official = (
        "Notwithstanding the aforementioned provisions, participation may be discontinued"
        " unilaterally without notification of third parties."
    )
    assert reading_age(plain) < OLDEST_READER < OLDEST_READER_OF_ONE_TEXT < reading_age(official)
