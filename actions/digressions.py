"""Whatever else people say: it is answered, and then the open question comes again."""

from typing import Any
from uuid import UUID

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.case_client import CaseClient, StaffDoorAway
from actions.catalogue import Catalogue
from actions.finish import forget_answers
from actions.questions import BY_SLOT, Kind
from actions.report_form import FORM
from actions.turn import Turn

Event = dict[str, Any]
# After these nothing is asked again: the person is leaving.
LEAVING = frozenset({"goodbye", "quick_exit"})
# The question that may not be settled for the person by giving up on it.
NEVER_SETTLED = frozenset({"account", "review"})


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
        """Ask the open question again; once a report was sent, wait for the person instead."""
        if tracker.get_slot("reference") and tracker.active_loop.get("name") is None:
            return []
        return [FollowupAction(FORM)]


class ActionDigress(Spoken):
    """Answers a question or a remark that is no answer to the report's question."""

    def name(self) -> str:
        return "action_digress"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        if not turn.sure:
            self.say(dispatcher, tracker, "utter_not_understood")
            return self.back_to_the_form(tracker)
        if turn.intent == "ask_why_question":
            question = BY_SLOT.get(tracker.get_slot("requested_slot") or "account")
            self.say(dispatcher, tracker, f"utter_why_{question.why if question else 'account'}")
        elif turn.intent != "repeat":
            self.say(dispatcher, tracker, f"utter_{turn.intent}")
        if turn.intent in LEAVING:
            return [ActiveLoop(None)]
        return self.back_to_the_form(tracker)


class ActionDanger(Spoken):
    """Shows the card and tells an officer, where the API's own safety layer has not done so already."""

    def __init__(self, catalogue: Catalogue, cases: CaseClient) -> None:
        super().__init__(catalogue)
        self._cases = cases

    def name(self) -> str:
        return "action_danger"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        if not turn.card_shown:
            danger = turn.intent == "danger_now"
            name = "utter_danger" if danger else "utter_suicide"
            dispatcher.utter_message(
                text=self._catalogue.say(name, tracker.get_slot("language")),
                json_message={"kind": "emergency"},
            )
            try:
                await self._cases.raise_urgent_alert(
                    f"urgent:{tracker.sender_id}:{tracker.latest_message.get('message_id') or 'turn'}",
                    str(UUID(tracker.sender_id)),
                    "danger" if danger else "suicide",
                )
            except StaffDoorAway as error:
                structlog.get_logger().error("urgent_alert_not_raised", reason=str(error))
        return self.back_to_the_form(tracker)


class ActionClarify(Spoken):
    """Says that it did not understand, and after a second time goes on rather than ask a third time."""

    def name(self) -> str:
        return "action_clarify"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        question = BY_SLOT.get(tracker.get_slot("requested_slot") or "")
        unclear = int(tracker.get_slot("unclear") or 0)
        if tracker.active_loop.get("name") is None and tracker.get_slot("reference"):
            self.say(dispatcher, tracker, "utter_after_sent")
            return []
        if turn.intent == "out_of_scope" and turn.sure and question is None:
            self.say(dispatcher, tracker, "utter_out_of_scope")
            return self.back_to_the_form(tracker)
        if unclear == 0 or question is None:
            choices = question is not None and question.kind in (Kind.CHOICE, Kind.SEVERAL)
            self.say(dispatcher, tracker, "utter_choose_one" if choices else "utter_not_understood")
            return [SlotSet("unclear", 1), *self.back_to_the_form(tracker)]
        if question.slot in NEVER_SETTLED:
            self.say(dispatcher, tracker, "utter_not_understood_again")
            return [SlotSet("unclear", 0)]
        settled = [SlotSet(question.slot, question.unknown), SlotSet("unclear", 0)]
        if question.slot == "referral":
            settled.append(SlotSet("referral_words", turn.text))
            self.say(dispatcher, tracker, "utter_referral_ask_later")
        return [*settled, *self.back_to_the_form(tracker)]


class ActionGoBack(Spoken):
    """Opens the last answer again."""

    def name(self) -> str:
        return "action_go_back"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        answered = list(tracker.get_slot("answered") or [])
        if not answered:
            self.say(dispatcher, tracker, "utter_nothing_to_change")
            return self.back_to_the_form(tracker)
        return [
            SlotSet(answered[-1], None),
            SlotSet("answered", answered[:-1]),
            SlotSet("unclear", 0),
            *self.back_to_the_form(tracker),
        ]


class ActionStop(Spoken):
    """Stops asking. What was said stays until the draft is dropped, and any message goes on from there."""

    def name(self) -> str:
        return "action_stop"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        self.say(dispatcher, tracker, "utter_stopped")
        return [ActiveLoop(None)]


class ActionRestart(Spoken):
    """Empties the form and begins again."""

    def name(self) -> str:
        return "action_restart"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        self.say(dispatcher, tracker, "utter_restarted")
        return [*forget_answers(), ActiveLoop(None), FollowupAction(FORM)]
