"""Antisocial behaviour: counted as it comes in and as it goes on, and sent to the right places."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import structlog

from actions.catalogue import Catalogue
from actions.directory import MOST_AT_ONCE, Directory, Wish

Slots = Mapping[str, Any]
NEEDS = ("antisocial",)
# Where a report of antisocial behaviour goes by the answer to whether the person is targeted.
_WAYS = {"yes": "hate_route", "no": "right_place", "unsure": "hate_route_unsure"}


def came_in(slots: Slots) -> None:
    """Count a report that came in as antisocial behaviour. The event carries no content."""
    structlog.get_logger().info("antisocial_report_came_in", channel=slots.get("channel") or "web")


def went_on(slots: Slots, targeted: str) -> None:
    """Count where it went."""
    structlog.get_logger().info(
        "antisocial_report_went_on",
        channel=slots.get("channel") or "web",
        way=_WAYS.get(targeted, "hate_route_unsure"),
    )


def right_places(directory: Directory, catalogue: Catalogue, slots: Slots) -> dict[str, str]:
    """The right places for it, a line each, by language."""
    county = directory.county_of([(slots.get("found") or {}).get("place") or ""])
    most = MOST_AT_ONCE[slots.get("channel") or "web"]
    # The councils are many: without a place, only what serves everybody is named.
    found = directory.find(Wish(NEEDS, county=county), None)
    named = [each for each in found if county or not each.counties][:most]
    return {
        language: "\n".join(
            directory.line(each, catalogue, language, date.today()) for each in named
        )
        for language in ("cy", "en")
    }
