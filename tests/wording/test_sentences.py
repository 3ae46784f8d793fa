"""No sentence that anybody is told is long, in either language."""

from tests.wording.catalogue import everything_said, sentences

LONGEST_SENTENCE = 25
FEWEST_TEXTS = 400


def test_a_sentence_has_at_most_25_words() -> None:
    long = [
        f"{said}: {sentence}"
        for said in everything_said()
        for sentence in sentences(said.text)
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    assert long == []


def test_both_languages_say_as_much_and_all_of_it_is_read() -> None:
    everything = everything_said()
    for language in ("cy", "en"):
        texts = {(said.file, said.key) for said in everything if said.language == language}
        assert len(texts) >= FEWEST_TEXTS
    assert {(said.file, said.key) for said in everything if said.language == "cy"} == texts


def test_placeholders_and_markup_are_not_read_as_words() -> None:
    for said in everything_said():
        assert not set("{}<>") & set(said.text), said


def test_a_sentence_ends_with_its_mark_or_its_line() -> None:
    assert sentences('Un. Dau? Dwedwch "tri". Pedwar\n\nPump: 0, yna chwech.') == [
        "Un.",
        "Dau?",
        'Dwedwch "tri".',
        "Pedwar",
        "Pump: 0, yna chwech.",
    ]
