"""Finds which choices of a question a message names: by label, by its beginning, by other words, or by number."""

import re

from actions.catalogue import Catalogue, plain
from actions.questions import Question

# Fewer words at the beginning of a label than this may be the beginning of anything.
FEWEST_WORDS_OF_LABEL = 2
_POLITE = r"(?:please|plis|pls|plz|os gwelwch yn dda|diolch|thanks|thank you)"
_AROUND_NUMBERS = re.compile(
    rf"\d+|\b(?:a|ac|and|y|n|rhif|number|no|option|opsiwn|answer|ateb|{_POLITE})\b|[/ ]"
)


def choices_in(
    question: Question, text: str, catalogue: Catalogue, numbered: bool = True
) -> list[int]:
    """The positions of the choices that a message names; none when it says anything besides.

    Numbers count as choices only where the choices are `numbered`.
    """
    if not question.codes:
        return []
    # "No thanks" is a choice of its own; "phone, please" is the one without the courtesy.
    whole = plain(text)
    said = re.sub(rf"\s+{_POLITE}$", "", whole) or whole
    for form in dict.fromkeys((whole, said)):
        named = _named(question, form, catalogue)
        if named is not None:
            return [named]
    if question.several:
        listed = _listed(question, said, catalogue)
        if listed:
            return listed
    if not numbered:
        return []
    number = catalogue.number(said)
    if number is not None and number <= len(question.codes):
        return [number - 1]
    return _numbered(question, said)


def _named(question: Question, said: str, catalogue: Catalogue) -> int | None:
    labels = [
        {plain(label) for label in labels}
        for labels in catalogue.labels(f"utter_ask_{question.slot}")
    ]
    for index, own in enumerate(labels):
        if said in own or said in catalogue.spoken(question.slot, question.codes[index]):
            return index
    if len(said.split()) < FEWEST_WORDS_OF_LABEL:
        return None
    begun = [
        index
        for index, own in enumerate(labels)
        if any(label.startswith(f"{said} ") for label in own)
    ]
    return begun[0] if len(begun) == 1 else None


def _listed(question: Question, said: str, catalogue: Catalogue) -> list[int]:
    """ "Hil a chrefydd" is two of them; a mutated or unknown word makes it none."""
    parts = [
        part for part in re.split(r"\s*(?:,|/|\ba\b|\bac\b|\band\b|\bhefyd\b)\s*", said) if part
    ]
    found = [_named(question, part, catalogue) for part in parts]
    indexes = {index for index in found if index is not None}
    return sorted(indexes) if len(parts) > 1 and None not in found else []


def _numbered(question: Question, said: str) -> list[int]:
    numbers = [int(number) for number in re.findall(r"\d+", said) if len(number) < 3]
    if not numbers or _AROUND_NUMBERS.sub("", said):
        return []
    if not all(1 <= number <= len(question.codes) for number in numbers):
        return []
    return sorted({number - 1 for number in numbers})
