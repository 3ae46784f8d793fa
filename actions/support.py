"""Who can help: services from the directory, by what was asked for, else by what the report tells."""

from datetime import date
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.catalogue import Catalogue
from actions.digressions import ActionDigress
from actions.directory import MOST_AT_ONCE, Directory, Service, Wish
from actions.turn import Turn

Event = dict[str, Any]
Slots = dict[str, Any]


class ActionSupport(ActionDigress):
    """Answers the intent `ask_support`, and names further services when asked for more."""

    def __init__(self, catalogue: Catalogue, directory: Directory) -> None:
        super().__init__(catalogue)
        self._directory = directory

    def name(self) -> str:
        return "action_support"

    def _answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn
    ) -> list[Event]:
        slots = tracker.slots
        shown = slots.get("shown_services") or {}
        wish, start = self._wish(turn, slots), 0
        asks_for_nothing_else = not self._directory.needs_in(turn.text) and not turn.values(
            "strand"
        )
        if shown and asks_for_nothing_else and self._directory.asks_for_more(turn.text):
            wish, start = Wish.of_slot(shown["wish"]), shown["next"]
        found = self._directory.find(wish, slots.get("language"))
        most = MOST_AT_ONCE[slots.get("channel") or "web"]
        named = found[start : start + most]
        if not named:
            self.say(dispatcher, tracker, "utter_no_more_services")
            return [SlotSet("shown_services", None)]
        more = len(found) > start + most
        dispatcher.utter_message(
            text=services_in_words(
                self._directory,
                self._catalogue,
                named,
                slots.get("language"),
                head="utter_ask_support" if start == 0 else "utter_more_services",
                tail="utter_say_more" if more else None,
            )
        )
        return [SlotSet("shown_services", {"wish": wish.as_slot(), "next": start + most})]

    def _wish(self, turn: Turn, slots: Slots) -> Wish:
        """What the message asks for; what it leaves open, the report may tell."""
        found = slots.get("found") or {}
        needs, asked = self._directory.needs_in(turn.text), turn.values("strand")
        strands = asked or ([] if needs else slots.get("strands") or [])
        flags = set(slots.get("flags") or [])
        if not needs and not strands and "child" in flags:
            needs = ("child",)
        county = self._directory.county_of([*turn.values("place"), found.get("place") or ""])
        return Wish(needs, tuple(strands), county, bool(asked))


def services_in_words(
    directory: Directory,
    catalogue: Catalogue,
    services: list[Service],
    language: str | None,
    *,
    head: str,
    tail: str | None,
) -> str:
    """Services as one text: a line each, whether they were checked lately, and how to have more named."""
    if language is None:
        both = [
            services_in_words(directory, catalogue, services, each, head=head, tail=tail)
            for each in ("cy", "en")
        ]
        return "\n\n".join(both)
    today = date.today()
    lines = [catalogue.say(head, language)]
    lines += [directory.line(service, catalogue, language, today) for service in services]
    if not all(directory.is_checked(service, today) for service in services):
        lines.append(catalogue.say("utter_not_checked_lately", language))
    if tail is not None:
        lines.append(catalogue.say(tail, language))
    return "\n".join(lines)
