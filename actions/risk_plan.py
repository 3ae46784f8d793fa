"""Which questions about risk are asked, in which order: by the policy in force, and by what is known already."""

from collections.abc import Mapping
from typing import Any

from actions.policy import policy_in_force
from actions.reporter import is_young

RISK_PREFIX = "risk_"
Slots = Mapping[str, Any]


def risks_to_ask(slots: Slots) -> list[str]:
    """The codes that this person is still to be asked on this channel, in order."""
    channel = "sms" if slots.get("channel") == "sms" else "web"
    questions = policy_in_force()["risk"]["questions"]
    return [
        code
        for code in _asked(slots, channel)
        if slots.get(RISK_PREFIX + code) is None and _makes_sense(questions[code], slots)
    ]


def risks_of_route(slots: Slots) -> list[str]:
    """The codes that belong to a report by this route, whether they were asked or told."""
    return _asked(slots, "web")


def _asked(slots: Slots, channel: str) -> list[str]:
    route = "under_18" if is_young(slots) else slots.get("route") or "victim"
    asked: Mapping[str, list[str]] = policy_in_force()["risk"]["asked"][channel]
    return asked.get(route, asked["victim"])


def _makes_sense(question: Mapping[str, Any], slots: Slots) -> bool:
    after = question.get("after", {})
    return all(slots.get(RISK_PREFIX + code) in wanted for code, wanted in after.items())
