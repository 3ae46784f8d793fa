"""Ten whole conversations with the running product, written down for people to read.

    python -m tests.journeys.transcripts tests/journeys/transcripts

starts the product, has five people talk with it in each language, on both channels, and writes one page for each.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from actions.catalogue import Catalogue
from tests.dialogue.assistant import ROOT
from tests.dialogue.conversation import ANSWERS
from tests.journeys.product import Product, TextVictim, WebVictim, running_product

Language = Literal["cy", "en"]
MOST_MESSAGES = 60
# By text a conversation takes as long as its longest pause; the stand-in delivers at once.
QUIET_SECONDS = 2.5
# Answers to what only some are asked: the distressed, the young, those who report for others.
TO_SOME = {
    "pause": ("Mynd ymlaen", "Go on"),
    "resume": ("Mynd ymlaen", "Go on"),
    "relation": ("fy mab", "my son"),
    "victim_knows": ("Ydy, mae'n gwybod", "Yes, they know"),
    "victim_agrees": ("Ydy, mae wedi cytuno", "Yes, they agreed"),
    "may_contact_victim": ("Na, peidiwch", "No, don't"),
    "victim_name": ("Tomos", "Tomos"),
    "victim_contact": ("drwof i, ar ôl ysgol", "through me, after school"),
    "trusted_adult": ("Mrs Davies, athrawes fi", "Mrs Davies, my teacher"),
    "safe_contact": ("ar ôl 4, dim neges", "after 4, no message"),
}


REFERENCE = re.compile(r"LL-\w{4}-\w{4}")


@dataclass(frozen=True)
class Person:
    """Somebody with a story. `says` comes first, `answers` to the questions by slot, `aside` once before an answer,
    `after` when the report was sent."""

    name: str
    title: Mapping[Language, str]
    channel: Literal["web", "sms"]
    says: Mapping[Language, Sequence[str]]
    answers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    aside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    after: Mapping[Language, Sequence[str]] = field(default_factory=dict)


PEOPLE = (
    Person(
        "victim",
        {
            "cy": "Ar y we: rhywun a gafodd ei gam-drin ar y bws",
            "en": "On the web: abused on the bus",
        },
        "web",
        {
            "cy": (
                "shwmae",
                "Ges i fy ngalw'n enwau hiliol gan ddau ddyn ar y bws yn Llanelli nos Fawrth. Boeron nhw ata i hefyd",
            ),
            "en": (
                "hello",
                "Two men called me racist names on the bus in Llanelli on Tuesday night. They spat at me as well",
            ),
        },
        answers={"referral": ("Iawn, pasiwch fy manylion ymlaen", "Yes, pass my details on")},
        aside={
            "why": ("pam chi'n gofyn hwnna?", "why do you ask that?"),
            "contact_name": ("pwy fydd yn gweld hyn?", "who will see this?"),
        },
        after={
            "cy": ("dwi wedi cofio: roedd tatŵ ar law un ohonyn nhw", "diolch"),
            "en": ("I've remembered: one of them had a tattoo on his hand", "thanks"),
        },
    ),
    Person(
        "text",
        {"cy": "Drwy neges destun: cymdogion", "en": "By text: neighbours"},
        "sms",
        {
            "cy": ("ma'r cymdogion yn gweiddi pethe cas am fod fi'n hoyw bob nos",),
            "en": ("the neighbours shout nasty things every night because im gay",),
        },
        answers={
            "why": ("achos bo fi'n hoyw", "because im gay"),
            "contact_method": ("1", "1"),
            "where": ("tu fas i'r ty", "outside my house"),
            "when": ("bob nos, neithiwr oedd y diwetha", "every night, last night was the latest"),
        },
        aside={
            "risk_threats": ("wi'n flin, wi'n dechre llefen nawr", "sorry im starting to cry now")
        },
        after={"cy": ("oes newyddion?",), "en": ("any news on my report?",)},
    ),
    Person(
        "witness",
        {"cy": "Ar y we: tyst", "en": "On the web: a witness"},
        "web",
        {
            "cy": (
                "Welais i ddyn yn gweiddi ar fenyw mewn hijab yn y dre yng Nghaerfyrddin prynhawn ddoe",
            ),
            "en": (
                "I saw a man shouting at a woman in a hijab in Carmarthen town yesterday afternoon",
            ),
        },
        answers={
            "why": ("achos ei chrefydd hi, wi'n credu", "because of her religion, I think"),
            "contact_name": ("gwell gen i beidio", "I'd rather not"),
            "contact_method": ("Peidiwch â chysylltu", "Don't contact me"),
        },
        aside={"why": ("ydy hynny'n drosedd casineb?", "is that a hate crime?")},
    ),
    Person(
        "son",
        {"cy": "Ar y we: mam ar ran ei mab", "en": "On the web: a mother for her son"},
        "web",
        {
            "cy": (
                "Mae fy mab yn cael ei fwlio yn yr ysgol yn Aber achos ei anabledd. Dydd Llun torron nhw ei ffon",
            ),
            "en": (
                "My son is bullied at school in Aberystwyth because of his disability. On Monday they broke his stick",
            ),
        },
        answers={
            "why": ("achos ei anabledd", "because of his disability"),
        },
        aside={"referral": ("English please", "Cymraeg plîs")},
    ),
    Person(
        "young",
        {"cy": "Drwy neges destun: rhywun 15 oed", "en": "By text: somebody of 15"},
        "sms",
        {
            "cy": (
                "helo dwi'n 15 a ma bois yn yr ysgol yn galw enwe arna i am fod yn Fwslim a tynnu hijab fi",
            ),
            "en": ("hi im 15 and boys at school call me names for being muslim and pull my hijab",),
        },
        answers={
            "why": ("achos bo fi'n Fwslim", "because im muslim"),
            "route": ("2", "2"),
        },
        aside={"when": ("fydd mam yn cael gwybod?", "will my mum find out?")},
    ),
)


class Writer:
    """Writes a conversation down as it is carried on."""

    def __init__(self, person: Person, language: Language) -> None:
        self.lines = [f"# {person.title[language]}", ""]

    def said(self, who: str, text: str, choices: Sequence[Mapping[str, Any]] = ()) -> None:
        quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
        self.lines += [f"**{who}**", "", quoted]
        if choices:
            self.lines += [">", *(f"> - [{choice['label']}]" for choice in choices)]
        self.lines.append("")


class Teller:
    """Has one person talk with the product until their report is sent and they have said the rest."""

    def __init__(
        self, product: Product, catalogue: Catalogue, person: Person, language: Language
    ) -> None:
        self._catalogue = catalogue
        self._person = person
        self._language: Language = language
        self._index = 0 if language == "cy" else 1
        self._aside = {slot: words[self._index] for slot, words in person.aside.items()}
        self._web = WebVictim(product, language) if person.channel == "web" else None
        number = f"+4477009003{PEOPLE.index(person)}{self._index}"
        self._phone = TextVictim(product, number) if person.channel == "sms" else None
        self._writer = Writer(person, language)
        self._names = {"cy": ("Llais", "Y person"), "en": ("Llais", "The person")}[language]

    def tell(self) -> str:
        """The whole conversation as a page. Raises AssertionError where it comes to no end."""
        if self._web is not None:
            self._note_web(self._web.poll(wait=5))
        heard, sent = "", False
        for words in self._person.says[self._language]:
            heard = self._say(words)
        for _ in range(MOST_MESSAGES):
            answer = self._answer(heard)
            if answer is None:
                break
            heard = self._say(answer)
            sent = sent or REFERENCE.search(heard) is not None
        if not sent:
            raise AssertionError(f"{self._person.name} sent no report: {heard}")
        for words in self._person.after.get(self._language, ()):
            self._say(words)
        return "\n".join(self._writer.lines)

    def _answer(self, heard: str) -> str | None:
        slot = self._asked(heard)
        if slot is None:
            return None
        if slot in self._aside:
            return self._aside.pop(slot)
        answers = {**ANSWERS, **TO_SOME, **self._person.answers}
        return answers[slot][self._index]

    def _asked(self, heard: str) -> str | None:
        """Which question stands last in what was heard, in either language."""
        places: dict[str, int] = {}
        for name in self._catalogue.names():
            if not name.startswith("utter_ask_"):
                continue
            slot = name.removeprefix("utter_ask_").removesuffix("_other").removesuffix("_free")
            if slot not in ANSWERS and slot not in TO_SOME:
                continue
            for language in ("cy", "en"):
                place = heard.rfind(self._catalogue.say(name, language).split("{")[0].strip())
                places[slot] = max(place, places.get(slot, -1))
        slot, place = max(places.items(), key=lambda item: item[1])
        return slot if place >= 0 else None

    def _say(self, words: str) -> str:
        self._writer.said(self._names[1], words)
        if self._web is not None:
            return self._note_web(self._web.say(words))
        assert self._phone is not None
        self._phone.send(words)
        texts = self._phone.wait_until_quiet(QUIET_SECONDS)
        for text in texts:
            self._writer.said(self._names[0], text)
        return "\n".join(texts)

    def _note_web(self, messages: Sequence[Mapping[str, Any]]) -> str:
        for message in messages:
            if message["from"] != "victim":
                self._writer.said(self._names[0], message["text"], message["choices"] or ())
        return "\n".join(message["text"] for message in messages if message["from"] != "victim")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    catalogue = Catalogue.load(ROOT)
    with (
        tempfile.TemporaryDirectory(prefix="llais-told-") as work,
        running_product(Path(work)) as product,
    ):
        for person in PEOPLE:
            for language in ("cy", "en"):
                page = directory / f"{person.name}_{language}.md"
                page.write_text(
                    Teller(product, catalogue, person, language).tell(), encoding="utf-8"
                )
                print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
