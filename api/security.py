"""Content is encrypted at rest with a ring of keys; look-ups go by a keyed hash; tokens are kept as hashes."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, LargeBinary, func
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

# How a stored value begins: under a data key, followed by the key's id; and as the database hands it out, with the
# wrapped key (its length in two bytes first) before that id. A value under the key ring alone begins with a letter.
UNDER_DATA_KEY: Final = b"\x01"
_WITH_DATA_KEY: Final = 2
_ID_BYTES: Final = 16
_DATA_KEYS_AT_HAND: Final = 512


class ContentUnreadable(Exception):
    """Stored content was not written with any key of the ring, or was altered."""


class ContentDestroyed(ContentUnreadable):
    """The data key of the content was destroyed, so nobody can read it again."""


@dataclass(frozen=True)
class DataKey:
    """The key of one case's or one conversation's content."""

    owner: UUID
    key: str


class Keyring:
    """Encrypts with the newest key, reads with any, and hashes identifiers for look-up.

    `keys` are Fernet keys (32 bytes, URL-safe base64), newest first; `hash_key` is any secret of
    24 characters or more. Rotating means putting a new key in front; rows keep their old key until
    they are next written, or api/renew_keys.py has been run.
    """

    def __init__(self, keys: Sequence[str], hash_key: str) -> None:
        if not keys:
            raise ValueError("a key ring needs at least one key")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._newest = Fernet(keys[0])
        self._hash_key = hash_key.encode()
        # The wrapped key comes with every value, so keeping it unwrapped outlives no destruction.
        self._unwrapped = lru_cache(_DATA_KEYS_AT_HAND)(self._unwrap)

    def encrypt(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        """The text that `encrypt` was given. Raises ContentUnreadable."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken as error:
            raise ContentUnreadable from error

    def renew(self, token: bytes) -> bytes | None:
        """The same content under the newest key, or None where it is. Raises ContentUnreadable."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            try:
                return self._fernet.rotate(token)
            except InvalidToken as error:
                raise ContentUnreadable from error
        return None

    def encrypt_under(self, key: DataKey, text: str) -> bytes:
        """Encrypt with the data key of the one to whom the content belongs."""
        return UNDER_DATA_KEY + key.owner.bytes + Fernet(key.key).encrypt(text.encode())

    def open(self, stored: bytes) -> str:
        """The text of a value as the database hands it out. Raises ContentUnreadable, or ContentDestroyed."""
        if stored[:1] == UNDER_DATA_KEY:
            raise ContentDestroyed("the key of this content was destroyed")
        if stored[0] != _WITH_DATA_KEY:
            return self.decrypt(stored)
        end = 3 + int.from_bytes(stored[1:3])
        try:
            return self._unwrapped(stored[3:end]).decrypt(stored[end + _ID_BYTES :]).decode()
        except InvalidToken as error:
            raise ContentUnreadable from error

    def _unwrap(self, wrapped: bytes) -> Fernet:
        return Fernet(self.decrypt(wrapped))

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


class KeyedText(str):
    """A text that is to be encrypted under a data key; otherwise a string like any other."""

    __slots__ = ("data_key",)
    data_key: DataKey


class KeyedList(list[Any]):
    """A JSON list that is to be encrypted under a data key."""

    data_key: DataKey


class KeyedDict(dict[str, Any]):
    """A JSON object that is to be encrypted under a data key."""

    data_key: DataKey


def keyed(value: Any, key: DataKey) -> KeyedText | KeyedList | KeyedDict:
    """The same value, to be encrypted under `key`. Texts, lists and objects have content; nothing else does."""
    kind = {str: KeyedText, list: KeyedList, dict: KeyedDict}
    for plain, bearer in kind.items():
        if isinstance(value, plain):
            bearing: KeyedText | KeyedList | KeyedDict = bearer(value)
            bearing.data_key = key
            return bearing
    raise TypeError("content is a text, a list or an object")


def _encrypted(value: Any, text: str, dialect: Dialect) -> bytes:
    keyring = _keyring(dialect)
    if isinstance(value, KeyedText | KeyedList | KeyedDict):
        return keyring.encrypt_under(value.data_key, text)
    return keyring.encrypt(text)


class EncryptedText(TypeDecorator[str]):
    """A text column whose plaintext never reaches the database. The engine carries the key ring."""

    impl = LargeBinary
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.with_content_key(column, type_=self)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else _encrypted(value, value, dialect)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else _keyring(dialect).open(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """A JSON column whose plaintext never reaches the database."""

    impl = LargeBinary
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.with_content_key(column, type_=self)

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return _encrypted(value, json.dumps(value, ensure_ascii=False), dialect)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(_keyring(dialect).open(bytes(value)))
