"""The report form: which question is open, what a message answers, and what the account has told already."""

from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.account import add_to_account, holds_account
from actions.answers import TELLING, Answer, is_digression, read_answer, read_choice
from actions.asides import RESTING, come_back_after_digression
from actions.case_wishes import CaseWishes, wish_of
from actions.catalogue import Catalogue
from actions.changing import AnswerNames, answer_to_change, open_again
from actions.consequences import Consequences
from actions.directory import Directory
from actions.drafts import ask_to_resume, had_draft, has_draft
from actions.looks_like import FEW_WORDS, is_fact_asked_for
from actions.memory import changes
from actions.nuisance import came_in
from actions.question import words_given
from actions.questions import (
    BY_SLOT,
    GROUPS,
    SKIPPED,
    Kind,
    Question,
    group_of,
    next_question,
)
from actions.reporter import is_young, note_people
from actions.turn import REPORTING, Turn

Event = dict[str, Any]
Slots = dict[str, Any]
FORM = "report_form"
OWN_ACTIONS = {FORM, "action_listen", "action_extract_slots", "action_session_start"}
# The same question for the third time comes with other ways to go on. This one offers its own.
PATIENCE = 2
OFFERS_A_WAY_ON = frozenset({"account_done"})
# Leaving is possible even while a card is shown.
LEAVING_NOW = frozenset({"quick_exit", "stop", "goodbye"})


class ValidateReportForm(Action):
    """Called by Rasa's form at every message. Returning no slot tells the form that this was no answer."""

    def __init__(
        self, catalogue: Catalogue, wishes: CaseWishes, names: AnswerNames, directory: Directory
    ) -> None:
        self._catalogue = catalogue
        self._names = names
        self._consequences = Consequences(catalogue, directory)
        self._wishes = wishes

    def name(self) -> str:
        return f"validate_{FORM}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        slots: Slots = dict(tracker.slots)
        before = dict(slots)
        open_question = BY_SLOT.get(slots.get("requested_slot") or "")
        if (
            open_question
            and turn.alarms
            and (
                read_choice(open_question, turn, self._catalogue)
                or is_fact_asked_for(open_question, turn)
            )
        ):
            # A choice in its own words, or the place that was asked for, is no alarm, whatever a classifier makes of
            # "o dan 18" or "outside my house".
            turn = replace(turn, intent="nlu_fallback")
        slots["flags"] = sorted({*(slots.get("flags") or []), *turn.flags}) or None
        comes_back = turn.returned and had_draft(slots, turn)
        if _returns_from_digression(tracker):
            come_back_after_digression(slots, turn)
        elif open_question is None:
            self._begin(dispatcher, slots, turn)
            if comes_back:
                ask_to_resume(slots, turn.text if holds_account(turn) else None)
        elif (comes_back and open_question.slot != "resume") or _rests(slots):
            if not self._take_up(dispatcher, slots, turn, comes_back):
                return []
        elif not self._take(dispatcher, slots, turn, open_question):
            return []
        await self._wishes.carry_on(dispatcher, slots, turn, tracker.sender_id)
        if wish_of(before) and not wish_of(slots) and not has_draft(slots):
            # Nothing is open behind the wish: the form ends, and there is nothing to send.
            return [*changes(before, slots), SlotSet("requested_slot", None)]
        note_people(slots, turn)
        following = next_question(slots)
        slots["requested_slot"] = following.slot if following else None
        self._introduce(dispatcher, slots)
        self._offer_ways_on(dispatcher, slots, before)
        return [*changes(before, slots), SlotSet("requested_slot", slots["requested_slot"])]

    def _introduce(self, dispatcher: CollectingDispatcher, slots: Slots) -> None:
        """Say once what a young person must know, and why a group of questions comes."""
        said = list((slots.get("found") or {}).get("introduced") or [])
        group = group_of(slots["requested_slot"] or "")
        new = [
            *(["under_18"] if is_young(slots) and slots.get("account") is not None else []),
            *([f"{group}_intro"] if group and _is_long(slots, group) else []),
        ]
        for name in new:
            if name not in said:
                self._say(dispatcher, slots, f"utter_{name}")
                slots["found"] = {**(slots.get("found") or {}), "introduced": [*said, name]}
                said.append(name)

    def _offer_ways_on(self, dispatcher: CollectingDispatcher, slots: Slots, before: Slots) -> None:
        """Nobody is asked the same thing again and again without being told how else to go on."""
        same = slots["requested_slot"] and slots["requested_slot"] == before.get("requested_slot")
        slots["asked_again"] = int(slots.get("asked_again") or 0) + 1 if same else 0
        if slots["asked_again"] >= PATIENCE and slots["requested_slot"] not in OFFERS_A_WAY_ON:
            self._say(dispatcher, slots, "utter_ways_on")

    def _begin(self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn) -> None:
        """The first message: its route, and the account if it tells one."""
        _note_route(slots, turn)
        if slots.get("account") is not None:
            # Back after a pause: what is told now belongs with what was told before.
            if holds_account(turn):
                add_to_account(slots, turn)
                self._say(dispatcher, slots, "utter_account_added")
        elif holds_account(turn):
            self._keep_account(dispatcher, slots, turn)

    def _take_up(
        self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn, comes_back: bool
    ) -> bool:
        """Take the message of somebody who comes back; False when it asks or does something else.

        It is never an answer: nobody can be held to a question that they saw long ago. What it tells is kept.
        """
        if turn.alarms or is_digression(turn):
            return False
        slots["found"] = {k: v for k, v in (slots.get("found") or {}).items() if k != "pause"}
        if turn.card_shown:
            return self._take_frightened(dispatcher, slots, turn)
        told = holds_account(turn) or (turn.tells and turn.words >= TELLING)
        if told and slots.get("account") is None:
            self._keep_account(dispatcher, slots, turn)
        elif told:
            add_to_account(slots, turn)
            self._say(dispatcher, slots, "utter_account_added")
        if comes_back:
            ask_to_resume(slots, turn.text if told else None)
        return True

    def _take_frightened(self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn) -> bool:
        """The card came first. The words are kept, and the same question stays open."""
        add_to_account(slots, turn)
        self._say(dispatcher, slots, "utter_when_safe")
        return True

    def _take(
        self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn, question: Question
    ) -> bool:
        """Take a message as an answer to `question` or as more of the account; False when it is neither."""
        if turn.card_shown and wish_of(slots) and not has_draft(slots):
            # The officer sees these words with the case; they begin no new report.
            self._say(dispatcher, slots, "utter_when_safe")
            return True
        if (
            turn.card_shown
            and turn.intent not in LEAVING_NOW
            and not _insists(slots, turn, question)
        ):
            return self._take_frightened(dispatcher, slots, turn)
        if turn.alarms:
            return False
        if turn.returned and question.about_support:
            # After sending there is no draft to go on with. Whoever comes back is held to nothing all the same, least
            # of all to a choice about support.
            return not is_digression(turn)
        if wish_of(slots) is None:
            to_change = answer_to_change(self._names, question, turn, slots)
            if to_change is not None:
                open_again(slots, to_change)
                return True
        asked = turn.metadata.get("question")
        if asked is not None and asked != question.slot:
            return self._take_late(dispatcher, slots, turn, BY_SLOT.get(asked))
        answer = read_answer(question, turn, self._catalogue)
        if answer is None:
            return False
        if answer.complaint and int(slots.get("unclear") or 0) == 0:
            slots["unclear"] = 1
            self._say(dispatcher, slots, answer.complaint)
            return True
        self._fill(dispatcher, slots, turn, question, answer)
        return True

    def _take_late(
        self,
        dispatcher: CollectingDispatcher,
        slots: Slots,
        turn: Turn,
        asked: Question | None,
    ) -> bool:
        """Take what was written before the open question was seen: it cannot be its answer.

        A second choice for the question that was seen replaces the first, and so does a number; a few words stand
        beside the first, and anything longer is told.
        """
        if is_digression(turn):
            return False
        choice = read_choice(asked, turn, self._catalogue) if asked else None
        if asked and choice and slots.get(asked.slot) is not None and asked.slot != "account_done":
            self._fill(dispatcher, slots, turn, asked, choice)
        elif asked and (later := self._said_later(slots, turn, asked)):
            earlier = slots[asked.slot]
            self._fill(dispatcher, slots, turn, asked, later)
            if asked.kind is Kind.TEXT and words_given(earlier) and earlier not in asked.codes:
                # It may correct or go on: both stand there for the officer.
                slots[asked.slot] = f"{earlier}, {later.value}"
        elif choice is None and turn.words >= TELLING - 2:
            add_to_account(slots, turn)
            self._say(dispatcher, slots, "utter_account_added")
        return True

    def _said_later(self, slots: Slots, turn: Turn, asked: Question) -> Answer | None:
        """A number, an address or a few words that correct the answer of a question; None where they do not."""
        few = asked.kind is Kind.TEXT and turn.words < TELLING - 2
        if not (few or asked.kind in (Kind.PHONE, Kind.EMAIL)) or slots.get(asked.slot) is None:
            return None
        answer = read_answer(asked, turn, self._catalogue)
        none = (None, asked.no, asked.unknown, asked.skipped)
        if answer is None or answer.complaint or wish_of(slots) or answer.value in none:
            return None
        return answer

    def _fill(
        self,
        dispatcher: CollectingDispatcher,
        slots: Slots,
        turn: Turn,
        question: Question,
        answer: Answer,
    ) -> None:
        slots["unclear"] = 0
        # What cannot be used the second time is kept as it was written; an officer can read it.
        value = turn.text if answer.complaint and answer.value is None else answer.value
        if question.slot == "account" and value != SKIPPED:
            _note_route(slots, turn)
            self._keep_account(dispatcher, slots, turn)
        elif answer.addition:
            add_to_account(slots, turn)
            if value is None:
                _note_route(slots, turn)
                self._say(dispatcher, slots, "utter_account_added")
                return
        if question.slot != "account" or value == SKIPPED:
            slots[question.slot] = value
        earlier = [slot for slot in slots.get("answered") or [] if slot != question.slot]
        slots["answered"] = [*earlier, question.slot]
        self._consequences.follow(dispatcher, slots, turn, question.slot, value)
        slots.update(answer.extra)

    def _keep_account(self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn) -> None:
        add_to_account(slots, turn)
        self._say(dispatcher, slots, "utter_after_account")

    def _say(self, dispatcher: CollectingDispatcher, slots: Slots, name: str) -> None:
        dispatcher.utter_message(text=self._catalogue.say(name, slots.get("language")))


def _note_route(slots: Slots, turn: Turn) -> None:
    """Who it happened to, and whether it came as a nuisance, as far as a message shows it."""
    if turn.intent not in REPORTING:
        return
    slots["route"] = slots.get("route") or REPORTING[turn.intent]
    if turn.intent == "report_antisocial_behaviour" and slots.get("account") is None:
        if not (slots.get("found") or {}).get("nuisance"):
            came_in(slots)
        slots["found"] = {**(slots.get("found") or {}), "nuisance": True}


def _insists(slots: Slots, turn: Turn, question: Question) -> bool:
    """Whether a few words come again to a question of fact: then they are its answer, card or not.

    Who did it, or what shows it, takes more words than a time or a place.
    """
    again = int(slots.get("asked_again") or 0) > 0
    few = turn.words <= FEW_WORDS or question.slot in ("who", "evidence")
    return again and few and question.kind is Kind.TEXT


def _rests(slots: Slots) -> bool:
    return (slots.get("found") or {}).get("pause") == RESTING


def _is_long(slots: Slots, group: str) -> bool:
    """Whether more than one question of a group is still to come: one alone needs no introduction."""
    open_ones = [slot for slot in GROUPS[group] if slots.get(slot) is None]
    return sum(BY_SLOT[slot].applies(slots) for slot in open_ones) > 1


def _returns_from_digression(tracker: Tracker) -> bool:
    """Whether something else was answered since the person spoke, so that this message is used up."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected":
            return True
        if event.get("event") == "action" and event.get("name") not in OWN_ACTIONS:
            return True
    return False
