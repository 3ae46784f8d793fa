"""What people say, with a word in it that nobody else says, and which question was asked of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from actions.catalogue import Catalogue
from actions.questions import QUESTIONS
from tests.chaos.ledger import Language
from tests.dialogue.conversation import ANSWERS
from tests.journeys.transcripts import TO_SOME

CODES: Final = {question.slot: question.codes for question in QUESTIONS}
STORIES: Final = {
    "cy": (
        "Ges i fy ngalw'n enwau hiliol gan ddau ddyn ar y bws yn Llanelli nos Fawrth",
        "Gwaeddodd dyn enwau hiliol arna i ar y bws yn Llanelli neithiwr",
    ),
    "en": (
        "Two men called me racist names on the bus in Llanelli on Tuesday night",
        "A man shouted racist names at me on the bus in Llanelli last night",
    ),
}
MORE: Final = {"cy": "Enw'r lle oedd {}", "en": "The name of the place was {}"}
DANGER: Final = {
    "cy": "Mae e tu fas i'r drws nawr gyda chyllell ac mae'n mynd i fy lladd i",
    "en": "He is outside my door right now with a knife and he is going to kill me",
}
ADDITION: Final = {
    "cy": "dwi wedi cofio: roedd tatŵ ar law un ohonyn nhw, {}",
    "en": "I've remembered: one of them had a tattoo on his hand, {}",
}
# Which questions get an answer in words of one's own, with a marker in it.
IN_WORDS: Final = {
    "why": ("Achos lliw fy nghroen i, {}", "Because of the colour of my skin, {}"),
    "who": ("Dyn tal mewn cot goch o'r enw {}", "A tall man in a red coat called {}"),
    "contact_name": ("Carys {}", "Carys {}"),
}
# Which questions are answered by any of their first so many choices.
BY_CHANCE: Final = {
    **{slot: 4 for slot in CODES if slot.startswith("risk_")},
    "risk_repeated": 5,
    "risk_afraid": 5,
    "contact_method": 2,
    "contact_hours": 4,
    "referral": 3,
}
# One choice of these is right for a victim who sends the report.
ALWAYS: Final = {
    "account_done": 0,
    "route": 0,
    "review": 0,
    "resume": 1,
    "start_again": 1,
    "pause": 1,
}
_SYLLABLES: Final = ("bo", "ke", "da", "fi", "gu", "lo", "ma", "ne", "pa", "ri", "su", "ta")


@dataclass(frozen=True)
class Asked:
    """A question that stood last in what somebody heard."""

    slot: str
    name: str
    place: int


class Interview:
    """Knows the assistant's questions, and how to answer each."""

    def __init__(self, catalogue: Catalogue, dice: random.Random) -> None:
        self._catalogue = catalogue
        self._dice = dice
        self._used: set[str] = set()
        self._questions = list(self._load())

    def _load(self) -> "Sequence[tuple[str, str, str]]":
        """Text, slot and name of every question of the report, longest first."""
        found = []
        for name in self._catalogue.names():
            slot = name.removeprefix("utter_ask_")
            for ending in ("_other", "_free", "_again"):
                if slot not in CODES:
                    slot = slot.removesuffix(ending)
            if not name.startswith("utter_ask_") or slot not in CODES:
                continue
            for language in ("cy", "en"):
                text = self._catalogue.say(name, language).strip()
                found.append((_plain(text), slot, name))
        return sorted(found, key=lambda each: -len(each[0]))

    def marker(self) -> str:
        """A made-up name that nobody else says."""
        while True:
            made = "Z" + "".join(self._dice.choices(_SYLLABLES, k=4)) + "x"
            if made not in self._used:
                self._used.add(made)
                return made

    def asked(self, heard: str) -> Asked | None:
        """The question that stands last in what was heard, if any."""
        best: Asked | None = None
        heard = _plain(heard)
        for text, slot, name in self._questions:
            place = heard.rfind(text)
            if place >= 0 and (best is None or place > best.place):
                best = Asked(slot, name, place)
        return best

    def answer(self, asked: Asked, language: Language) -> tuple[str, str | None, str | None]:
        """What to say to a question, the code that it stands for, and the marker in it."""
        index = 0 if language == "cy" else 1
        slot = asked.slot
        if slot in IN_WORDS:
            marker = self.marker()
            return IN_WORDS[slot][index].format(marker), None, marker
        if slot == "contact_phone":
            return f"07700 900{self._dice.randrange(1000):03d}", None, None
        buttons = self._catalogue.buttons(asked.name, language)
        if slot in ALWAYS and buttons:
            return buttons[ALWAYS[slot]]["payload"], None, None
        if slot in BY_CHANCE and buttons:
            chosen = self._dice.randrange(min(BY_CHANCE[slot], len(buttons)))
            code = CODES[slot][chosen] if chosen < len(CODES[slot]) else None
            return buttons[chosen]["payload"], code, None
        answers = {**ANSWERS, **TO_SOME}
        return answers[slot][index] if slot in answers else ("Neidio", "Skip")[index], None, None


def _plain(text: str) -> str:
    """As a text message may bring it: signs made plain."""
    for sign, plain in (("’", "'"), ("‘", "'"), ("–", "-"), ("…", "..."), ("“", '"'), ("”", '"')):
        text = text.replace(sign, plain)
    return " ".join(text.split())
