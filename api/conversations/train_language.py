"""Makes language.json: two langdetect profiles fitted to the project's own texts, and the closed lists beside them.

Counting n-grams, as stock profiles do, weighs "the" and a rare ending alike. Here the share of every n-gram in each
profile is fitted (logistic regression), so that multiplying the profiles' probabilities, langdetect's own rule,
gives the best answer on short messages. The texts are the project's examples, common words of each language, and,
with little weight, the word lists of simplemma, so that words nobody on the project wrote are known too.
"""

import hashlib
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from api.conversations.detector import LONGEST_GRAM, grams_of, words_of
from api.conversations.examples import Example, read_examples
from bot.words.mutations import mutated_forms

LANGUAGES: Final = ("cy", "en")
LISTED_FORMS: Final = 45_000
# How often an n-gram of average weight stands in a fitted profile. Large enough for fine steps.
PROFILE_SCALE: Final = 10_000
SMALLEST_WEIGHT: Final = 0.015

_PLAIN: Final = str.maketrans("âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöüÿ", "aeiouwyaaeeiioouuwwyyaeiouy")


def train_language(root: Path) -> dict[str, Any]:
    """The content of language.json, from the data under `root`."""
    data = root / "data" / "language"
    names = _read(data / "names.yml")
    shared = _read(data / "shared.yml")
    requests = _read(data / "requests.yml")
    masked = {form for name in _split(names["places"]) for form in _forms(name)}
    masked |= {name.lower() for name in _split(names["people"])}
    phrases = [str(phrase) for phrase in names["phrases"]]
    examples = read_examples(root)
    weights, intercept = _fit(
        _training_rows(examples, _read(data / "words.yml"), masked | {p.lower() for p in phrases})
    )
    return {
        "profiles": {
            language: {
                "freq": {
                    gram: max(1, round(PROFILE_SCALE * math.exp(sign * weight / 2)))
                    for gram, weight in sorted(weights.items())
                },
                # One share for all lengths: a fitted weight is a ratio, not a count of its length.
                "n_words": [PROFILE_SCALE * 10] * (LONGEST_GRAM + 1),
            }
            for language, sign in zip(LANGUAGES, (1, -1), strict=True)
        },
        "prior": {"cy": _sigmoid(intercept), "en": _sigmoid(-intercept)},
        "masked_words": sorted(masked),
        "masked_phrases": sorted(phrases),
        "neutral": sorted({word.lower() for word in _split(shared["neutral"])}),
        "leans": {language: list(shared["leans"][language]) for language in LANGUAGES},
        "requests": {
            "names": requests["names"],
            "fillers": _split(requests["fillers"]),
            "frames": requests["frames"],
            "unable": requests["unable"],
            "others": requests["others"],
            "reported": _split(requests["reported"]),
        },
    }


Row = tuple[list[str], str, float]


def _training_rows(
    examples: Iterable[Example], common: dict[str, str], masked: set[str]
) -> list[Row]:
    rows: list[Row] = []

    def add(words: list[str], language: str, weight: float) -> None:
        if not words:
            return
        rows.append((words, language, weight))
        plain = [word.translate(_PLAIN) for word in words]
        if plain != words:
            rows.append((plain, language, weight / 2))

    for example in examples:
        words = [word for word in words_of(example.text) if word not in masked]
        add(words, example.language, 1.0)
        # Fragments teach short messages; the whole sentence carries the evidence of each of its words.
        if len(words) > 3:
            for start in range(0, len(words) - 1, 3):
                add(words[start : start + 3], example.language, 0.4)
    listed = {language: set(words_of_all(common[language])) for language in LANGUAGES}
    for language in LANGUAGES:
        (other,) = set(LANGUAGES) - {language}
        for word in sorted(listed[language] - listed[other]):
            add([word], language, 1.0)
    forms = {language: _listed_forms(language) for language in LANGUAGES}
    for language in LANGUAGES:
        (other,) = set(LANGUAGES) - {language}
        own = forms[language] - forms[other] - listed[other]
        for word in sorted(own, key=_stable)[:LISTED_FORMS]:
            add([word], language, 0.1)
    return rows


def _fit(rows: list[Row]) -> tuple[dict[str, float], float]:
    """Weights of n-grams (positive: Welsh) and the intercept."""
    vectorizer = CountVectorizer(analyzer=grams_of, min_df=2, dtype=np.float32)
    matrix = vectorizer.fit_transform([row[0] for row in rows])
    model = LogisticRegression(C=4.0, solver="liblinear", tol=1e-3, random_state=0)
    model.fit(
        matrix,
        np.array([row[1] == "cy" for row in rows]),
        sample_weight=np.array([row[2] for row in rows]),
    )
    weights = {
        str(gram): float(weight)
        for gram, weight in zip(vectorizer.get_feature_names_out(), model.coef_[0], strict=True)
        if abs(weight) >= SMALLEST_WEIGHT
    }
    return weights, float(model.intercept_[0])


def words_of_all(block: str) -> list[str]:
    return [word for part in block.split() for word in words_of(part)]


def _listed_forms(language: str) -> set[str]:
    dictionary = DefaultDictionaryFactory().get_dictionary(language)
    pattern = re.compile(r"[^\W\d_']{2,14}")
    return {word for word in map(str, dictionary) if word.islower() and pattern.fullmatch(word)}


def _forms(name: str) -> frozenset[str]:
    """A place name in small letters with every initial mutation, with and without diacritics."""
    forms = mutated_forms(name.lower())
    return forms | {form.translate(_PLAIN) for form in forms}


def _stable(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _split(block: str) -> list[str]:
    return [str(word) for word in block.split()]


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path} must hold a mapping")
    return content
