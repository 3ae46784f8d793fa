"""Guessing is slowed down more and more, and never keeps an officer out.

Attempts are counted by name, known or not, and by the address that they come from. A browser in which that name has
signed in or set a password before holds a cookie that says so, and is counted for itself: whoever guesses elsewhere
slows down elsewhere only. An officer behind a guesser's address, in a browser that is new, has a link sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.database import utc_now
from api.officers.models import SignInFailures
from api.problems import TooManyRequests
from api.runtime import Runtime
from api.security import Keyring, new_token, same_secret

FREE_ATTEMPTS: Final = 4
FIRST_DELAY: Final = timedelta(seconds=15)
LONGEST_DELAY: Final = timedelta(minutes=15)
# After a day without an attempt, earlier failures no longer count.
FORGOTTEN_AFTER: Final = timedelta(days=1)
LONGEST_USERNAME: Final = 64


class SignInSlowed(TooManyRequests):
    """Too many failures for this name, known or not; `seconds` until the next attempt counts."""

    type = "sign-in-slowed"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many attempts. Wait before the next one.", retry_after=seconds)
        self.seconds = seconds
        self.headers = {"Retry-After": str(seconds)}


def delay_after(failures: int) -> timedelta:
    """How long the next attempt must wait: nothing at first, then twice as long each time."""
    over = failures - FREE_ATTEMPTS
    if over <= 0:
        return timedelta(0)
    doublings: int = 2 ** min(over - 1, 10)
    return min(FIRST_DELAY * doublings, LONGEST_DELAY)


def normal_username(username: str) -> str:
    """A name as it is compared: however it was typed, and never longer than one can be."""
    return username.strip().lower()[:LONGEST_USERNAME]


def new_browser_mark(keyring: Keyring, username: str) -> str:
    """What a browser keeps after a sign-in. It opens nothing, and names nobody to who reads it."""
    nonce = new_token()
    return f"{nonce}.{_proof(keyring, nonce, username)}"


def _proof(keyring: Keyring, nonce: str, username: str) -> str:
    return keyring.look_up_hash("browser", f"{nonce}\0{normal_username(username)}").hex()


@dataclass(frozen=True)
class Attempts:
    """The count that an attempt goes by."""

    key: bytes

    @classmethod
    def of(
        cls, keyring: Keyring, username: str, network: str, browser_marks: Sequence[str]
    ) -> "Attempts":
        """The count of a browser that this name has used before, else of the name at this address."""
        for mark in browser_marks:
            nonce, _, proof = mark.partition(".")
            if nonce and same_secret(proof, _proof(keyring, nonce, username)):
                return cls(keyring.look_up_hash("browser-attempts", nonce))
        return cls(keyring.look_up_hash("username", f"{normal_username(username)}\0{network}"))

    async def count(self, runtime: Runtime) -> None:
        """Count an attempt as failed until it succeeds. Raises SignInSlowed while locked.

        It is counted before it is checked, so that guesses made at once cannot slip past the count.
        """
        now = utc_now()
        async with runtime.database.session() as session:
            await session.execute(
                insert(SignInFailures)
                .values(username_hash=self.key, failures=0)
                .on_conflict_do_nothing()
            )
            counted = await session.get_one(SignInFailures, self.key, with_for_update=True)
            _refuse_while_locked(counted, now)
            last = counted.locked_until
            if last is not None and last < now - FORGOTTEN_AFTER:
                counted.failures = 0
            counted.failures += 1
            counted.locked_until = now + delay_after(counted.failures)
            await session.commit()

    async def forget(self, session: AsyncSession) -> None:
        """Forget the failures once the right person is in, and what has long been over."""
        await session.execute(
            delete(SignInFailures).where(
                or_(
                    SignInFailures.username_hash == self.key,
                    SignInFailures.locked_until < utc_now() - FORGOTTEN_AFTER,
                )
            )
        )


def _refuse_while_locked(counted: SignInFailures, now: datetime) -> None:
    if counted.locked_until is not None and counted.locked_until > now:
        raise SignInSlowed(max(1, round((counted.locked_until - now).total_seconds())))
