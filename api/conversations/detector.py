"""langdetect's engine with two profiles of our own, read the same way every time.

langdetect draws n-grams at random, so its answer can change from one call to the next. Here every n-gram counts
once, and the probabilities are multiplied in the logarithm. The profiles may hold n-grams of up to five letters and
whole words beside them; stock langdetect stops at three letters, too few for messages of one or two words.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from langdetect.detector import Detector  # type: ignore[import-untyped,unused-ignore]
from langdetect.detector_factory import DetectorFactory  # type: ignore[import-untyped,unused-ignore]
from langdetect.utils.lang_profile import LangProfile  # type: ignore[import-untyped,unused-ignore]

LONGEST_GRAM: Final = 5
# Enough for any sentence; the rest of a long account tells nothing new, and time stays bounded.
WORDS_JUDGED: Final = 60
LONGEST_WORD: Final = 40
_REMEMBERED_WORDS: Final = 4096

_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'"})
_IGNORED: Final = re.compile(r"https?://\S{1,300}|www\.\S{1,300}|\S{1,64}@\S{1,255}|[@#]\w{1,60}")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+){0,4}")


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without addresses, handles and numbers; at most `WORDS_JUDGED`."""
    plain = _IGNORED.sub(" ", text[:2000].translate(_APOSTROPHES).lower())
    words: list[str] = []
    for match in _WORD.finditer(plain):
        words.append(match.group())
        if len(words) == WORDS_JUDGED:
            break
    return words


def grams_of_word(word: str) -> Iterator[str]:
    """Every n-gram of a word with its edges marked by a blank, and the word as a whole."""
    marked = f" {word[:LONGEST_WORD]} "
    length = len(marked)
    for size in range(1, min(LONGEST_GRAM, length) + 1):
        for start in range(length - size + 1):
            yield marked[start : start + size]
    if length > LONGEST_GRAM:
        yield marked


def grams_of(words: Sequence[str]) -> list[str]:
    """The n-grams of every different word; a word said twice is no more evidence than once."""
    return [gram for word in dict.fromkeys(words) for gram in grams_of_word(word)]


class ProfileFactory(DetectorFactory):  # type: ignore[misc,unused-ignore]
    """langdetect's factory, for profiles whose n-grams may be longer than three letters."""

    def __init__(
        self, profiles: Mapping[str, Mapping[str, Any]], prior: Mapping[str, float]
    ) -> None:
        super().__init__()
        for index, (name, profile) in enumerate(profiles.items()):
            self.add_profile(
                LangProfile(name=name, freq=profile["freq"], n_words=profile["n_words"]),
                index,
                len(profiles),
            )
        self.prior = dict(prior)
        floor = Detector.ALPHA_DEFAULT / Detector.BASE_FREQ
        self.evidence = {
            gram: math.log((floor + first) / (floor + second))
            for gram, (first, second) in self.word_lang_prob_map.items()
        }
        # People use the same few words: what a word is worth is worked out once.
        self.worth = lru_cache(maxsize=_REMEMBERED_WORDS)(self._worth)

    def _worth(self, word: str) -> float:
        evidence = self.evidence
        return sum(evidence.get(gram, 0.0) for gram in grams_of_word(word))

    def add_profile(self, profile: LangProfile, index: int, langsize: int) -> None:
        self.langlist.append(profile.name)
        for gram, count in profile.freq.items():
            chances = self.word_lang_prob_map.setdefault(gram, [0.0] * langsize)
            chances[index] = count / profile.n_words[min(len(gram), len(profile.n_words)) - 1]

    def _create_detector(self) -> "ProfileDetector":
        return ProfileDetector(self)


class ProfileDetector(Detector):  # type: ignore[misc,unused-ignore]
    """langdetect's detector for two languages: the same text always gets the same probabilities."""

    def __init__(self, factory: ProfileFactory) -> None:
        super().__init__(factory)
        self._worth = factory.worth
        self.set_prior_map(factory.prior)
        self.words: list[str] = []

    def append(self, text: str) -> None:
        self.words.extend(words_of(text))

    def append_words(self, words: Sequence[str]) -> None:
        self.words.extend(words)

    def log_odds(self) -> float:
        """How much likelier the first language is than the second, as a logarithm."""
        first, second = self._init_probability()
        return math.log(first / second) + sum(map(self._worth, dict.fromkeys(self.words)))

    def _detect_block(self) -> None:
        first = 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, self.log_odds()))))
        self.langprob = [first, 1.0 - first]
