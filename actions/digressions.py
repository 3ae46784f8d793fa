"""Whatever else people say: it is answered, and then the open question comes again."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.account import FEWEST_WORDS, SURELY_TELLING, add_to_account
from actions.answers import REFUSAL
from actions.asides import PERSON_WANTED
from actions.case_wishes import begin, wish_in
from actions.catalogue import Catalogue
from actions.drafts import had_draft, has_draft
from actions.memory import changes
from actions.questions import ASIDES, BY_SLOT
from actions.report_form import FORM
from actions.turn import ALARMING, Turn

Event = dict[str, Any]
# After these nothing is asked again: the person is leaving.
LEAVING = frozenset({"goodbye", "quick_exit"})
# The question that may not be settled for the person by giving up on it.
NEVER_SETTLED = frozenset({"account", "review"})
# These may be said at length about what happened, and then are part of it.
FEELINGS = frozenset({"express_fear", "express_distress", "ask_human", "ask_support", "help"})


class Spoken(Action):
    """What the actions of this file share: the words, and going back to the form."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def say(self, dispatcher: CollectingDispatcher, tracker: Tracker, name: str) -> None:
        language = tracker.get_slot("language")
        dispatcher.utter_message(
            text=self._catalogue.say(name, language),
            buttons=self._catalogue.buttons(name, language) or None,
        )

    def back_to_the_form(self, tracker: Tracker) -> list[Event]:
        """Ask the open question again; once a report was sent or dropped, wait for the person instead."""
        return [] if is_over(tracker) else [FollowupAction(FORM)]

    def keep(self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn) -> list[Event]:
        """Keep the words of a message with the account. Returns the events that do so."""
        slots = dict(tracker.slots)
        first = slots.get("account") is None
        slots["flags"] = sorted({*(slots.get("flags") or []), *turn.flags}) or None
        add_to_account(slots, turn)
        frightening = turn.card_shown or turn.alarms
        name = "utter_after_account" if first else "utter_account_added"
        self.say(dispatcher, tracker, "utter_when_safe" if frightening else name)
        return changes(tracker.slots, slots)

    def clarify(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        """Say that this was not understood, and after a second time go on rather than ask a third time."""
        question = BY_SLOT.get(tracker.get_slot("requested_slot") or "")
        if tracker.active_loop.get("name") is None:
            question = None
        if is_over(tracker):
            if was_sent(tracker) and turn.words >= FEWEST_WORDS:
                # Not understood, but said after sending: the officer has it with the report.
                wish = {"kind": "addition", "own": True, "words": turn.text}
                return begin_wish(tracker, wish)
            if was_sent(tracker):
                self.say(dispatcher, tracker, "utter_after_sent")
                return []
            return [FollowupAction(FORM)]
        if question is None and (turn.words > SURELY_TELLING or _frightened(turn)):
            return [*self.keep(dispatcher, tracker, turn), FollowupAction(FORM)]
        if question is None and turn.returned and had_draft(tracker.slots, turn):
            # Whatever it was to answer, the person is asked first how to go on.
            return [FollowupAction(FORM)]
        if turn.intent == "out_of_scope" and turn.sure and question is None:
            self.say(dispatcher, tracker, "utter_out_of_scope")
            return [SlotSet("unclear", 1), *self.back_to_the_form(tracker)]
        if int(tracker.get_slot("unclear") or 0) == 0 or question is None:
            closed = question is not None and question.closed
            self.say(dispatcher, tracker, "utter_choose_one" if closed else "utter_not_understood")
            return [SlotSet("unclear", 1), *self.back_to_the_form(tracker)]
        if question.slot == "account":
            self.say(dispatcher, tracker, "utter_not_understood_again")
            return [SlotSet("unclear", 0)]
        if question.slot in NEVER_SETTLED:
            # It stays open; the form offers other ways on when it asks again.
            return self.back_to_the_form(tracker)
        return self._settle(dispatcher, tracker, turn, question.slot, question.unknown)

    def _settle(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        turn: Turn,
        slot: str,
        unknown: Any,
    ) -> list[Event]:
        """Leave a question open for an officer to ask."""
        answered = [*(tracker.get_slot("answered") or []), slot]
        settled = [SlotSet(slot, unknown), SlotSet("unclear", 0), SlotSet("answered", answered)]
        if slot == "referral":
            settled.append(SlotSet("referral_words", turn.text))
            found = tracker.get_slot("found") or {}
            language = turn.language or "cy+en"
            settled.append(SlotSet("found", {**found, "referral_language": language}))
            self.say(dispatcher, tracker, "utter_referral_ask_later")
        elif slot in ASIDES:
            found = tracker.get_slot("found") or {}
            kept = {key: value for key, value in found.items() if key != ASIDES[slot]}
            settled = [SlotSet("found", kept), SlotSet("unclear", 0)]
            self.say(dispatcher, tracker, "utter_moving_on")
        else:
            self.say(dispatcher, tracker, "utter_moving_on")
        return [*settled, *self.back_to_the_form(tracker)]


class ActionDigress(Spoken):
    """Answers a question or a remark that is no answer to the report's question."""

    def name(self) -> str:
        return "action_digress"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        wish = wish_in(turn, was_sent(tracker), has_draft(tracker.slots))
        if wish is not None:
            return begin_wish(tracker, wish)
        if not turn.sure:
            return self.clarify(dispatcher, tracker, turn)
        if turn.intent in LEAVING:
            self.say(dispatcher, tracker, _farewell(tracker, turn))
            return [ActiveLoop(None)]
        if turn.intent == "change_referral_choice" and _choice_is_open(tracker):
            return self.clarify(dispatcher, tracker, turn)
        kept = self._keep_first_words(dispatcher, tracker, turn)
        settled = self._answer(dispatcher, tracker, turn)
        if turn.intent == "thank" and tracker.active_loop.get("name") is None:
            return kept
        return [*kept, *settled, *self.back_to_the_form(tracker)]

    def _keep_first_words(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        """A cry for help may tell what happened: then it is the account, or more of it."""
        if tracker.active_loop.get("name") is not None or is_over(tracker):
            return []
        telling = turn.intent in FEELINGS and turn.words > SURELY_TELLING
        return self.keep(dispatcher, tracker, turn) if telling or _frightened(turn) else []

    def _answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        open_draft = not is_over(tracker)
        if turn.intent == "ask_why_question":
            slot = tracker.get_slot("requested_slot")
            self.say(dispatcher, tracker, f"utter_why_{slot if slot in BY_SLOT else 'account'}")
        elif turn.intent == "repeat" and open_draft:
            pass
        elif turn.intent == "repeat":
            self.say(dispatcher, tracker, "utter_after_sent" if was_sent(tracker) else "utter_help")
        elif turn.intent == "ask_human":
            dispatcher.utter_message(
                text=self._catalogue.say("utter_ask_human", tracker.get_slot("language")),
                json_message=PERSON_WANTED,
            )
        elif turn.intent == "withdraw_report" and open_draft and not was_sent(tracker):
            self.say(dispatcher, tracker, "utter_nothing_sent")
        elif turn.intent == "change_referral_choice" and open_draft:
            return self._choose_early(dispatcher, tracker, turn)
        else:
            self.say(dispatcher, tracker, f"utter_{turn.intent}")
        return []

    def _choose_early(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        """A choice about support outside its question: a refusal is kept at once, agreement is asked for properly."""
        if not REFUSAL.search(turn.text.casefold().replace("’", "'")):
            self.say(dispatcher, tracker, "utter_choice_comes")
            return [SlotSet("referral", None)]
        self.say(dispatcher, tracker, "utter_choice_declined")
        found = tracker.get_slot("found") or {}
        return [
            SlotSet("referral", "declined"),
            SlotSet("referral_words", turn.text),
            SlotSet("found", {**found, "referral_language": turn.language or "cy+en"}),
        ]


class ActionDanger(Spoken):
    """Shows the card and has an officer alerted, where the API's own safety layer has not done so already."""

    def name(self) -> str:
        return "action_danger"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        if not turn.card_shown:
            self._show_card(dispatcher, tracker, turn)
        if is_over(tracker):
            return []
        kept = self.keep(dispatcher, tracker, turn) if turn.words >= FEWEST_WORDS else []
        return [*kept, *self.back_to_the_form(tracker)]

    def _show_card(self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn) -> None:
        card = f"utter_{ALARMING[turn.intent]}"
        dispatcher.utter_message(
            text=self._catalogue.say(card, tracker.get_slot("language")),
            json_message={"kind": "emergency", "request": {"kind": "urgent"}},
        )


class ActionClarify(Spoken):
    """Answers what was not understood."""

    def name(self) -> str:
        return "action_clarify"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        wish = wish_in(turn, was_sent(tracker), has_draft(tracker.slots))
        if wish is not None:
            return begin_wish(tracker, wish)
        return self.clarify(dispatcher, tracker, turn)


def was_sent(tracker: Tracker) -> bool:
    """Whether a report of this conversation was handed over, or kept for handing over."""
    return int(tracker.get_slot("report_number") or 1) > 1


def is_over(tracker: Tracker) -> bool:
    """Whether a report was sent or dropped and nothing new has begun."""
    return (
        tracker.get_slot("report_number") is not None
        and tracker.active_loop.get("name") is None
        and tracker.get_slot("account") is None
    )


def begin_wish(tracker: Tracker, wish: dict[str, Any]) -> list[Event]:
    """Have the form settle a wish about a sent report."""
    begun = begin(tracker.get_slot("found") or {}, wish)
    return [*(SlotSet(slot, value) for slot, value in begun.items()), FollowupAction(FORM)]


def _farewell(tracker: Tracker, turn: Turn) -> str:
    """Whoever leaves fast has to be rid of a page, or of texts."""
    if turn.intent == "quick_exit" and tracker.get_slot("channel") == "sms":
        return "utter_quick_exit_by_text"
    return f"utter_{turn.intent}"


def _choice_is_open(tracker: Tracker) -> bool:
    is_asking = tracker.active_loop.get("name") is not None
    return is_asking and tracker.get_slot("requested_slot") == "referral"


def _frightened(turn: Turn) -> bool:
    return turn.card_shown and turn.words >= FEWEST_WORDS
