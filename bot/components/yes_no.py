"""Yes and no as closed classes: all the forms that Welsh and English have, and the answers that are neither.

Only a message made of nothing but known words is decided here. Everything else is the model's, except that an
answer with a doubt, a question or a contradiction in it is never passed on as a yes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from bot.components.lexicons import read_mapping
from bot.components.text import Token, tokenise, word_form
from bot.words.mutations import mutated_forms

Kind = Literal["yes", "weak_yes", "no", "unclear", "filler", "polite", "unfinished"]
Answer = Literal["affirm", "deny", "unsure"]

_LONGEST_ANSWER = 8
_ROOFED = frozenset({"cân", "cânt"})
_LONGEST_DOUBT = 14
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


class YesNo:
    """The grammar of short answers; `phrases` maps folded words to what they do in an answer."""

    def __init__(self, phrases: Mapping[str, Kind], homographs: Mapping[str, list[str]]) -> None:
        self.phrases = dict(phrases)
        self.homographs = {language: list(words) for language, words in homographs.items()}
        self._longest = max((phrase.count(" ") + 1 for phrase in phrases), default=0)
        self._foreign: dict[str, frozenset[str]] = {
            other: frozenset(self.homographs.get(own, []))
            for own, other in (("cy", "en"), ("en", "cy"))
        }

    def read(self, tokens: Sequence[Token], language: str | None) -> Answer | None:
        """What a short answer means, or None where it says anything beyond yes and no."""
        words = _words(tokens)
        if not words or len(words) > _LONGEST_ANSWER:
            return None
        kinds = list(self._kinds(words, language))
        if None in kinds:
            return None
        broken_off = kinds[-1] == "unfinished" or (kinds[0] == "yes" and "unclear" in kinds)
        if "yes" in kinds and ("no" in kinds or broken_off or _asks(tokens)):
            return "unsure"
        if "unclear" in kinds:
            return None
        if "no" in kinds and "weak_yes" not in kinds and not _asks(tokens):
            return "deny"
        if "unfinished" in kinds or _asks(tokens) or "no" in kinds:
            return None
        if "yes" in kinds or ("weak_yes" in kinds and "polite" not in kinds):
            return "affirm"
        return None

    def doubts(self, tokens: Sequence[Token], language: str | None) -> bool:
        """Whether a message that looks like a yes is not a clear one: a question, a doubt, a no beside it."""
        if _asks(tokens):
            return True
        words = _words(tokens)
        if len(words) > _LONGEST_DOUBT:
            return False
        kinds = set(self._kinds(words, language))
        if words and self.phrases.get(words[-1]) == "unfinished":
            return True
        return "unclear" in kinds or ("no" in kinds and bool({"yes", "weak_yes"} & kinds))

    def is_foreign(self, tokens: Sequence[Token], language: str | None) -> bool:
        """Whether the message is one homograph that says nothing in the language of the conversation."""
        return " ".join(_words(tokens)) in self._foreign.get(language or "", frozenset())

    def _kinds(self, words: list[str], language: str | None) -> Iterator[Kind | None]:
        foreign = self._foreign.get(language or "", frozenset())
        at = 0
        while at < len(words):
            for size in range(min(self._longest, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + size])
                kind = self.phrases.get(phrase)
                if kind is not None:
                    yield "filler" if phrase in foreign else kind
                    at += size
                    break
            else:
                yield None
                at += 1

    def as_json(self) -> dict[str, Any]:
        return {"phrases": self.phrases, "homographs": self.homographs}


def yes_no_from(path: Path) -> YesNo:
    """Generates the grammar from data/answers/yes_no.yml; what is listed first keeps its kind."""
    content = read_mapping(path)
    phrases: dict[str, Kind] = {}

    def add(kind: Kind, listed: Iterator[str] | list[str]) -> None:
        for phrase in listed:
            phrases.setdefault(" ".join(_words(tokenise(phrase))), kind)

    for language in ("cy", "en"):
        add("no", content["no"][language])
    for language in ("cy", "en"):
        add("unclear", content["unclear"][language])
        add("yes", content["yes"][language])
    add("no", _negated(content))
    add("weak_yes", _echoed(content))
    for language in ("cy", "en"):
        add("weak_yes", content["weak_yes"][language])
    for language in ("cy", "en"):
        add("filler", content["fillers"][language])
        add("polite", content["polite"][language])
    add("unfinished", content["unfinished"])
    phrases.pop("", None)
    homographs = {
        language: [word_form(word) for word in words]
        for language, words in content["homographs"].items()
    }
    return YesNo(phrases, homographs)


def _echoed(content: Mapping[str, Any]) -> Iterator[str]:
    for verb in _verbs(content):
        yield verb
        yield from (f"{verb} {pronoun}" for pronoun in content["pronouns"])
    english = content["english_echo"]
    for subject in english["subjects"]:
        yield from (f"{subject} {auxiliary}" for auxiliary in english["auxiliaries"])


def _negated(content: Mapping[str, Any]) -> Iterator[str]:
    for verb in _verbs(content):
        for form in mutated_forms(verb):
            for negator in content["negators"]:
                yield f"{negator} {form}"
                yield from (f"{negator} {form} {pronoun}" for pronoun in content["pronouns"])
    english = content["english_echo"]
    for subject in english["subjects"]:
        yield from (f"{subject} {auxiliary} not" for auxiliary in english["auxiliaries"])
        yield from (f"{subject} {contracted}" for contracted in english["contracted"])


def _verbs(content: Mapping[str, Any]) -> Iterator[str]:
    for verbs in content["echo_verbs"]:
        yield from verbs


def _words(tokens: Sequence[Token]) -> list[str]:
    """The words of an answer; marks do not count, signs such as a thumb do."""
    return [_spelled(token) for token in tokens if token.is_word or is_sign(token.form)]


def _spelled(token: Token) -> str:
    """The folded word, but with its roof where only that tells it from another: "cânt" is not "can't"."""
    written = unicodedata.normalize("NFC", token.written.lower())
    return written if written in _ROOFED else token.form


def is_sign(form: str) -> bool:
    """Whether a token is a picture that people answer with, such as a thumb."""
    return ord(form[0]) >= 0x2600 and form not in _SKIN_TONES


def _asks(tokens: Sequence[Token]) -> bool:
    return any("?" in token.form for token in tokens)
