"""Content is encrypted at rest with a ring of keys; look-ups go by a keyed hash; tokens are kept as hashes."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class ContentUnreadable(Exception):
    """Stored content was not written with any key of the ring, or was altered."""


class Keyring:
    """Encrypts with the newest key, reads with any, and hashes identifiers for look-up.

    `keys` are Fernet keys (32 bytes, URL-safe base64), newest first; `hash_key` is any secret of
    24 characters or more. Rotating means putting a new key in front; rows keep their old key until
    they are next written.
    """

    def __init__(self, keys: Sequence[str], hash_key: str) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._hash_key = hash_key.encode()

    def encrypt(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        """The text that `encrypt` was given. Raises ContentUnreadable."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken as error:
            raise ContentUnreadable from error

    def look_up_hash(self, kind: str, identifier: str) -> bytes:
        """A keyed hash under which an identifier can be found again without being stored.

        `kind` separates the uses, so that a phone number and a code never share a hash.
        """
        return hmac.digest(self._hash_key, f"{kind}\0{identifier}".encode(), "sha256")


def new_token() -> str:
    """A bearer token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a bearer token: it is random, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def same_secret(given: str, expected: str) -> bool:
    """Compares in constant time; an empty expectation matches nothing."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _keyring(dialect: Dialect) -> Keyring:
    keyring = getattr(dialect, "keyring", None)
    if not isinstance(keyring, Keyring):
        raise RuntimeError("this engine has no key ring; make it with api.database.connect")
    return keyring


class EncryptedText(TypeDecorator[str]):
    """A text column whose plaintext never reaches the database. The engine carries the key ring."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _keyring(dialect).encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring(dialect).decrypt(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """A JSON column whose plaintext never reaches the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _keyring(dialect).encrypt(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(_keyring(dialect).decrypt(bytes(value)))
