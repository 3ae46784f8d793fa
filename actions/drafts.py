"""What was told and not sent: whether there is any, how long it is kept, and coming back to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.catalogue import Catalogue
from actions.time_days import LONDON
from actions.time_description import describe_time
from actions.time_reader import ResolvedTime
from actions.turn import Turn


@dataclass(frozen=True)
class DraftRules:
    """How long a draft is kept after the last message, by channel, as the policy says."""

    hours: Mapping[str, int]

    @classmethod
    def of_policy(cls, policy: Mapping[str, Any]) -> "DraftRules":
        return cls({each: policy["drafts"][f"{each}_hours"] for each in ("web", "sms")})

    def end(self, channel: str | None, now: datetime) -> datetime:
        """When a draft of this moment is deleted."""
        return now + timedelta(hours=self.hours[channel or "web"])

    def until(self, channel: str | None, now: datetime) -> dict[str, str]:
        """The hour until which a draft is kept for certain, as people say it, by language."""
        end = self.end(channel, now).astimezone(LONDON).replace(minute=0, second=0, microsecond=0)
        hour = ResolvedTime("", end, end, "time", asked=now)
        welsh = describe_time(hour, "cy")
        if welsh.startswith("dydd "):
            welsh = f"d{welsh}"
        return {"cy": f"tan {welsh}", "en": f"until {describe_time(hour, 'en')}"}


def say_kept(
    dispatcher: CollectingDispatcher,
    catalogue: Catalogue,
    rules: DraftRules,
    slots: Mapping[str, Any],
    name: str,
) -> None:
    """Say something that tells until when the draft is kept; the API adds a code to come back by."""
    until = rules.until(slots.get("channel"), datetime.now(LONDON))
    dispatcher.utter_message(
        text=catalogue.say(name, slots.get("language"), until=until),
        json_message={"resume_code": True},
    )


def has_draft(slots: Mapping[str, Any]) -> bool:
    """Whether a report has been begun and not sent."""
    return slots.get("account") is not None or bool(slots.get("answered"))


def had_draft(slots: Mapping[str, Any], turn: Turn) -> bool:
    """Whether something was told or answered before this message, and neither sent nor dropped."""
    told = slots.get("account")
    return bool(slots.get("answered")) or (told is not None and told != turn.text)


def ask_to_resume(slots: dict[str, Any], came_with: str | None = None) -> None:
    """Have the person asked whether to go on. `came_with` is what they came back to tell."""
    found = {**(slots.get("found") or {}), "resume": True}
    found.pop("pause", None)
    if came_with is not None:
        found["came_with"] = came_with
    slots["found"] = found
    slots["resume"] = None
