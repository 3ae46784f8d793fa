"""In which language somebody writes, and when a conversation changes its language.

One place decides, before anything else reads the message, and says why. Three rules stand above all evidence: a
request for a language by name is granted; fewer than three words never change the language of a conversation; and a
message that says nothing about its language ("ok", "123", a name) leaves it as it is. Names of people and places
are no evidence.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from api.conversations.detector import ProfileFactory, words_of
from channels.written import as_read

Language = Literal["cy", "en"]

ARTEFACT: Final = "language.json"
# Below this many words of one language a message never changes the language of a conversation.
WORDS_TO_SWITCH: Final = 3
DECISIVE_WORDS_TO_SWITCH: Final = 2
SWITCH_CONFIDENCE: Final = 0.85
LONGEST_REQUEST_WORDS: Final = 16

_QUOTED: Final = re.compile(r"[\"“”«»][^\"“”«»]{1,300}[\"“”«»]|(?<!\w)['‘][^'’\n]{3,200}['’](?!\w)")
_SENTENCE: Final = re.compile(r"[.!?;:\n]+")
_NOT_THIS_ONE: Final = re.compile(
    r"\b(?:not|nid|from|o'r|instead of|rather than|yn lle|yn hytrach na|yn hytrach na'r)\s+(?:in |yn |y |the )?$"
)
# Schools, roads and chapels have Welsh names in both languages.
_NAMED: Final = re.compile(
    r"\b(?:Ysgol|Coleg|Canolfan|Ffordd|Heol|Stryd|Lôn|Lon|Tafarn|Capel|Parc|Plas|Maes|Bro|Tŷ|Ty|Clwb|Neuadd|Eglwys|Cwm|Clos"
    r"|Bryn|Pant|Gwesty|Siop|Tref|Rhos|Pen|Pont|Ynys|Porth|Cae|Nant|Aber|Llys|Rhodfa|Stad|Cilgant)(?:['’]?r)?"
    r"(?:\s+(?:[yYaAoO]r?|yr|[A-ZÂÊÎÔÛŴŶ][\w'’-]*)){1,4}"
)
_LANG: Final = "\x00"


@dataclass(frozen=True)
class LanguageDecision:
    """The language of the conversation from this message on.

    `reason` is one of: requested, first-message, undecided (a first message that says nothing about its language;
    answer in both), same, clear-sentence (a change), too-short, unclear (the last two keep the current language).
    """

    language: Language
    reason: str
    confidence: float


class LanguageDecider:
    """Decides the language of messages; the same message with the same current language always gets the same answer."""

    def __init__(self, artefact: dict[str, Any]) -> None:
        self._factory = ProfileFactory(artefact["profiles"], artefact["prior"])
        self._first: Language = _as_language(self._factory.langlist[0])
        self._second: Language = _as_language(self._factory.langlist[1])
        self._masked_words = frozenset(artefact["masked_words"])
        self._masked_phrases = _phrase_pattern(artefact["masked_phrases"])
        self._neutral = frozenset(artefact["neutral"])
        self._leans: dict[str, Language] = {
            word: _as_language(language)
            for language, words in artefact["leans"].items()
            for word in words
        }
        self._requests = _Requests(artefact["requests"])

    @classmethod
    def load(cls, model_dir: Path) -> "LanguageDecider":
        return cls(json.loads((model_dir / ARTEFACT).read_text(encoding="utf-8")))

    def decide(self, text: str, current: Language | None) -> LanguageDecision:
        """Answers for any text. Without a current language (the first message) an answer is forced."""
        text = as_read(text)
        requested = self._requests.find(text)
        if requested is not None:
            return LanguageDecision(requested, "requested", 0.99)
        words = self._evidence_words(text)
        decisive = [word for word in words if word not in self._neutral]
        if not decisive:
            if current is not None:
                return LanguageDecision(current, "too-short", 0.5)
            return LanguageDecision(self._lean(words), "undecided", 0.5)
        language, confidence = self._detect(words)
        if current is None:
            return LanguageDecision(language, "first-message", confidence)
        if language == current:
            return LanguageDecision(current, "same", confidence)
        if len(words) < WORDS_TO_SWITCH or len(decisive) < DECISIVE_WORDS_TO_SWITCH:
            return LanguageDecision(current, "too-short", round(1 - confidence, 4))
        if confidence < SWITCH_CONFIDENCE:
            return LanguageDecision(current, "unclear", round(1 - confidence, 4))
        return LanguageDecision(language, "clear-sentence", confidence)

    def detect(self, text: str) -> Language:
        """What the profiles alone say, with no rules; for comparison."""
        return self._detect(words_of(text))[0]

    def _detect(self, words: list[str]) -> tuple[Language, float]:
        detector = self._factory.create()
        detector.append_words(words)
        odds = detector.log_odds()
        confidence = round(1 / (1 + math.exp(-min(abs(odds), 60.0))), 4)
        return (self._first if odds > 0 else self._second), confidence

    def _evidence_words(self, text: str) -> list[str]:
        """The writer's own words: without names, and without what they quote when enough is left."""
        unquoted = _QUOTED.sub(" ", text) if len(text) < 4001 else text
        words = self._without_names(unquoted)
        if len(words) < WORDS_TO_SWITCH and unquoted != text:
            words = self._without_names(text)
        return words

    def _without_names(self, text: str) -> list[str]:
        if self._masked_phrases is not None:
            text = self._masked_phrases.sub(" ", text)
        text = _NAMED.sub(" ", text)
        return [word for word in words_of(text) if word not in self._masked_words]

    def _lean(self, words: list[str]) -> Language:
        """The service is Welsh first, so Welsh unless every word that leans at all leans to English."""
        leans = {self._leans[word] for word in words if word in self._leans}
        return "en" if leans == {"en"} else "cy"


class _Requests:
    """Finds that somebody asks for a language by name, and tells it from an account that names a language."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._names: dict[str, Language] = {
            name: _as_language(language)
            for language, names in data["names"].items()
            for name in names
        }
        self._name = re.compile(
            r"\b(?:" + "|".join(sorted(self._names, key=len, reverse=True)) + r")\b"
        )
        self._fillers = frozenset(data["fillers"])
        self._reported = frozenset(data["reported"])
        self._frames = [re.compile(frame.replace(r"\bLANG\b", _LANG)) for frame in data["frames"]]
        self._others = [re.compile(pattern) for pattern in data["others"]]
        self._unable = [re.compile(frame.replace(r"\bLANG\b", _LANG)) for frame in data["unable"]]

    def find(self, text: str) -> Language | None:
        plain = text[:2000].lower().replace("’", "'").replace("‘", "'")
        if self._name.search(plain) is None:
            return None
        for sentence in _SENTENCE.split(plain):
            language = self._in_sentence(sentence)
            if language is not None:
                return language
            # "My Welsh isn't good, English please": each clause by itself.
            found = {self._in_sentence(clause) for clause in sentence.split(",")} - {None}
            if len(found) == 1:
                return found.pop()
        return None

    def _in_sentence(self, sentence: str) -> Language | None:
        matches = list(self._name.finditer(sentence))
        words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", sentence)
        if not matches or len(words) > LONGEST_REQUEST_WORDS:
            return None
        wanted = {
            self._names[match.group()]
            for match in matches
            if not _NOT_THIS_ONE.search(sentence[: match.start()])
        }
        if len(wanted) != 1:
            return None
        language = wanted.pop()
        others = [word for word in words if word not in self._names]
        if all(word in self._fillers for word in others):
            return language
        if any(word in self._reported for word in others) or any(
            pattern.search(sentence) for pattern in self._others
        ):
            return None
        # A name counts inside a frame only where the phrase ends or filler follows: not in "an English teacher".
        marked = self._name.sub(lambda match: self._mark(match, sentence), sentence)
        if any(frame.search(marked) for frame in self._unable):
            return "en" if language == "cy" else "cy"
        if any(frame.search(marked) for frame in self._frames):
            return language
        return None

    def _mark(self, match: re.Match[str], sentence: str) -> str:
        following = re.match(r"\s*([^\W\d_]+(?:'[^\W\d_]+)*)", sentence[match.end() :])
        if following is None or following.group(1) in self._fillers | _AFTER_A_NAME:
            return _LANG
        return match.group()


_AFTER_A_NAME: Final = frozenset(
    [
        "with",
        "from",
        "for",
        "gyda",
        "efo",
        "'da",
        "da",
        "and",
        "but",
        "ond",
        "a",
        "achos",
        "if",
        "os",
        "is",
        "yn",
        "isn't",
        "isnt",
        "at",
        "so",
        "that",
        "very",
        "much",
        "well",
        "iawn",
        "rather",
        "na",
        "than",
        "nid",
        "not",
        "today",
        "heddiw",
        "here",
        "yma",
        "or",
        "neu",
        "speaker",
    ]
)


def _as_language(value: str) -> Language:
    if value not in get_args(Language):
        raise ValueError(f"not a language of this service: {value}")
    return "cy" if value == "cy" else "en"


def _phrase_pattern(phrases: list[str]) -> re.Pattern[str] | None:
    if not phrases:
        return None
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, ordered)) + r")\b", re.IGNORECASE)
