"""Distress is met with warmth and a choice: a pause, going on, or a person."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.asides import OFFERED, RESTING
from actions.catalogue import Catalogue
from actions.digressions import ActionDigress
from actions.drafts import DraftRules, had_draft, say_kept
from actions.report_form import FORM
from actions.turn import Turn

Event = dict[str, Any]


class ActionDistress(ActionDigress):
    """Answers distress. Where a report has been begun, a pause is offered before the open question comes again."""

    def name(self) -> str:
        return "action_distress"

    def _answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        self.say(dispatcher, tracker, "utter_express_distress")
        if tracker.active_loop.get("name") != FORM or not had_draft(tracker.slots, turn):
            return []
        found = tracker.get_slot("found") or {}
        return [SlotSet("found", {**found, "pause": OFFERED}), SlotSet("pause", None)]


class ActionAskPause(Action):
    """Offers a pause; once it was chosen, says how long the draft is kept and waits."""

    def __init__(self, catalogue: Catalogue, drafts: DraftRules) -> None:
        self._catalogue = catalogue
        self._drafts = drafts

    def name(self) -> str:
        return "action_ask_pause"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        language = tracker.get_slot("language")
        if (tracker.get_slot("found") or {}).get("pause") == RESTING:
            say_kept(dispatcher, self._catalogue, self._drafts, tracker.slots, "utter_paused")
            return []
        dispatcher.utter_message(
            text=self._catalogue.say("utter_ask_pause", language),
            buttons=self._catalogue.buttons("utter_ask_pause", language),
        )
        return []
