"""What an answer brings with it: facts noted, questions settled or opened again, something to be said."""

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.account import facts_in, note_place, note_time
from actions.asides import PERSON_WANTED, settle_aside
from actions.catalogue import Catalogue
from actions.directory import Directory
from actions.memory import forget_reading, reopen
from actions.nuisance import right_places, went_on
from actions.questions import (
    ASIDES,
    CHOICE_OF_SUPPORT,
    CONTACT_DETAILS,
    GROUPS,
    PARTS,
    PROFESSIONAL,
    SKIP_ALL,
    SKIPPED,
    UNKNOWN,
    group_of,
)
from actions.reporter import NOBODY, choose_route
from actions.told_risk import forget_what_was_told_of_the_writer
from actions.turn import Turn

Slots = dict[str, Any]


class Consequences:
    """Follows up the answers of the report form."""

    def __init__(self, catalogue: Catalogue, directory: Directory) -> None:
        self._catalogue = catalogue
        self._directory = directory

    def follow(
        self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn, slot: str, value: Any
    ) -> None:
        """Change the slots as the answer `value` to the question `slot` requires, and say what must be said."""
        given = value not in (SKIPPED, UNKNOWN)
        if value == SKIP_ALL:
            _skip_group(slots, slot)
            self._say(dispatcher, slots, "utter_group_skipped")
            return
        if slot in ASIDES:
            said = settle_aside(slots, slot, value)
            if said is not None:
                dispatcher.utter_message(
                    text=self._catalogue.say(said, slots.get("language")),
                    json_message=PERSON_WANTED if value == "person" else None,
                )
        elif slot == "why" and given:
            facts_in(slots, turn)
        elif slot in ("when", "where") and not given:
            forget_reading(slots, slot)
        elif slot == "when":
            note_time(slots, value, turn)
        elif slot == "where":
            note_place(slots, value, turn)
        elif slot == "evidence" and given and value != NOBODY:
            self._say(dispatcher, slots, "utter_keep_evidence")
        elif slot == "route":
            choose_route(slots, value)
            if slots["route"] != "victim":
                forget_what_was_told_of_the_writer(slots)
        elif slot == "relation" and value == PROFESSIONAL:
            slots["found"] = {**(slots.get("found") or {}), "professional": True}
        elif slot == "may_contact_victim" and value == "no":
            self._say(dispatcher, slots, "utter_no_contact_with_victim")
        elif slot == "targeted":
            went_on(slots, value)
            if value == "no":
                lines = right_places(self._directory, self._catalogue, slots)
                dispatcher.utter_message(
                    text=self._catalogue.say(
                        "utter_not_targeted", slots.get("language"), lines=lines
                    )
                )
        elif slot == "contact_method":
            # Another means asks for its details anew, and for the choice about support; a refusal was noted and stays.
            refused = slots.get("referral") == "declined"
            reopen(slots, (*CONTACT_DETAILS, *(() if refused else CHOICE_OF_SUPPORT)))
            if value == "none":
                slots["referral"] = "declined" if refused else "not_asked"
                self._say(dispatcher, slots, "utter_anonymous")
        elif slot in ("contact_phone", "contact_email") and not given:
            # Without a number or an address, an answer can only come here.
            slots["contact_method"] = "this_conversation"
        elif slot == "referral":
            # The person's own words, and the language they were asked in, are the evidence of their choice.
            slots["referral_words"] = turn.text
            language = turn.language or "cy+en"
            slots["found"] = {**(slots.get("found") or {}), "referral_language": language}
            if value == "ask_later":
                self._say(dispatcher, slots, "utter_referral_ask_later")
        elif slot == "change":
            reopen(slots, PARTS[value])
            slots["change"] = slots["review"] = None

    def _say(self, dispatcher: CollectingDispatcher, slots: Slots, name: str) -> None:
        dispatcher.utter_message(text=self._catalogue.say(name, slots.get("language")))


def _skip_group(slots: Slots, slot: str) -> None:
    """Leave out the rest of a group; what was answered or told stays."""
    for each in GROUPS[group_of(slot) or ""]:
        if slots.get(each) is None:
            slots[each] = SKIP_ALL
