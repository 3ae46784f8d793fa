"""How fast the public door may be asked. Whoever asks too fast waits; nobody is locked out.

A school, a hostel and a mobile network are each one address to the internet, and behind it may be a victim and
whoever floods the door. So there is no list of the refused and no time during which an address is. Each address has a
line (`api/line.py`), in which whoever has been asking for longest goes first. Whoever finds it full is given a place to
come back with, which the chat does by itself and the form by a button. The figures are policy.

Addresses are kept in memory only, as a keyed hash, for the minutes that the count needs. A place is kept by whoever
holds it: when they first asked and a random name, sealed for this address; nothing of a person.
"""

import time
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.address import network_of
from api.jobs import Priority
from api.line import Place, TurnedAway, Turns
from api.policy import Pace, policy, policy_version
from api.problems import TooManyRequests
from api.runtime import Runtime, RuntimeDep
from api.security import Keyring, same_secret

# What a place is shown in, and given in with a refusal.
PLACE_HEADER: Final = "Llais-Place"


class Crowded(TooManyRequests):
    """More ask from one address than can be let in at once; `place` is what to come back with."""

    def __init__(self, retry_after_seconds: int, place: str) -> None:
        super().__init__("Many are asking from here at once. Try again in a moment.")
        self.place = place
        self.headers = {"Retry-After": str(retry_after_seconds), PLACE_HEADER: place}


@dataclass(frozen=True)
class Seal:
    """Makes places into words that only this service can have said, and to this address."""

    keyring: Keyring
    address: bytes

    def written(self, place: Place, now: float) -> str:
        """A place that was last asked for `now`."""
        facts = f"{round(place.since * 1000)}.{round(now)}.{place.name}"
        return f"{facts}.{self._proof(facts)}"

    def read(self, shown: str, now: float, kept_seconds: float) -> Place | None:
        """The place that was given out in these words; none where they are forged, another's or too old."""
        facts, _, proof = shown.rpartition(".")
        if not same_secret(proof, self._proof(facts)):
            return None
        since, asked, name = facts.split(".")
        if now - int(asked) > kept_seconds:
            return None
        return Place(int(since) / 1000, name)

    def _proof(self, facts: str) -> str:
        return self.keyring.look_up_hash("pace:place", f"{self.address.hex()}\0{facts}").hex()


class Doorkeeper:
    """The turns of one request: by its address, or by the session whose token it shows."""

    def __init__(self, request: Request, runtime: Runtime) -> None:
        self._request = request
        self._keyring = runtime.database.keyring
        state = request.app.state
        if not hasattr(state, "turns"):
            state.turns = Turns()
        if not hasattr(state, "pace"):
            state.pace = policy(policy_version()).pace
        self._turns: Turns = state.turns
        self._pace: Pace = state.pace

    async def open_session(self, shown: str = "") -> None:
        """Wait for the turn of this address to open a session; `shown` is the place of whoever comes back.

        Raises Crowded.
        """
        address = self._line("address", network_of(self._request))
        seal = Seal(self._keyring, address)
        place = seal.read(shown, time.time(), self._pace.place_kept_seconds)
        try:
            await self._turns.take(address, self._pace.sessions, place)
        except TurnedAway as away:
            kept = seal.written(away.place, time.time())
            raise Crowded(self._pace.retry_after_seconds, kept) from away

    async def send_message(self, session: object) -> Priority:
        """Wait for the turn of this session to send a message; how soon it is to be answered.

        Raises TooManyRequests.
        """
        try:
            await self._turns.take(self._line("session", str(session)), self._pace.messages)
        except TurnedAway as away:
            problem = TooManyRequests("Too many messages at once. Send this one again in a moment.")
            problem.headers = {"Retry-After": str(self._pace.retry_after_seconds)}
            raise problem from away
        address = self._line("answers", network_of(self._request))
        hurries = self._turns.hurries(address, self._pace.answers)
        return Priority.AFTER_OTHERS if hurries else Priority.USUAL

    def _line(self, kind: str, who: str) -> bytes:
        return self._keyring.look_up_hash(f"pace:{kind}", who)


async def doorkeeper_of(request: Request, runtime: RuntimeDep) -> Doorkeeper:
    return Doorkeeper(request, runtime)


DoorkeeperDep = Annotated[Doorkeeper, Depends(doorkeeper_of)]
