"""What the next sends to the Twilio stand-in shall meet: every kind of bad day, for tests."""

from collections import deque
from collections.abc import Sequence
from typing import Literal

# 429 and 500: that status. timeout: the text is taken, but the answer comes too late to be heard.
# 21610: refused, the number has opted out. 21211 and 21614: refused, it is no number or no mobile.
# 30003: taken, and undelivered later. ok: all is well.
Fate = Literal["ok", "429", "500", "timeout", "21211", "21610", "21614", "30003"]


class ScriptedErrors:
    """A queue of fates, one for each send; `ok` for all after."""

    def __init__(self) -> None:
        self._fates: deque[Fate] = deque()

    def script(self, fates: Sequence[Fate]) -> None:
        """Replace what stands in the queue."""
        self._fates = deque(fates)

    def next(self) -> Fate:
        return self._fates.popleft() if self._fates else "ok"
