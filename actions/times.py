"""When something happened: from a person's words to a range of time in London, and back to words."""

from actions.time_clock import Part
from actions.time_days import Precision
from actions.time_description import describe_time
from actions.time_reader import ResolvedTime, resolve_time

__all__ = ["Part", "Precision", "ResolvedTime", "describe_time", "resolve_time"]
