"""Say it again: the open question, in simpler words where there are some, or all that was told as a copy to keep."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.catalogue import Catalogue
from actions.digressions import ActionDigress, is_over
from actions.drafts import DraftRules, had_draft
from actions.report_form import FORM
from actions.summary import summary_lines
from actions.time_days import LONDON
from actions.turn import Turn

Event = dict[str, Any]
# The question has been asked already: the form shall wait for its answer, and not ask once more.
# Without the first event it would not look at the next message, having rejected this one.
WAIT: tuple[Event, Event] = (ActiveLoop(FORM), FollowupAction("action_listen"))
_COPY = re.compile(
    r"\b(?:cop(?:y|ies|i|ïau|iau)|gop[iï]|chopi|summary|crynodeb|grynodeb|chrynodeb)\b"
    r"|\b(?:what|everything|all) (?:that )?i(?:'ve| have)? (?:told|said|wrote|written|put)\b"
    r"|\b(?:beth|bopeth|popeth) (?:wedes|ddwedes|ddwedais|sgwennes|ysgrifennes|wnes) i\b",
    re.IGNORECASE,
)
_SIMPLER = re.compile(
    r"\b(?:simpl\w*|plain(?:er|ly)?|eas(?:y|ier)|clear(?:er|ly)|short(?:er)?|reword|rephrase|another way"
    r"|other words|different(?:ly)? ?(?:way|words)?|explain|don'?t (?:understand|get)|mean(?:s|ing)?"
    r"|(?:yn |'?n )?(?:symlach|syml|haws|hawdd|gliriach|glir|fyrrach)|symleiddi\w*|eglur\w*|esboni\w*"
    r"|ffordd arall|geiriau (?:eraill|symlach|haws|gwahanol)|(?:ddim|m) (?:yn )?deall|ddeall|feddwl)\b",
    re.IGNORECASE,
)


class ActionRepeat(ActionDigress):
    """Answers the intent `repeat`, in whichever of its three senses."""

    def __init__(self, catalogue: Catalogue, drafts: DraftRules) -> None:
        super().__init__(catalogue)
        self._drafts = drafts

    def name(self) -> str:
        return "action_repeat"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        turn = Turn.of(tracker)
        if turn.sure and _COPY.search(turn.text):
            return self._copy(dispatcher, tracker, turn)
        if turn.sure and _SIMPLER.search(turn.text) and self._say_simpler(dispatcher, tracker):
            return [*WAIT]
        return await super().run(dispatcher, tracker, domain)

    def _say_simpler(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
        """Ask the open question in simpler words and wait. False where it has none, or nothing is open."""
        slot, language = tracker.get_slot("requested_slot"), tracker.get_slot("language")
        if tracker.active_loop.get("name") != FORM or f"utter_simple_{slot}" not in self._catalogue:
            return False
        dispatcher.utter_message(
            text=self._catalogue.say(f"utter_simple_{slot}", language),
            buttons=self._catalogue.buttons(f"utter_ask_{slot}", language) or None,
        )
        return True

    def _copy(self, dispatcher: CollectingDispatcher, tracker: Tracker, turn: Turn) -> list[Event]:
        language = tracker.get_slot("language")
        if is_over(tracker):
            lines = copied_lines(tracker.get_slot("copy"), language, datetime.now(LONDON))
            if lines is None:
                self.say(dispatcher, tracker, "utter_copy_gone")
            else:
                self._say_copy(dispatcher, language, lines)
            return []
        if not had_draft(tracker.slots, turn):
            self.say(dispatcher, tracker, "utter_copy_empty")
            return self.back_to_the_form(tracker)
        self._say_copy(
            dispatcher, language, summary_lines(tracker.slots, self._catalogue, language)
        )
        at_review = tracker.get_slot("requested_slot") == "review"
        if at_review and tracker.active_loop.get("name") == FORM and not turn.returned:
            # The form would show the summary once more.
            self.say(dispatcher, tracker, "utter_ask_review")
            return [*WAIT]
        return self.back_to_the_form(tracker)

    def _say_copy(
        self, dispatcher: CollectingDispatcher, language: str | None, lines: list[str]
    ) -> None:
        dispatcher.utter_message(
            text="\n".join([*lines, "", self._catalogue.say("utter_copy", language)]),
            json_message={"kind": "summary"},
        )


def copy_of(
    slots: Mapping[str, Any], catalogue: Catalogue, drafts: DraftRules, now: datetime
) -> dict[str, Any]:
    """The summary in both languages, to be asked for after sending for as long as a draft is kept."""
    return {
        "until": drafts.end(slots.get("channel"), now).isoformat(),
        **{each: summary_lines(slots, catalogue, each) for each in ("cy", "en")},
    }


def copied_lines(
    copy: Mapping[str, Any] | None, language: str | None, now: datetime
) -> list[str] | None:
    """The lines of a kept copy; None where there is none, or its time is over."""
    if copy is None or now > datetime.fromisoformat(copy["until"]):
        return None
    if language is None:
        return [*copy["cy"], "", *copy["en"]]
    lines: list[str] = copy[language]
    return lines
