"""How old a reader must be for an English text, by the grade of Flesch and Kincaid.

Syllables are counted by rule. The libraries that measure readability fetch a pronouncing dictionary when first
used, and a test must not need that. Beside that dictionary the rule is right for 99 words in 100 of this product.
"""

import re
from typing import Final

from tests.wording.catalogue import sentences

# A first grade is read at six.
AGE_OF_GRADE_NOUGHT: Final = 5
_WORD: Final = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\d+")
_CONSONANT: Final = "[bcdfghjklmnpqrstvwxz]"
# The e that nobody hears in "use", "safety", "used" and "writes", unlike that in "needed" and "messages".
_SILENT: Final = re.compile(
    rf"(?<=[aeiouy])({_CONSONANT}+)e(?=$|ful|ly|ty|thing|one|body)|(?<=[^aeioudt])ed$|(?<=[^aeioucgszhx])es$"
)


def reading_age(text: str) -> float:
    """The age in years at which a text is read with ease. Raises ValueError when it holds no word."""
    words = _WORD.findall(text)
    if not words:
        raise ValueError("there is nothing to read")
    a_sentence = len(words) / max(1, len([each for each in sentences(text) if _WORD.search(each)]))
    a_word = sum(map(syllables, words)) / len(words)
    return 0.39 * a_sentence + 11.8 * a_word - 15.59 + AGE_OF_GRADE_NOUGHT


def syllables(word: str) -> int:
    """How many syllables an English word has, nearly always. A figure counts as one."""
    plain = re.sub(r"(?<=[sd])n['’]t$", "sent", word.casefold()).replace("'", "").replace("’", "")
    if not re.search(rf"{_CONSONANT}le$", plain):
        plain = _SILENT.sub(r"\1", plain)
    heard = re.sub(r"(?<=[aeiouy])ing", "-ing", plain)
    return max(1, len(re.findall(r"[aeiouy]+", heard)))
