"""Makes safety.json: the lexicon compiled, and one linear model for danger and suicide.

The model learns from the NLU examples (two intents are risks, all others are not) and from the cases under
data/safety: danger, suicide, and what only sounds like them (past, denied, quoted, figurative, ordinary).
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from scipy.sparse import csr_matrix, diags
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from api.conversations.examples import read_examples
from api.conversations.safety import RISKS
from api.conversations.safety_features import (
    QUOTE,
    Lexicon,
    as_answer,
    features_of,
    plain,
    tokens_of,
)

INTENTS: Final = {"danger_now": "danger", "suicide_or_self_harm": "suicide"}
FREQUENT_WORDS: Final = 150
STRENGTH: Final = 20.0
RISK_WEIGHT: Final = 3.0
SMALLEST_WEIGHT: Final = 0.01
# How loud each kind of feature is while fitting. Letters only help where a word is misspelt or new, and are many; a
# group stands for many words and is seldom alone.
WORDS_SCALE: Final = 0.3
LETTERS_SCALE: Final = 0.2
GROUPS_SCALE: Final = 0.2

_AGES: Final = (
    r"(?:[5-9]|1[0-7]|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|pump|chwech?|saith|wyth|naw|deg|un ar ddeg|deuddeg|t(?:ri|air) ar ddeg|ped(?:war|air) ar ddeg|pymtheg"
    r"|un ar bymtheg|d(?:au|wy) ar bymtheg)"
)
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
_SHORTEST_MUTATED: Final = 4


@dataclass(frozen=True)
class SafetyExample:
    language: str
    risk: str
    source: str
    text: str


def train_safety(root: Path) -> dict[str, Any]:
    """The content of safety.json, from the data under `root`."""
    lexicon = Lexicon(read_lexicon(root / "data" / "safety" / "lexicon.yml"))
    return compiled(root, Fitting(read_safety_examples(root), lexicon).model(None))


def compiled(root: Path, model: dict[str, Any]) -> dict[str, Any]:
    """A model with the lexicon, levels and flags it is used with."""
    data = root / "data" / "safety"
    flags = _read(data / "flags.yml")
    not_a_flag = flags.pop("not_a_flag")
    return {
        "lexicon": read_lexicon(data / "lexicon.yml"),
        "answers": sorted({as_answer(text) for _, text in read_answers(root)}),
        **_read(data / "levels.yml"),
        "flags": {
            flag: [p.replace("AGE", _AGES) for language in ("cy", "en") for p in patterns[language]]
            for flag, patterns in flags.items()
        },
        "not_a_flag": not_a_flag,
        "model": model,
    }


def read_safety_examples(root: Path) -> list[SafetyExample]:
    """The NLU examples and the cases under data/safety, each text once, in a stable order."""
    examples = [
        SafetyExample(e.language, INTENTS.get(e.intent, "none"), e.intent, e.text)
        for e in read_examples(root)
    ]
    for path in sorted((root / "data" / "safety").glob("*_??.txt")):
        kind, language = path.stem.rsplit("_", 1)
        risk = kind if kind in RISKS else "none"
        examples += [
            SafetyExample(language, risk, kind, line.strip())
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")
        ]
    examples += [
        SafetyExample(language, "none", "answer", text)
        for language, text in (*read_answers(root), *read_names(root))
    ]
    unique = {example.text.casefold(): example for example in reversed(examples)}
    return list(unique.values())


def read_answers(root: Path) -> list[tuple[str, str]]:
    """What people press or say in place of it to answer a question, with its language: never an alarm by itself."""
    answers: list[tuple[str, str]] = []
    for path in sorted((root / "bot" / "domain" / "responses").glob("*.yml")):
        for variations in _read(path)["responses"].values():
            # The third variation, for a language not known yet, has the choices of both.
            for language, variation in zip(("cy", "en"), variations, strict=False):
                for button in variation.get("buttons", []):
                    answers += [(language, button["title"]), (language, button["payload"])]
    for choices in _read(root / "data" / "spoken_choices.yml")["choices"].values():
        for by_language in choices.values():
            answers += [
                (language, text) for language, texts in by_language.items() for text in texts
            ]
    return list(dict.fromkeys(answers))


def read_names(root: Path) -> list[tuple[str, str]]:
    """Names of people and places as whole messages, as they come when a name or a place is asked for."""
    people = _read(root / "data" / "language" / "names.yml")
    names = [("cy", name) for words in people.values() for name in str(words).split()]
    for path in sorted((root / "data" / "places").glob("*.yml")):
        for place in _read(path)["places"]:
            names += [(language, place.get(language) or place["name"]) for language in ("cy", "en")]
    return list(dict.fromkeys(names))


def read_lexicon(path: Path) -> dict[str, list[str]]:
    """Groups of phrases as the tokens are: plain, with the mutations of single Welsh words."""
    groups: dict[str, list[str]] = {}
    for group, languages in _read(path).items():
        entries: set[str] = set()
        for language in ("cy", "en"):
            for entry in languages[language]:
                if entry == QUOTE:
                    entries.add(QUOTE)
                    continue
                words = re.findall(r"[^\W_]+", plain(entry))
                if language == "cy" and len(words) == 1:
                    entries |= _mutations(words[0])
                else:
                    entries.add(" ".join(words))
        groups[group] = sorted(entries)
    return groups


class Fitting:
    """The examples as numbers, once, from which a model can be fitted on any part of them."""

    def __init__(self, examples: list[SafetyExample], lexicon: Lexicon) -> None:
        self.risks = np.array([example.risk for example in examples])
        tokens = [tokens_of(example.text) for example in examples]
        counted = Counter(token for message in tokens for token in set(message))
        # Ties are settled by the alphabet, so that training gives the same model every time.
        ranked = sorted(counted, key=lambda token: (-counted[token], token))
        self._frequent = sorted(ranked[:FREQUENT_WORDS])
        known = frozenset(self._frequent)
        vectorizer = CountVectorizer(
            analyzer=lambda message: features_of(message, known, lexicon.hits(message)),
            min_df=2,
            dtype=np.float32,
        )
        counts = vectorizer.fit_transform(tokens)
        self._names = [str(name) for name in vectorizer.get_feature_names_out()]
        rarity = np.log((1 + len(tokens)) / (1 + counts.getnnz(axis=0))) + 1
        self._scale = rarity * np.array([_scale(name) for name in self._names])
        # A long message has more features than a short one; the square root of its length makes up for it.
        lengths = np.sqrt([len(message) for message in tokens])
        self._matrix: csr_matrix = (diags(1 / lengths) @ counts @ diags(self._scale)).tocsr()
        self._matrix = self._matrix.astype(np.float32)

    def model(self, chosen: "np.ndarray[Any, Any] | None") -> dict[str, Any]:
        """Biases and weights, in the order of RISKS, fitted on the chosen examples (all when None)."""
        used = np.arange(len(self.risks)) if chosen is None else np.flatnonzero(chosen)
        fitted = [self._fit(risk, used) for risk in RISKS]
        weights = np.stack([model.coef_[0] * self._scale for model in fitted], axis=1)
        return {
            "frequent": self._frequent,
            "bias": [round(float(model.intercept_[0]), 4) for model in fitted],
            "weights": {
                name: [round(float(weight), 3) for weight in row]
                for name, row in zip(self._names, weights, strict=True)
                if np.abs(row).max() >= SMALLEST_WEIGHT
            },
        }

    def _fit(self, risk: str, used: Any) -> LogisticRegression:
        model = LogisticRegression(
            C=STRENGTH,
            class_weight={True: RISK_WEIGHT, False: 1.0},
            solver="liblinear",
            tol=1e-2,
            random_state=0,
        )
        return model.fit(self._matrix[used], self.risks[used] == risk)


def _scale(feature: str) -> float:
    if feature.startswith("@"):
        return GROUPS_SCALE
    return LETTERS_SCALE if feature.startswith("~") else WORDS_SCALE


def _mutations(word: str) -> set[str]:
    forms = {word}
    if len(word) >= _SHORTEST_MUTATED:
        for table in (_SOFT, _NASAL, _ASPIRATE):
            for before, after in table:
                if word.startswith(before):
                    forms.add(after + word[len(before) :])
                    break
    return forms


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path} must hold a mapping")
    return content
