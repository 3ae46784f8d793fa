"""Conversations as lists of steps, each in Welsh and in English, and what must come of them in both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant, Talk

Report = dict[str, Any]
CALM = {"danger": "none", "suicide": "none", "flags": []}
# "asks" where a step does not say which question must be open afterwards.
ANY = "any"
# What responses have filled in when they are said.
MARKS = ("value", "reference", "update_code", "date", "read", "lines", "until", "day")


@dataclass(frozen=True)
class Step:
    """One message. `asks` is the question open after it, `says` the responses that must be among the replies."""

    cy: str
    en: str
    asks: str | None = ANY
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    seen: str | None = None
    safety: dict[str, Any] | None = None
    switch: bool = False
    # Said after a pause, or by a code.
    returned: bool = False

    def text(self, language: str) -> str:
        return self.cy if language == "cy" else self.en


@dataclass(frozen=True)
class Conversation:
    name: str
    steps: tuple[Step, ...]
    check: Callable[[Report], None] | None = None
    channel: Literal["web", "sms"] = "web"
    flags: tuple[str, ...] = field(default=())


# One answer to each question that a victim is asked in the web chat, in the order in which they are asked.
TOLD = Step(
    "Ges i fy ngalw'n enwau hiliol gan ddau ddyn ar y bws yn Llanelli nos Fawrth",
    "Two men called me racist names on the bus in Llanelli on Tuesday night",
    "account_done",
    ("utter_after_account",),
)
# Tells nothing that is asked later.
BARE = Step("Fe waeddon nhw bethau cas arna i", "They shouted nasty things at me", "account_done")
DONE = Step("Dyna ni", "That's all", "why")
ANSWERS = {
    "account_done": ("Dyna'r cyfan am y tro", "That is all for now"),
    "route": ("I fi", "To me"),
    "why": ("Achos lliw fy nghroen i", "Because of the colour of my skin"),
    "strands": ("2", "2"),
    "when": ("Nos Fawrth ddiwethaf", "Last Tuesday night"),
    "where": ("Yn Llandeilo", "In Llandeilo"),
    "risk_weapon_or_hurt": ("Naddo, dim brifo nac arf", "No, nobody hurt and no weapon"),
    "risk_threats": ("Do, bygwth", "Yes, they threatened"),
    "risk_repeated": ("Ydy, o'r blaen", "Yes, before"),
    "risk_knows_where": ("Dydw i ddim yn gwybod", "I don't know"),
    "risk_worse": ("Ydy, yn gwaethygu", "Yes, getting worse"),
    "risk_afraid": ("Oes, ychydig", "Yes, a bit"),
    "risk_daily_life": ("Nac ydy", "No, it hasn't"),
    "risk_someone_close": ("Nage, neb agos", "No, nobody close"),
    "risk_children": ("Nac ydy, neb arall", "No, nobody else"),
    "risk_alone": ("Na, mae rhywun wrth law", "No, there is somebody"),
    "risk_health_need": ("Gwell gen i beidio ag ateb", "I'd rather not answer"),
    "risk_harder": ("Nac oes, dim byd", "No, nothing"),
    "who": ("Dyn tal mewn cot goch", "A tall man in a red coat"),
    "evidence": ("Nac oes", "No"),
    "contact_name": ("Carys", "Carys"),
    "contact_method": ("Ffoniwch fi", "Phone me"),
    "contact_phone": ("07700 900123", "07700 900123"),
    "contact_hours": ("Yn y bore", "In the morning"),
    "voicemail": ("Na, dim neges", "No, no message"),
    "say_police": ("Iawn, dwedwch hynny", "Yes, say so"),
    "trusted_person": ("Na, cysylltwch â fi", "No, contact me"),
    "languages": ("Cymraeg", "Welsh"),
    "access_needs": ("Dim byd", "Nothing"),
    "referral": ("Na, peidiwch", "No, don't"),
    "review": ("Anfon", "Send"),
}
NO_IDEA_WHO = Step("Dydw i ddim yn gwybod pwy", "I don't know who")
# On the routes where both are asked.
NOBODY_KNOWN = (
    Step("Dydw i ddim yn gwybod pwy", "I don't know who", "evidence"),
    Step("Nac oes, dim byd felly", "No, nothing like that"),
)
# Groups of questions are left out by one answer, except where they are what a test is about.
SKIP = ("Neidio dros y rhain", "Skip these")
IN_SHORT = {"risk_knows_where": SKIP, "contact_hours": SKIP}
AFTER_TOLD = (
    "account_done",
    "why",
    "risk_weapon_or_hurt",
    "risk_threats",
    "risk_repeated",
    "risk_knows_where",
    "evidence",
    "contact_name",
    "contact_method",
    "contact_phone",
    "contact_hours",
    "referral",
    "review",
)


def until(question: str | None, start: str = "account") -> tuple[Step, ...]:
    """The steps from the first word, or from the question `start`, to where `question` is open; None sends it."""
    steps = [TOLD] if start == "account" else []
    if start != "account" and start not in AFTER_TOLD:
        after_group = "evidence" if start.startswith("risk_") else "referral"
        steps.append(Step(*SKIP, asks=after_group))
        start = after_group
    order = AFTER_TOLD[AFTER_TOLD.index(start) :] if start != "account" else AFTER_TOLD
    for slot, following in zip(order, (*order[1:], None), strict=True):
        if slot == question:
            break
        steps.append(Step(*IN_SHORT.get(slot, ANSWERS[slot]), asks=following or None))
    return tuple(steps)


def walk(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> Talk:
    """Carry on a conversation in one language, and hold every step to what it must bring."""
    talk = assistant.talk(language, conversation.channel)
    spoken = language
    for step in conversation.steps:
        if step.switch:
            spoken = "en" if spoken == "cy" else "cy"
            talk.language = spoken
        said = step.text(spoken)
        talk.say(said, seen=step.seen, safety=step.safety, returned=step.returned)
        assert talk.replies, said
        assert all(reply["text"].strip() for reply in talk.replies), said
        if step.asks != ANY:
            assert talk.question == step.asks, f"{said!r} -> {talk.question}: {talk.text}"
        for name in step.says:
            assert _words(catalogue, name, spoken) in talk.text, f"{said!r} -> {talk.text}"
        for name in step.never:
            assert _words(catalogue, name, spoken) not in talk.text, said
    if conversation.check is not None:
        conversation.check(assistant.staff_door.report_of(talk))
    return talk


def _words(catalogue: Catalogue, name: str, language: str) -> str:
    """The beginning of a response, up to the first thing that is filled in later."""
    marks = dict.fromkeys(MARKS, "\0")
    return catalogue.say(name, language, **marks).split("\0")[0].strip()
