"""What a person may want of a report that was sent: news of it, to add to it, another choice, to take it back.

A wish lives in the slot `found` until it is settled. Its questions stand in front of the report's own, so that an open
draft goes on where it was. What is to be done goes to the worker with the reply (`api/conversations/requests.py`).
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rasa_sdk.executor import CollectingDispatcher

from actions.account import FEWEST_WORDS, announces
from actions.answers import REFUSAL
from actions.case_client import CaseClient, CaseStatus, StaffDoorAway
from actions.catalogue import Catalogue, plain
from actions.contact_details import code_in
from actions.questions import SKIPPED
from actions.turn import Turn

Slots = dict[str, Any]
WISHES = {
    "ask_case_update": "status",
    "add_information": "addition",
    "change_referral_choice": "referral",
    "withdraw_report": "withdrawal",
}
FEEDBACK = frozenset({"feedback", "give feedback", "adborth", "rhoi adborth", "adborth plis"})
OWN_QUESTIONS = ("case_reference", "case_code", "addition", "new_choice")
MOST_TRIES = 2
# Words of an addition that only announce it: "I want to add something to my report".
ANNOUNCED = re.compile(r"\b(add|adding|ychwanegu|cywiro|correct|change|newid)\b", re.IGNORECASE)
ANNOUNCEMENT_WORDS = 12


def wish_in(turn: Turn, was_sent: bool, has_draft: bool) -> dict[str, Any] | None:
    """The wish about a sent report that a message speaks of, or None.

    With nothing sent here and a draft open, an addition or a withdrawal is about the draft, and no wish.
    """
    if plain(turn.text) in FEEDBACK and was_sent:
        return {"kind": "feedback", "own": True}
    kind = WISHES.get(turn.intent) if turn.sure else None
    named = bool(turn.values("reference"))
    if kind is None or (has_draft and not was_sent and not named and kind != "status"):
        return None
    wish: dict[str, Any] = {"kind": kind, "own": was_sent and not named}
    if kind == "addition" and turn.words >= FEWEST_WORDS and not _announces_addition(turn):
        wish["words"] = turn.text
    if kind == "withdrawal":
        wish["words"] = turn.text
    if kind == "referral" and REFUSAL.search(turn.text.casefold().replace("’", "'")):
        wish |= {"decision": "declined", "words": turn.text}
    return wish


def _announces_addition(turn: Turn) -> bool:
    announced = announces(turn) or ANNOUNCED.search(turn.text)
    return bool(announced) and turn.words <= ANNOUNCEMENT_WORDS


def wish_of(slots: Mapping[str, Any]) -> dict[str, Any] | None:
    """The wish that is being settled."""
    wish: dict[str, Any] | None = (slots.get("found") or {}).get("wish")
    return wish


class CaseWishes:
    """Settles a wish as far as what was said allows. Called by the form at every message while there is one."""

    def __init__(self, catalogue: Catalogue, cases: CaseClient, wording_version: str) -> None:
        self._catalogue = catalogue
        self._cases = cases
        self._wording_version = wording_version

    async def carry_on(
        self, dispatcher: CollectingDispatcher, slots: Slots, turn: Turn, sender_id: str
    ) -> None:
        """Take reference and code from the message, check them once, and settle the wish when all is there."""
        wish = wish_of(slots)
        if wish is None:
            return
        wish = dict(wish)
        _take_reference_and_code(slots, wish, turn)
        slots["found"] = {**(slots.get("found") or {}), "wish": wish}
        if _cannot_say(slots, wish):
            self._end(dispatcher, slots, "utter_case_without_code")
            return
        if not wish["own"] and not (wish.get("reference") and wish.get("update_code")):
            return
        if wish["kind"] == "status" or not (wish["own"] or wish.get("checked")):
            status = await self._ask_status(dispatcher, slots, wish, sender_id)
            if status is None:
                return
            wish["checked"] = True
            slots["found"] = {**slots["found"], "wish": wish}
            if wish["kind"] == "status":
                self._tell(dispatcher, slots, status)
                _forget(slots)
                return
        self._settle(dispatcher, slots, wish, turn)

    async def _ask_status(
        self,
        dispatcher: CollectingDispatcher,
        slots: Slots,
        wish: dict[str, Any],
        sender_id: str,
    ) -> CaseStatus | None:
        """The status, or None after saying why there is none."""
        try:
            if wish["own"]:
                status = await self._cases.status_of_conversation(str(UUID(sender_id)))
            else:
                status = await self._cases.status_of_report(wish["reference"], wish["update_code"])
        except StaffDoorAway:
            self._end(dispatcher, slots, "utter_case_away")
            return None
        if status is not None:
            return status
        tries = int(wish.get("tries") or 0) + 1
        if wish["own"]:
            # The report is still on its way to the case system.
            self._end(dispatcher, slots, "utter_case_on_its_way")
        elif tries >= MOST_TRIES:
            self._end(dispatcher, slots, "utter_case_not_found_again")
        else:
            self._say(dispatcher, slots, "utter_case_not_found")
            kept = {k: v for k, v in wish.items() if k not in ("reference", "update_code")}
            slots["found"] = {**slots["found"], "wish": {**kept, "tries": tries}}
            slots["case_reference"] = slots["case_code"] = None
        return None

    def _settle(
        self, dispatcher: CollectingDispatcher, slots: Slots, wish: dict[str, Any], turn: Turn
    ) -> None:
        kind = wish["kind"]
        words = wish.get("words") or slots.get("addition")
        decision = wish.get("decision") or slots.get("new_choice")
        if slots.get("addition") == SKIPPED:
            self._end(dispatcher, slots, "utter_moving_on")
            return
        if kind in ("addition", "feedback") and not words:
            return
        if kind == "referral" and not decision:
            return
        request = {
            "kind": kind,
            "words": wish.get("words") or (turn.text if kind == "referral" else words),
            "language": turn.language or "cy+en",
            "decision": decision if kind == "referral" else None,
            "wording_version": f"{self._wording_version}/changed" if kind == "referral" else None,
            "reference": wish.get("reference"),
            "update_code": wish.get("update_code"),
        }
        name = f"utter_{kind}_kept" if kind != "referral" else f"utter_choice_is_{decision}"
        dispatcher.utter_message(
            text=self._catalogue.say(name, slots.get("language")), json_message={"request": request}
        )
        _forget(slots)

    def _tell(self, dispatcher: CollectingDispatcher, slots: Slots, status: CaseStatus) -> None:
        language = slots.get("language")
        lines = [
            "\n".join(
                self._catalogue.say(name, each, **_values(status, each))
                for name in _names_of(status)
            )
            for each in ([language] if language else ["cy", "en"])
        ]
        dispatcher.utter_message(text="\n\n".join(lines))
        self._say(dispatcher, slots, "utter_case_more")

    def _end(self, dispatcher: CollectingDispatcher, slots: Slots, name: str) -> None:
        self._say(dispatcher, slots, name)
        _forget(slots)

    def _say(self, dispatcher: CollectingDispatcher, slots: Slots, name: str) -> None:
        dispatcher.utter_message(text=self._catalogue.say(name, slots.get("language")))


def _take_reference_and_code(slots: Slots, wish: dict[str, Any], turn: Turn) -> None:
    if wish["own"]:
        return
    references = turn.values("reference")
    if references and not wish.get("reference"):
        wish["reference"] = _canonical(references[0])
        slots["case_reference"] = wish["reference"]
    code = code_in(turn.text)
    if code and wish.get("reference") and not wish.get("update_code"):
        wish["update_code"] = slots["case_code"] = code


def _cannot_say(slots: Slots, wish: dict[str, Any]) -> bool:
    """Whether the reference or the code was asked for and what came was neither."""
    if wish["own"]:
        return False
    return any(
        slots.get(slot) is not None and not wish.get(part)
        for slot, part in (("case_reference", "reference"), ("case_code", "update_code"))
    )


def _canonical(reference: str) -> str:
    letters = re.sub(r"[^A-Z0-9]", "", reference.upper())[2:]
    return f"LL-{letters[:4]}-{letters[4:]}"


def _names_of(status: CaseStatus) -> list[str]:
    names = [f"utter_status_{status.status}"]
    if status.contact_by_words is not None:
        names.append("utter_status_contact_by")
    if status.referral is not None:
        names.append(f"utter_status_referral_{status.referral}")
    return names


def _values(status: CaseStatus, language: str) -> dict[str, str]:
    values = {"reference": status.reference}
    if status.contact_by_words is not None:
        values["date"] = status.contact_by_words[language]
    return values


def begin(found: Mapping[str, Any], wish: dict[str, Any]) -> Slots:
    """The slots with which a wish begins, in place of an earlier one."""
    return {"found": {**found, "wish": wish}, **dict.fromkeys(OWN_QUESTIONS)}


def _forget(slots: Slots) -> None:
    slots["found"] = {k: v for k, v in (slots.get("found") or {}).items() if k != "wish"}
    for slot in OWN_QUESTIONS:
        slots[slot] = None
    answered = slots.get("answered") or []
    slots["answered"] = [slot for slot in answered if slot not in OWN_QUESTIONS]
