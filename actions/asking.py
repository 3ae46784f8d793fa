"""Questions whose words depend on what was said before; all others are asked by Rasa from bot/domain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.catalogue import Catalogue
from actions.questions import ANONYMOUS
from actions.summary import summary_lines

Event = dict[str, Any]


@dataclass(frozen=True)
class ConsentRules:
    """What the policy says about the choice of support: by default told and asked, or asked as a free choice."""

    wording_version: str
    regime: str
    opt_in_routes: frozenset[str]
    opt_in_flags: frozenset[str]
    opt_in_answers: frozenset[str]
    opt_in_anonymous: bool

    @classmethod
    def of_policy(cls, consent: Mapping[str, Any]) -> "ConsentRules":
        return cls(
            wording_version=consent["wording_version"],
            regime=consent["regime"],
            opt_in_routes=frozenset(consent["opt_in_routes"]),
            opt_in_flags=frozenset(consent["opt_in_flags"]),
            opt_in_answers=frozenset(consent.get("opt_in_answers", ())),
            opt_in_anonymous=consent["opt_in_anonymous"],
        )

    def wording(self, slots: Mapping[str, Any]) -> str:
        """ "opt_out" or "opt_in", for what is known of this report."""
        free = (
            self.regime == "opt_in"
            or slots.get("route") in self.opt_in_routes
            or bool(self.opt_in_flags & set(slots.get("flags") or []))
            or any(slots.get(f"risk_{code}") == "yes" for code in self.opt_in_answers)
            or (self.opt_in_anonymous and slots.get("contact_name") == ANONYMOUS)
        )
        return "opt_in" if free else "opt_out"


class ActionAskReferral(Action):
    """Asks for the choice about victim support, and notes which wording was shown."""

    def __init__(self, catalogue: Catalogue, rules: ConsentRules) -> None:
        self._catalogue = catalogue
        self._rules = rules

    def name(self) -> str:
        return "action_ask_referral"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        wording = self._rules.wording(tracker.slots)
        name = "utter_ask_referral" if wording == "opt_out" else "utter_ask_referral_free"
        if int(tracker.get_slot("unclear") or 0) > 0:
            name = "utter_ask_referral_again"
        language = tracker.get_slot("language")
        dispatcher.utter_message(
            text=self._catalogue.say(name, language),
            buttons=self._catalogue.buttons(name, language),
        )
        return [SlotSet("referral_wording", f"{self._rules.wording_version}/{wording}")]


class ActionAskForRoute(Action):
    """Asks a question in other words when it did not happen to the person who writes."""

    def __init__(self, catalogue: Catalogue, slot: str) -> None:
        self._catalogue = catalogue
        self._slot = slot

    def name(self) -> str:
        return f"action_ask_{self._slot}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        language = tracker.get_slot("language")
        to_another = tracker.get_slot("route") in ("witness", "on_behalf")
        name = f"utter_ask_{self._slot}_other" if to_another else f"utter_ask_{self._slot}"
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
