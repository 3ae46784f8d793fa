"""The end of the form: the report is handed over, or nothing is sent, as the person chose."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.case_client import CaseClient, Receipt, StaffDoorAway
from actions.catalogue import Catalogue
from actions.drafts import DraftRules
from actions.memory import forget_answers
from actions.question import ANONYMOUS, RATHER_NOT, SKIP_ALL, SKIPPED, UNKNOWN, words_given
from actions.repeating import copy_of
from actions.reporter import named, reporter_of, safe_contact_of
from actions.risk_plan import RISK_PREFIX, risks_of_route
from actions.time_days import LONDON

Event = dict[str, Any]
# What the staff door takes of the account.
LONGEST_ACCOUNT = 40_000
# The account of a person who would rather not tell it.
NOTHING_TOLD = "–"


class ActionFinishReport(Action):
    """Hands the report over under a key of its own, so that a second attempt finds the first one's case."""

    def __init__(
        self, catalogue: Catalogue, cases: CaseClient, wording_version: str, drafts: DraftRules
    ) -> None:
        self._catalogue = catalogue
        self._cases = cases
        self._wording_version = wording_version
        self._drafts = drafts

    def name(self) -> str:
        return "action_finish_report"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[Event]:
        language = tracker.get_slot("language")
        number = int(tracker.get_slot("report_number") or 1)
        if tracker.get_slot("review") is None:
            # The form ended because a wish about an earlier report was settled.
            return []
        if tracker.get_slot("review") != "send":
            dispatcher.utter_message(text=self._catalogue.say("utter_discarded", language))
            return [*forget_answers(), SlotSet("report_number", number)]
        copy = copy_of(tracker.slots, self._catalogue, self._drafts, datetime.now(LONDON))
        key = f"{tracker.sender_id}:{number}"
        report = report_of(tracker.slots, tracker.sender_id, self._wording_version)
        try:
            receipt = await self._cases.submit_report(key, report)
        except StaffDoorAway:
            # The worker keeps the report and goes on trying; the person is told so honestly.
            dispatcher.utter_message(
                text=self._catalogue.say("utter_handover_pending", language),
                json_message={"handover": {"key": key, "report": report}},
            )
            return [
                *forget_answers(),
                SlotSet("report_number", number + 1),
                SlotSet("copy", copy),
            ]
        anonymous = report["contact"]["method"] == "none"
        dispatcher.utter_message(
            text=self._say_sent(anonymous, language, receipt),
            json_message={"kind": "receipt", "reference": receipt.reference},
        )
        return [
            *forget_answers(),
            SlotSet("report_number", number + 1),
            SlotSet("reference", receipt.reference),
            SlotSet("copy", copy),
        ]

    def _say_sent(self, anonymous: bool, language: str | None, receipt: Receipt) -> str:
        name = "utter_sent_anonymous" if anonymous else "utter_sent"
        return "\n\n".join(
            self._catalogue.say(
                name,
                each,
                reference=receipt.reference,
                update_code=receipt.update_code,
                date=receipt.contact_by_words[each],
            )
            for each in ([language] if language else ["cy", "en"])
        )


def report_of(slots: Mapping[str, Any], sender_id: str, wording_version: str) -> dict[str, Any]:
    """The report as the staff door takes it (`api.cases.schemas.ReportSubmission`)."""
    language = slots.get("language") or slots.get("account_language") or "cy"
    found = slots.get("found") or {}
    occurred = found.get("occurred") or {}
    return {
        "conversation_id": str(UUID(sender_id)),
        "language": language,
        "channel": slots.get("channel") or "web",
        "route": slots.get("route") or "victim",
        "report": {
            "text": (words_given(slots.get("account"), LONGEST_ACCOUNT) or NOTHING_TOLD),
            "text_language": slots.get("account_language") or language,
            "why_text": words_given(slots.get("why")),
            "strands": slots.get("strands") or ["not_sure"],
            "incident_types": found.get("incident_types") or [],
            "when_text": words_given(slots.get("when")),
            "occurred_from": occurred.get("from"),
            "occurred_to": occurred.get("to"),
            "where_text": words_given(slots.get("where")),
            "place": found.get("place"),
            # Told with the account, it stays whatever becomes of the place.
            "online": found.get("told_online") or found.get("online"),
            "who_text": words_given(slots.get("who")),
            "evidence_text": named(slots.get("evidence")),
        },
        "risk_answers": {
            code: RATHER_NOT if slots[RISK_PREFIX + code] == SKIP_ALL else slots[RISK_PREFIX + code]
            for code in risks_of_route(slots)
            if slots.get(RISK_PREFIX + code) is not None
        },
        "reporter": reporter_of(slots),
        "flags": slots.get("flags") or [],
        "referral": {
            "decision": slots.get("referral") or "not_asked",
            "wording_version": slots.get("referral_wording") or wording_version,
            "language": found.get("referral_language") or slots.get("language") or "cy+en",
            "words": words_given(slots.get("referral_words")),
        },
        "contact": _contact(slots),
    }


def _contact(slots: Mapping[str, Any]) -> dict[str, Any]:
    method = slots.get("contact_method") or "none"
    if method in (UNKNOWN, SKIPPED):
        method = "none"
    phone = words_given(slots.get("contact_phone"))
    if method == "text" and slots.get("channel") == "sms" and phone is None:
        # By text no number is asked for. One that was given in the web chat, or beside the choice, is the one chosen.
        method = "this_conversation"
    name = slots.get("contact_name")
    return {
        "method": method,
        "name": None if name == ANONYMOUS else words_given(name),
        "phone": phone,
        "email": words_given(slots.get("contact_email")),
        **safe_contact_of(slots),
    }
