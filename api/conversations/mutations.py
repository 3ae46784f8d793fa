"""The initial mutations of Welsh, as spelling: "Caerfyrddin" is also "Gaerfyrddin" and "Nghaerfyrddin"."""

from typing import Final

_SOFT: Final = (
    ("ll", "l"),
    ("rh", "r"),
    ("p", "b"),
    ("t", "d"),
    ("c", "g"),
    ("b", "f"),
    ("d", "dd"),
    ("g", ""),
    ("m", "f"),
)
_NASAL: Final = (("p", "mh"), ("t", "nh"), ("c", "ngh"), ("b", "m"), ("d", "n"), ("g", "ng"))
_ASPIRATE: Final = (("p", "ph"), ("t", "th"), ("c", "ch"))


def mutated(word: str) -> set[str]:
    """A word in small letters with each form that a mutation makes of it, and as it is."""
    forms = {word}
    for table in (_SOFT, _NASAL, _ASPIRATE):
        for before, after in table:
            if word.startswith(before):
                forms.add(after + word[len(before) :])
                break
    return forms
