"""The report form: which question is open, what a message answers, and what the account has told already."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.account import add_to_account, facts_in, holds_account
from actions.answers import Answer, read_answer
from actions.catalogue import Catalogue
from actions.questions import BY_SLOT, PARTS, Question, next_question
from actions.summary import summary_lines
from actions.turn import REPORTING, Turn

Event = dict[str, Any]
FORM = "report_form"
OWN_ACTIONS = {FORM, "action_listen", "action_extract_slots", "action_session_start"}


class ValidateReportForm(Action):
    """Called by Rasa's form at every message. Returning no slot tells the form that this was no answer."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def name(self) -> str:
        return f"validate_{FORM}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        slots = dict(tracker.slots)
        before = dict(slots)
        open_question = BY_SLOT.get(slots.get("requested_slot") or "")
        if _returns_from_digression(tracker):
            pass
        elif open_question is None:
            self._begin(dispatcher, slots, turn)
        elif not self._take(dispatcher, slots, turn, open_question):
            return []
        following = next_question(slots)
        slots["requested_slot"] = following.slot if following else None
        changed = [SlotSet(key, slots[key]) for key in slots if slots[key] != before.get(key)]
        return [*changed, SlotSet("requested_slot", slots["requested_slot"])]

    def _begin(self, dispatcher: CollectingDispatcher, slots: dict[str, Any], turn: Turn) -> None:
        """The first message: its route, and the account if it tells one."""
        if turn.intent in REPORTING:
            slots["route"] = slots.get("route") or REPORTING[turn.intent]
            if turn.intent == "report_antisocial_behaviour":
                slots["found"] = {**(slots.get("found") or {}), "nuisance": True}
        if slots.get("account") is None and holds_account(turn):
            self._keep_account(dispatcher, slots, turn, first=True)

    def _take(
        self,
        dispatcher: CollectingDispatcher,
        slots: dict[str, Any],
        turn: Turn,
        question: Question,
    ) -> bool:
        """Take a message as an answer to `question` or as more of the account; False when it is neither."""
        asked = turn.metadata.get("question")
        if turn.card_shown:
            # The card came first. The words are kept, and the same question stays open.
            add_to_account(slots, turn)
            self._say(dispatcher, slots, "utter_when_safe")
            return True
        if asked is not None and asked != question.slot and turn.words > 1:
            # Written before this question was seen: it cannot be its answer.
            add_to_account(slots, turn)
            self._say(dispatcher, slots, "utter_account_added")
            return True
        answer = read_answer(question, turn, self._catalogue)
        if answer is None:
            return False
        if answer.complaint and int(slots.get("unclear") or 0) == 0:
            slots["unclear"] = 1
            self._say(dispatcher, slots, answer.complaint)
            return True
        self._fill(dispatcher, slots, turn, question, answer)
        return True

    def _fill(
        self,
        dispatcher: CollectingDispatcher,
        slots: dict[str, Any],
        turn: Turn,
        question: Question,
        answer: Answer,
    ) -> None:
        slots["unclear"] = 0
        if answer.addition:
            add_to_account(slots, turn)
            self._say(dispatcher, slots, "utter_account_added")
            return
        # What cannot be used the second time is kept as it was written; an officer can read it.
        value = turn.text if answer.complaint else answer.value
        if question.slot == "account":
            self._keep_account(dispatcher, slots, turn, first=False)
        else:
            slots[question.slot] = value
        slots.update(answer.extra)
        slots["answered"] = [*(slots.get("answered") or []), question.slot]
        if question.slot == "why":
            facts_in(slots, turn)
        if question.slot == "targeted" and value == "no":
            self._say(dispatcher, slots, "utter_not_targeted")
        if question.slot == "contact_method" and value == "none":
            slots["referral"] = "not_asked"
            self._say(dispatcher, slots, "utter_anonymous")
        if question.slot == "referral" and value == "ask_later":
            self._say(dispatcher, slots, "utter_referral_ask_later")
        if question.slot == "change":
            _reopen(slots, value)

    def _keep_account(
        self, dispatcher: CollectingDispatcher, slots: dict[str, Any], turn: Turn, *, first: bool
    ) -> None:
        add_to_account(slots, turn)
        facts_in(slots, turn)
        if not first and slots.get("route") is None and turn.intent in REPORTING:
            slots["route"] = REPORTING[turn.intent]
        self._say(dispatcher, slots, "utter_after_account")

    def _say(self, dispatcher: CollectingDispatcher, slots: dict[str, Any], name: str) -> None:
        dispatcher.utter_message(text=self._catalogue.say(name, slots.get("language")))


def _reopen(slots: dict[str, Any], part: str) -> None:
    """Open the questions of one part of the report again; the review comes again after them."""
    for slot in PARTS[part]:
        slots[slot] = None
    if part == "contact":
        slots["referral"] = slots["referral_words"] = None
    slots["change"] = None
    slots["review"] = None


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


class ActionAskReferral(Action):
    """Asks for the choice about victim support, in the wording that the route and the policy call for."""

    def __init__(
        self, catalogue: Catalogue, regime: str, free_choice_routes: frozenset[str]
    ) -> None:
        self._catalogue = catalogue
        self._regime = regime
        self._free_choice_routes = free_choice_routes

    def name(self) -> str:
        return "action_ask_referral"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        slots, language = tracker.slots, tracker.get_slot("language")
        flags = set(slots.get("flags") or [])
        free = (
            self._regime == "opt_in"
            or slots.get("route") in self._free_choice_routes
            or bool(flags & {"domestic_abuse", "sexual_offence"})
            or slots.get("contact_name") == "anonymous"
        )
        name = "utter_ask_referral_free" if free else "utter_ask_referral"
        if int(slots.get("unclear") or 0) > 0:
            name = "utter_ask_referral_again"
        dispatcher.utter_message(
            text=self._catalogue.say(name, language),
            buttons=self._catalogue.buttons(name, language),
        )
        return []


class ActionAskReview(Action):
    """Shows what will be sent, and asks whether to send it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def name(self) -> str:
        return "action_ask_review"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        language = tracker.get_slot("language")
        dispatcher.utter_message(
            text="\n".join(summary_lines(tracker.slots, self._catalogue, language)),
            json_message={"kind": "summary"},
        )
        dispatcher.utter_message(
            text=self._catalogue.say("utter_ask_review", language),
            buttons=self._catalogue.buttons("utter_ask_review", language),
        )
        return []
