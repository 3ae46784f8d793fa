"""Moments as a page shows them: day, time, and the year when it is not this one."""

from datetime import datetime

from api.conversations.dates import say_date
from api.local_time import LONDON
from api.words import Language


def say_moment(moment: datetime, language: Language, now: datetime, *, soft: bool = False) -> str:
    """Like "dydd Mawrth 3 Mawrth, 21:05" or "Tuesday 3 March 2025, 21:05", in London time.

    `soft` is for a moment that goes on from the words before it. Welsh softens it after "tan" and where it tells when
    something was done: "tan ddydd Mawrth", "wedi'i wneud ddydd Mawrth". After "erbyn" or a colon nothing changes.
    """
    local = moment.astimezone(LONDON)
    year = "" if local.year == now.astimezone(LONDON).year else f" {local.year}"
    # Every Welsh date begins with "dydd".
    softened = "d" if soft and language == "cy" else ""
    return f"{softened}{say_date(moment, language)}{year}, {local:%H:%M}"
