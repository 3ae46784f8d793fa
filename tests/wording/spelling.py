"""Welsh spelling, by the dictionary of Bangor University (npm `dictionary-cy`) as spylls reads it.

The dictionary builds mutated forms itself, by its own rules. What it does not know is the article, "yn" or a pronoun
that leans on a word with an apostrophe ("geiriau'n"), which any word that ends in a vowel may carry.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from spylls.hunspell import Dictionary

from api.launch.npm import bring_packages
from bot.words.mutations import mutated_forms
from tests.wording.catalogue import ROOT, read_yaml

ACCEPTED_FILE: Final = Path(__file__).with_name("accepted_words.yml")
_LEANING: Final = re.compile(r"(?<=[aeiouwyâêîôûŵŷ])'(?:ch|i|m|n|r|th|u|w)$", re.IGNORECASE)
_WORD: Final = re.compile(r"'?[^\W\d_]+(?:['-][^\W\d_]+)*")


@cache
def dictionary() -> Dictionary:
    """The Welsh dictionary, brought when it is not there. Raises NpmFailed."""
    modules = bring_packages(Path(__file__).parent, ROOT / ".build" / "spelling")
    return Dictionary.from_files(str(modules / "dictionary-cy" / "index"))


@cache
def accepted() -> frozenset[str]:
    """The words that are accepted beside the dictionary, in small letters and every mutated form."""
    return frozenset(
        form
        for group in read_yaml(ACCEPTED_FILE)
        for word in group["words"]
        for form in mutated_forms(word.casefold())
    )


def words_of(text: str) -> list[str]:
    """The words of a text, with the straight apostrophe. What stands in single quotes loses them."""
    return [word.removesuffix("'") for word in _WORD.findall(text.replace("’", "'"))]


def in_dictionary(word: str) -> bool:
    """Whether the dictionary knows the word, or what is left without what leans on it."""
    bare = _LEANING.sub("", word)
    return any(bool(dictionary().lookup(form)) for form in {word, bare})


def is_spelled_well(word: str) -> bool:
    """Whether the word is in the dictionary or accepted beside it."""
    small = word.casefold()
    return small in accepted() or _LEANING.sub("", small) in accepted() or in_dictionary(word)
