"""Passwords: argon2 hashes, checked in the same time whether or not the officer exists."""

import asyncio
import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Read aloud and typed without doubt: no letters or digits that look alike.
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS: Final = 4
GROUP_LENGTH: Final = 5
LONGEST_PASSWORD: Final = 256


def new_password() -> str:
    """A password of about 99 random bits, in groups that can be read out."""
    groups = ("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def password_hash(password: str) -> str:
    return PasswordHasher().hash(password)


@cache
def hash_of_nobody() -> str:
    """What an unknown name is checked against, so that it takes as long as a known one."""
    return password_hash(secrets.token_urlsafe(32))


async def password_fits(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one. Nothing stored never fits, in the same time."""
    return await asyncio.to_thread(_fits, password, stored)


def _fits(password: str, stored: str | None) -> bool:
    try:
        PasswordHasher().verify(stored or hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
