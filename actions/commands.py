"""What a person may command at any time: go back, stop, start again."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.catalogue import Catalogue
from actions.digressions import Spoken, is_over, was_sent
from actions.drafts import DraftRules, had_draft, say_kept
from actions.memory import changes, forget_answers, reopen
from actions.questions import GROUPS, PARTS, SKIP_ALL, group_of
from actions.report_form import FORM
from actions.turn import Turn

Event = dict[str, Any]


class ActionGoBack(Spoken):
    """Opens the last answer again. What was told stays: more words come after it."""

    def name(self) -> str:
        return "action_go_back"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        answered = [slot for slot in tracker.get_slot("answered") or [] if slot != "account"]
        slots = dict(tracker.slots)
        if slots.get("requested_slot") == "change":
            # Back from "what would you like to change" is the review itself.
            reopen(slots, ("change",))
        elif answered:
            reopen(slots, _reopened_with(answered[-1], slots))
            slots["answered"] = answered[:-1]
        else:
            self.say(dispatcher, tracker, "utter_nothing_to_change")
        slots["unclear"] = 0
        return [*changes(tracker.slots, slots), *self.back_to_the_form(tracker)]


def _reopened_with(slot: str, slots: dict[str, Any]) -> tuple[str, ...]:
    """What going back to an answer opens: with one that left out a group, all that it left out."""
    if slot == "referral":
        return PARTS["referral"]
    group = group_of(slot)
    if group is None or slots.get(slot) != SKIP_ALL:
        return (slot,)
    return tuple(each for each in GROUPS[group] if slots.get(each) == SKIP_ALL)


class ActionStop(Spoken):
    """Stops asking, or says goodbye. What was said stays for as long as drafts do, and any message goes on from there.

    On the web chat, where the next visit is another session, the person is given a code to come back by.
    """

    def __init__(self, catalogue: Catalogue, drafts: DraftRules) -> None:
        super().__init__(catalogue)
        self._drafts = drafts

    def name(self) -> str:
        return "action_stop"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        leaving = turn.intent == "goodbye"
        if leaving and not turn.sure:
            return self.clarify(dispatcher, tracker, turn)
        if not is_over(tracker) and had_draft(tracker.slots, turn):
            name = "utter_goodbye_kept" if leaving else "utter_stopped"
            say_kept(dispatcher, self._catalogue, self._drafts, tracker.slots, name)
        elif leaving:
            self.say(dispatcher, tracker, "utter_goodbye")
        else:
            over = is_over(tracker) and was_sent(tracker)
            name = "utter_stopped_after_sent" if over else "utter_stopped_empty"
            self.say(dispatcher, tracker, name)
        found = {k: v for k, v in (tracker.get_slot("found") or {}).items() if k != "wish"}
        return [SlotSet("found", found or None), ActiveLoop(None)]


class ActionRestart(Spoken):
    """Begins again; where something was told already, only after the person has said so twice."""

    def name(self) -> str:
        return "action_restart"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        found = tracker.get_slot("found") or {}
        if tracker.get_slot("account") is None and not tracker.get_slot("answered"):
            self.say(dispatcher, tracker, "utter_restarted")
            return [*forget_answers(), ActiveLoop(None), FollowupAction(FORM)]
        return [
            SlotSet("found", {**found, "restart": True}),
            SlotSet("start_again", None),
            SlotSet("unclear", 0),
            FollowupAction(FORM),
        ]
