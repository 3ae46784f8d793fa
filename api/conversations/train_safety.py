"""Makes safety.json: the lexicon and rules compiled, and one linear model each for danger and suicide.

The models learn from the NLU examples (two intents are risks, all others are not) and from the hard cases under
data/safety: past, denied, quoted, figurative. Every stretch of a harmless message is an example of no risk. In a
message about risk only one stretch may say so, so the model is fitted twice: on whole messages first, then also on
the stretch it found most telling.
"""

import re
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
    END,
    QUOTE,
    Lexicon,
    features_of,
    plain,
    tokens_of,
    windows_of,
)

INTENTS: Final = {"danger_now": "danger", "suicide_or_self_harm": "suicide"}
RISKY_FORMS: Final = ("now", "wish")
FRAMES_EACH: Final = 4
STRENGTH: Final = 0.3
RISK_WEIGHT: Final = 4.0
SMALLEST_WEIGHT: Final = 0.004
# How loud each kind of feature is while fitting. A group stands for many words; letters only help where a word
# is misspelt, and are many.
GROUPS_SCALE: Final = 2.0
WORD_SCALE: Final = 2.0
PAIR_SCALE: Final = 1.5
LETTERS_SCALE: Final = 0.5

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
    data = root / "data" / "safety"
    groups = read_lexicon(data / "lexicon.yml")
    rules = _read(data / "rules.yml")
    flags = _read(data / "flags.yml")
    not_a_flag = flags.pop("not_a_flag")
    fitted = Fitting(read_safety_examples(root), Lexicon(groups))
    return {
        "lexicon": groups,
        "rules": rules["rules"],
        "caps": rules["caps"],
        "thresholds": rules["thresholds"],
        "flags": {
            flag: [p.replace("AGE", _AGES) for language in ("cy", "en") for p in patterns[language]]
            for flag, patterns in flags.items()
        },
        "not_a_flag": not_a_flag,
        "models": {risk: fitted.model(risk, None) for risk in RISKS},
    }


def read_safety_examples(root: Path) -> list[SafetyExample]:
    """The NLU examples and the hard cases, each text once."""
    examples = [
        SafetyExample(e.language, INTENTS.get(e.intent, "none"), e.intent, e.text)
        for e in read_examples(root)
    ]
    for path in sorted((root / "data" / "safety").glob("*_??.txt")):
        kind, language = path.stem.rsplit("_", 1)
        # A second file of a kind is numbered: danger2_cy.txt.
        kind = kind.rstrip("0123456789")
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                risk = kind if kind in RISKS else "none"
                examples.append(SafetyExample(language, risk, kind, line.strip()))
    examples += read_contrast(root / "data" / "safety" / "contrast.yml")
    unique = {example.text.casefold(): example for example in examples}
    return list(unique.values())


def read_contrast(path: Path) -> list[SafetyExample]:
    """Every event in some frames of its form, in turn, so that all frames are used alike."""
    content = _read(path)
    examples: list[SafetyExample] = []
    for risk in RISKS:
        for form, languages in content[risk].items():
            label = risk if form in RISKY_FORMS else "none"
            for language, events in languages.items():
                frames = content["frames"][risk][form][language]
                for number, event in enumerate(events):
                    turns = {
                        (number * FRAMES_EACH + step) % len(frames) for step in range(FRAMES_EACH)
                    }
                    examples += [
                        SafetyExample(
                            language, label, f"contrast-{form}", frames[turn].format(event)
                        )
                        for turn in sorted(turns)
                    ]
    return examples


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
                    entries.add(" ".join(words) + ("*" if entry.endswith("*") else ""))
        groups[group] = sorted(entries)
    return groups


class Fitting:
    """The examples as numbers, once, from which a model can be fitted for any risk and part of the examples."""

    def __init__(self, examples: list[SafetyExample], lexicon: Lexicon) -> None:
        self.examples = examples
        windows: list[tuple[list[str], set[str]]] = []
        owners: list[int] = []
        whole: list[bool] = []
        for number, example in enumerate(examples):
            tokens = tokens_of(example.text)
            hits = lexicon.hits(tokens)
            for position, (start, end) in enumerate(windows_of(tokens)):
                groups = {h.group for h in hits if start <= h.start and h.end <= end}
                windows.append((tokens[start:end], groups))
                owners.append(number)
                whole.append(position == 0)
        self.owners = np.array(owners)
        self._whole = np.array(whole)
        self._share = 1 / np.sqrt(np.bincount(self.owners)[self.owners])
        self._vectorizer = CountVectorizer(
            analyzer=lambda window: features_of(*window), min_df=2, dtype=np.float32
        )
        counts = self._vectorizer.fit_transform(windows)
        self._names = [str(name) for name in self._vectorizer.get_feature_names_out()]
        self._scale = np.array([_scale(name) for name in self._names])
        self.matrix: csr_matrix = (counts @ diags(self._scale)).tocsr()

    def model(self, risk: str, chosen: "np.ndarray[Any, Any] | None") -> dict[str, Any]:
        """Bias and weights for one risk, fitted on the chosen examples (all when None)."""
        fitted = self.fit(risk, chosen)
        weights = fitted.coef_[0] * self._scale
        return {
            "bias": round(float(fitted.intercept_[0]), 4),
            "weights": {
                name: round(float(weight), 4)
                for name, weight in zip(self._names, weights, strict=True)
                if abs(weight) >= SMALLEST_WEIGHT
            },
        }

    def fit(self, risk: str, chosen: "np.ndarray[Any, Any] | None") -> LogisticRegression:
        risky = np.array([example.risk == risk for example in self.examples])[self.owners]
        use = np.ones(len(self.owners), bool) if chosen is None else chosen[self.owners]
        weight = np.where(risky, 1.0, self._share)
        first = use & (~risky | self._whole)
        model = self._regression(risky, weight, first)
        telling = self._most_telling(model, use & risky)
        return self._regression(risky, weight, first | telling)

    def _regression(self, risky: Any, weight: Any, use: Any) -> LogisticRegression:
        model = LogisticRegression(
            C=STRENGTH, class_weight={True: RISK_WEIGHT, False: 1.0}, solver="liblinear", tol=1e-2
        )
        return model.fit(self.matrix[use], risky[use], sample_weight=weight[use])

    def _most_telling(self, model: LogisticRegression, candidates: Any) -> Any:
        scores = self.matrix @ model.coef_[0]
        best: dict[int, int] = {}
        for index in np.flatnonzero(candidates):
            owner = int(self.owners[index])
            if owner not in best or scores[index] > scores[best[owner]]:
                best[owner] = int(index)
        telling = np.zeros(len(self.owners), bool)
        telling[list(best.values())] = True
        return telling


def _scale(feature: str) -> float:
    if feature.startswith("@"):
        return GROUPS_SCALE
    if feature.startswith("~"):
        return LETTERS_SCALE
    return {0: WORD_SCALE, 1: PAIR_SCALE}.get(feature.count(" "), 1.0)


def _mutations(word: str) -> set[str]:
    forms = {word}
    if len(word) >= _SHORTEST_MUTATED and word != END:
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
