"""The time of day in Wales. Instants are kept in UTC everywhere; deadlines, shifts and safe hours go by this."""

from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
