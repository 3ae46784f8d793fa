"""A search for dead ends: people of every kind talk with the assistant, and what may never happen is looked for.

    python -m tests.dialogue.search --conversations 2000

starts an assistant of its own and prints how many turns were taken and what was found. The same walks, fewer of them,
are tests (test_search.py).
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from actions.catalogue import Catalogue
from api.migrations.migrate import migrate
from channels.sms import segments, with_choices
from tests.dialogue.assistant import ROOT, Assistant, Talk, running_assistant
from tests.dialogue.conversation import ANSWERS, BARE, TOLD
from tests.postgres import running_postgres

LONGEST_WALK = 30
# Whoever answers sensibly from anywhere comes to the end within so many messages.
LONGEST_WAY_OUT = 45
MOST_SEGMENTS = 3
SAME_QUESTION = 3
# Seeds between two lines of progress.
PROGRESS_EVERY = 25
# Besides the words that the test sets hold for a yes, only these agree to being passed on: the button and its number.
BUTTON = {"cy": "Iawn, pasiwch fy manylion ymlaen", "en": "Yes, pass my details on"}
CHOICE_OF_SUPPORT = frozenset({"referral", "new_choice"})
# These offer other ways to go on by themselves, or are open on purpose for as long as the person tells.
PATIENT = frozenset({"account_done"})


class Found(AssertionError):
    """Something that may never happen, with the end of the conversation that led to it."""


@dataclass
class Walk:
    """One conversation with what is remembered of it. `dice` decides everything, so a seed repeats it."""

    talk: Talk
    catalogue: Catalogue
    language: str
    dice: random.Random
    agreeing: frozenset[str]
    said: list[str] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    agreed: bool = False
    turns: int = 0

    def say(self, words: str) -> None:
        before = self.talk.question
        if before in CHOICE_OF_SUPPORT and words in self.agreeing:
            self.agreed = True
        self.talk.say(words)
        self.turns += 1
        self.said.append(words)
        self.asked.append(self.talk.question)
        self.heard.append(self.talk.text)
        for rule in RULES:
            complaint = rule(self)
            if complaint:
                ends = "\n".join(
                    f"  {said!r} -> {asked}"
                    for said, asked in zip(self.said[-8:], self.asked[-8:], strict=True)
                )
                raise Found(f"{complaint}\n{ends}\n  {self.talk.text}")


def _always_answers(walk: Walk) -> str | None:
    replies = walk.talk.replies
    return None if replies and all(reply["text"].strip() for reply in replies) else "no reply"


def _never_asks_the_same_without_a_way_on(walk: Walk) -> str | None:
    last = walk.asked[-SAME_QUESTION - 1 :]
    stuck = len(last) > SAME_QUESTION and len(set(last)) == 1 and last[0] not in {None, *PATIENT}
    if not stuck or "999" in walk.talk.text:
        return None
    return None if _offers_a_way_on(walk) else f"{last[0]} again and again"


def _offers_a_way_on(walk: Walk) -> bool:
    ways = (
        *("utter_ways_on", "utter_not_understood_again", "utter_when_safe", "utter_account_added"),
        # To begin again is what the person asked for.
        "utter_restarted",
    )
    # Simpler words are asked for by the person.
    simpler = (name for name in walk.catalogue.names() if name.startswith("utter_simple_"))
    return any(
        walk.catalogue.say(name, walk.language) in walk.talk.text for name in (*ways, *simpler)
    )


def _never_repeats_itself(walk: Walk) -> str | None:
    last = walk.heard[-SAME_QUESTION:]
    different = len(set(walk.said[-SAME_QUESTION:])) == SAME_QUESTION
    if len(last) < SAME_QUESTION or len(set(last)) > 1 or not different:
        return None
    if walk.talk.question in {None, *PATIENT} or _offers_a_way_on(walk):
        return None
    return "the very same words three times"


def _fits_into_texts(walk: Walk) -> str | None:
    if walk.talk.channel != "sms":
        return None
    for reply in walk.talk.replies:
        long = segments(with_choices(reply["text"], reply["choices"]))
        # A summary holds what the person told, however long; it leaves as several texts (channels/long_texts.py).
        if long > MOST_SEGMENTS and reply.get("kind") != "summary":
            return f"{long} segments"
    return None


def _speaks_their_language(walk: Walk) -> str | None:
    spoken = {reply["language"] for reply in walk.talk.replies}
    return None if spoken <= {walk.language} else f"spoke {spoken}"


RULES: tuple[Callable[[Walk], str | None], ...] = (
    _always_answers,
    _never_asks_the_same_without_a_way_on,
    _never_repeats_itself,
    _fits_into_texts,
    _speaks_their_language,
)


def messages_of_people(language: str) -> dict[str, list[str]]:
    """What people say, by intent: the messages of the test sets, which the assistant has never learnt from.

    Under "" is what means nothing, or a detail that nobody has asked for.
    """
    lines = (ROOT / "tests" / "evaluation" / f"nlu_{language}.tsv").read_text().splitlines()
    told: dict[str, list[str]] = {}
    for intent, text in (line.split("\t", 1) for line in lines if "\t" in line):
        told.setdefault(intent, []).append(text)
    nonsense = [
        "asdf qwer",
        "🙂",
        "?",
        "1",
        "2",
        "3",
        "9",
        "99",
        "1 a 3",
        "/restart",
        "…",
        "x" * 4000,
    ]
    details = ["carys@example.org", "07700 900123", "LL-4K7M-9QXT", "1234 5678", "12/13/2020"]
    return {**told, "": [*nonsense, *details]}


def walk_at_random(
    assistant: Assistant,
    catalogue: Catalogue,
    language: str,
    seed: int,
    people: dict[str, list[str]],
) -> Walk:
    """One conversation: some steps at random, then sensible answers to the end. Raises Found."""
    dice = random.Random(f"{language}{seed}")
    talk = assistant.talk(language, dice.choice(["web", "sms"]))
    agreeing = frozenset({BUTTON[language], "1", *people["affirm"]})
    walk = Walk(talk, catalogue, language, dice, agreeing)
    everything = [text for texts in people.values() for text in texts]
    sense = dice.choice([0.0, 0.3, 0.6, 0.9])
    for _ in range(dice.randrange(3, LONGEST_WALK)):
        if dice.random() < sense:
            words = sensible(walk)
        elif talk.replies and talk.replies[-1]["choices"] and dice.random() < 0.3:
            words = dice.choice(talk.replies[-1]["choices"])["value"]
        else:
            words = dice.choice(everything)
        walk.say(words)
    _find_the_way_out(walk)
    for report in assistant.staff_door.reports_of(talk.id):
        if report["referral"]["decision"] == "refer" and not walk.agreed:
            raise Found(f"passed on without a yes\n  {walk.said}")
    return walk


def sensible(walk: Walk) -> str:
    """What somebody says who answers what they are asked."""
    question = walk.talk.question
    index = 0 if walk.language == "cy" else 1
    if question in ANSWERS:
        return ANSWERS[question][index]
    if question == "account" or question is None:
        return walk.dice.choice([TOLD, BARE]).text(walk.language)
    choices = [reply["choices"] for reply in walk.talk.replies if reply["choices"]]
    return str(choices[-1][-1]["value"]) if choices else ("dim syniad", "don't know")[index]


def _find_the_way_out(walk: Walk) -> None:
    for _ in range(LONGEST_WAY_OUT):
        if walk.talk.question is None:
            return
        walk.say(sensible(walk))
    raise Found(f"no end in sight\n  {list(zip(walk.said[-12:], walk.asked[-12:], strict=True))}")


def search(
    assistant: Assistant, catalogue: Catalogue, seeds: range, said: Callable[[str], None]
) -> Iterator[Found]:
    """Walk with every seed in both languages; yields what was found."""
    people = {language: messages_of_people(language) for language in ("cy", "en")}
    turns, reached = 0, Counter[str]()
    began = time.monotonic()
    for seed in seeds:
        for language in ("cy", "en"):
            try:
                walk = walk_at_random(assistant, catalogue, language, seed, people[language])
            except Found as found:
                yield Found(f"seed {seed} {language}: {found}")
                continue
            turns += walk.turns
            if language == "en" and (seed - seeds.start) % PROGRESS_EVERY == PROGRESS_EVERY - 1:
                said(f"{2 * (seed - seeds.start + 1)} conversations, {turns} turns")
            reached.update({asked for asked in walk.asked if asked})
    seconds = time.monotonic() - began
    said(f"{2 * len(seeds)} conversations, {turns} turns in {seconds:.0f} s; questions reached:")
    said(", ".join(f"{question} {count}" for question, count in reached.most_common()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    found = 0
    with (
        tempfile.TemporaryDirectory(prefix="llais-search-") as work,
        running_postgres(Path(work)) as url,
    ):
        migrate(url)
        with running_assistant(url, Path(work)) as assistant:
            first = options.first_seed
            seeds = range(first, first + options.conversations // 2)
            for one in search(assistant, Catalogue.load(ROOT), seeds, partial(print, flush=True)):
                found += 1
                print(one, flush=True)
    print(f"{found} found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
