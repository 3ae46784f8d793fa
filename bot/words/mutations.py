"""The initial mutations of Welsh, by rule: from a word to its mutated forms, and to what they share.

A word is given and returned in the case it is written in; only its first letters change.
"""

from __future__ import annotations

from typing import Literal

Mutation = Literal["soft", "nasal", "aspirate", "h"]

# Digraphs stand before single letters, because the first match wins.
_SOFT = (
    ("ch", "ch"), ("ph", "ph"), ("th", "th"), ("ff", "ff"), ("ng", "ng"), ("dd", "dd"),
    ("ll", "l"), ("rh", "r"), ("p", "b"), ("t", "d"), ("c", "g"), ("b", "f"), ("d", "dd"),
    ("g", ""), ("m", "f"),
)  # fmt: skip
_NASAL = (
    ("ch", "ch"), ("ph", "ph"), ("th", "th"), ("ng", "ng"), ("dd", "dd"),
    ("p", "mh"), ("t", "nh"), ("c", "ngh"), ("b", "m"), ("d", "n"), ("g", "ng"),
)  # fmt: skip
_ASPIRATE = (
    ("ch", "ch"), ("ph", "ph"), ("th", "th"), ("p", "ph"), ("t", "th"), ("c", "ch"),
)  # fmt: skip
_RULES: dict[Mutation, tuple[tuple[str, str], ...]] = {
    "soft": _SOFT,
    "nasal": _NASAL,
    "aspirate": _ASPIRATE,
    "h": tuple((vowel, f"h{vowel}") for vowel in "aeiouwyâêîôûŵŷ"),
}


def mutate(word: str, mutation: Mutation) -> str | None:
    """The word after this mutation, or None where its first letter does not take it."""
    for radical, mutated in _RULES[mutation]:
        if word[: len(radical)].lower() == radical:
            if radical == mutated:
                return None
            form = mutated + word[len(radical) :]
            return form[:1].upper() + form[1:] if word[:1].isupper() else form
    return None


def mutated_forms(word: str) -> frozenset[str]:
    """Every form the word takes in running Welsh, the word itself among them."""
    forms = {word}
    forms.update(form for mutation in _RULES if (form := mutate(word, mutation)) is not None)
    return frozenset(form for form in forms if len(form) > 1 or form == word)


# Whichever of these a word begins with, its mutations share one key. Longer beginnings stand first.
_KEYS = (
    ("ngh", "c"), ("ng", "c"), ("nh", "d"), ("mh", "b"), ("ch", "c"), ("ph", "b"), ("th", "d"),
    ("dd", "d"), ("ff", "ff"), ("ll", "l"), ("rh", "r"), ("p", "b"), ("t", "d"), ("g", "c"),
    ("m", "b"), ("f", "b"),
)  # fmt: skip
_SHORTEST_KEYED = 4


def mutation_key(form: str) -> str:
    """One spelling for the forms a lower-case word mutates to: "carchar", "garchar", "ngharchar".

    Unrelated words may share it; a "g" lost to the soft mutation stays lost, and the "n" of a "d" an "n".
    A word of fewer than four letters is its own key.
    """
    if len(form) >= _SHORTEST_KEYED:
        for beginning, key in _KEYS:
            if form.startswith(beginning):
                return key + form[len(beginning) :]
    return form
