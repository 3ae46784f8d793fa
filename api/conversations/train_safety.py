"""Makes safety.json: the lexicon compiled, and one linear model for danger and suicide.

The model learns from the NLU examples (two intents are risks, all others are not) and from the cases under
data/safety: danger, suicide, and what only sounds like them (past, denied, quoted, figurative, ordinary).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from api.conversations.examples import read_examples
from api.conversations.fit_safety import Fitting
from api.conversations.safety import RISKS
from api.conversations.safety_features import as_answer, plain
from bot.words.concept_forms import mutations_of, read_concepts
from bot.words.concepts import QUOTE, Concepts

INTENTS: Final = {"danger_now": "danger", "suicide_or_self_harm": "suicide"}
HARD: Final = "hard"
# What people say to the questions of the conversation, beside the words of the buttons.
ANSWERS: Final = "answers"
# What ordinary messages and answers weigh beside those written to be told apart; they are many and mostly easy.
ORDINARY_IMPORTANCE: Final = 0.4

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_WITHIN_A_SENTENCE: Final = re.compile(r"(?<=[^\W\d_] )[^\W\d_]{2,}")
_AGES: Final = (
    r"(?:[5-9]|1[0-7]|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|pump|chwech?|saith|wyth|naw|deg|un ar ddeg|deuddeg|t(?:ri|air) ar ddeg|ped(?:war|air) ar ddeg|pymtheg"
    r"|un ar bymtheg|d(?:au|wy) ar bymtheg)"
)


@dataclass(frozen=True)
class SafetyExample:
    language: str
    risk: str
    source: str
    text: str


def train_safety(root: Path) -> dict[str, Any]:
    """The content of safety.json, from the data under `root`."""
    return compiled(root, fitting_of(root, read_safety_examples(root)).model(None))


def fitting_of(root: Path, examples: list[SafetyExample]) -> Fitting:
    """The examples with the lexicon and the concepts under `root`, ready to fit models on."""
    texts = [example.text for example in examples]
    risks = [example.risk for example in examples]
    data = root / "data" / "safety"
    concepts = Concepts(**read_concepts(root / "data" / "concepts"))
    importance = [
        1.0 if e.source in (*RISKS, HARD, ANSWERS) else ORDINARY_IMPORTANCE for e in examples
    ]
    return Fitting(texts, risks, importance, read_lexicon(data / "lexicon.yml"), concepts)


def compiled(root: Path, model: dict[str, Any]) -> dict[str, Any]:
    """A model with the lexicon, levels and flags it is used with."""
    data = root / "data" / "safety"
    flags = _read(data / "flags.yml")
    not_a_flag = flags.pop("not_a_flag")
    return {
        "lexicon": read_lexicon(data / "lexicon.yml"),
        "concepts": read_concepts(root / "data" / "concepts"),
        "answers": sorted({as_answer(text) for _, text in read_answers(root)}),
        **_read(data / "levels.yml"),
        "flags": {
            flag: [_with_ages(p) for language in ("cy", "en") for p in patterns[language]]
            for flag, patterns in flags.items()
        },
        "not_a_flag": {
            flag: [_with_ages(p) for p in patterns] for flag, patterns in not_a_flag.items()
        },
        "model": model,
    }


def _with_ages(pattern: str) -> str:
    return pattern.replace("AGE", _AGES)


def read_safety_examples(root: Path) -> list[SafetyExample]:
    """The NLU examples and the cases under data/safety, each text once, in a stable order."""
    examples = [
        SafetyExample(e.language, INTENTS.get(e.intent, "none"), e.intent, e.text)
        for e in read_examples(root)
    ]
    for path in sorted((root / "data" / "safety").glob("*_??.txt")):
        kind, language = path.stem.rsplit("_", 1)
        risk = kind if kind in RISKS else "none"
        examples += [SafetyExample(language, risk, kind, line) for line in _lines_of(path)]
    examples += [
        SafetyExample(language, "none", "answer", text)
        for language, text in (*read_answers(root), *read_names(root))
    ]
    examples += [
        SafetyExample(language, "none", ANSWERS, name)
        for language, name in names_told(root, examples)
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
    for language in ("cy", "en"):
        path = root / "data" / "safety" / f"{ANSWERS}_{language}.txt"
        answers += [(language, line) for line in _lines_of(path)]
    return list(dict.fromkeys(answers))


def _lines_of(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def read_names(root: Path) -> list[tuple[str, str]]:
    """Names of people and places as whole messages, as they come when a name or a place is asked for."""
    people = _read(root / "data" / "language" / "names.yml")
    names = [("cy", name) for words in people.values() for name in str(words).split()]
    for path in sorted((root / "data" / "places").glob("*.yml")):
        for place in _read(path)["places"]:
            names += [(language, place.get(language) or place["name"]) for language in ("cy", "en")]
    return list(dict.fromkeys(names))


def names_told(root: Path, examples: Sequence[SafetyExample]) -> list[tuple[str, str]]:
    """Names of people, places and shops in the examples: by itself each is an answer, however grim its story was.

    A name is what stands within sentences with a capital, more often than without, and has no concept.
    """
    small = Counter(word for e in examples for word in _LETTERS.findall(e.text) if word.islower())
    found = [
        (e.language, name)
        for e in examples
        for name in _WITHIN_A_SENTENCE.findall(e.text)
        if name.istitle()
    ]
    written = Counter(name for _, name in found)
    meaningful = read_concepts(root / "data" / "concepts")["forms"]
    return [
        (language, name)
        for language, name in dict.fromkeys(found)
        if written[name] > small[name.lower()] and plain(name) not in meaningful
    ]


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
                    entries |= mutations_of(words[0])
                else:
                    entries.add(" ".join(words))
        groups[group] = sorted(entries)
    return groups


def _read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{path} must hold a mapping")
    return content
