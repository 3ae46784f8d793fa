"""Each case, and each conversation, has a data key of its own: destroying it makes their content unreadable.

Whatever is encrypted in a row that belongs to a case (or else to a conversation) is encrypted under that one's data
key. The key is kept wrapped by the key ring, in one row. A stored value names its key; the database hands out the
wrapped key with the value (the function `with_content_key`), so no process keeps keys, and a key that is destroyed is
gone for all of them in the same moment. Values written before there were data keys are read with the key ring as ever.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography.fernet import Fernet
from sqlalchemy import event, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, Session, SessionTransaction, UOWTransaction, sessionmaker
from sqlalchemy.orm.attributes import flag_modified

from api.security import ContentDestroyed, DataKey, EncryptedJson, EncryptedText, Keyring, keyed

# Under this name a session remembers the keys of its transaction.
_KEYS: Final = "content_keys"
_FIND: Final = text("select wrapped from content_keys where owner_id = :owner")
_MAKE: Final = text(
    "insert into content_keys (owner_id, wrapped, made_at) values (:owner, :wrapped, now())"
    " on conflict do nothing"
)
_DESTROY: Final = text(
    "update content_keys set wrapped = null, destroyed_at = now()"
    " where owner_id = any(:owners) and wrapped is not null"
)


def sessions_that_seal(keyring: Keyring) -> type[Session]:
    """A class of sessions that encrypt what belongs to a case or conversation under its own key."""
    sessions = sessionmaker().class_

    def seal(session: Session, _context: UOWTransaction, _instances: Any) -> None:
        _seal(session, keyring)

    event.listen(sessions, "before_flush", seal)
    # A key that was made in a transaction that failed was never made.
    event.listen(sessions, "after_transaction_end", _forget_keys)
    return sessions


async def destroy_keys(session: AsyncSession, owners: Iterable[UUID]) -> int:
    """Destroy data keys when the caller commits, and return how many. What they encrypted cannot be read again."""
    result = await session.execute(_DESTROY, {"owners": list(owners)})
    session.sync_session.info.pop(_KEYS, None)
    return int(getattr(result, "rowcount", 0))


def _forget_keys(session: Session, transaction: SessionTransaction) -> None:
    # Every flush is a transaction within the transaction, and makes no key unmade.
    if transaction.parent is None or transaction.nested:
        session.info.pop(_KEYS, None)


def _seal(session: Session, keyring: Keyring) -> None:
    new = set(session.new)
    for row in [*new, *session.dirty]:
        mapper = inspect(row).mapper
        names = _encrypted_columns(mapper)
        owned_by = _owner_column(mapper) if names else None
        if owned_by is None:
            continue
        owner = getattr(row, owned_by)
        if owner is None and owned_by == "id":
            owner = row.id = uuid4()
        if owner is None:
            # It belongs to nobody yet, so the key ring alone keeps it.
            continue
        attributes = inspect(row).attrs
        # What moves to another owner moves to that one's key, so that the first one's can be destroyed.
        moved = row not in new and attributes[owned_by].history.has_changes()
        for name in names:
            if row not in new and not moved and not attributes[name].history.has_changes():
                continue
            value = getattr(row, name)
            if value is not None:
                setattr(row, name, keyed(value, _key_of(session, keyring, owner)))
            if moved:
                # The same words under another key are a change, though SQLAlchemy sees none.
                flag_modified(row, name)


def _encrypted_columns(mapper: Mapper[Any]) -> list[str]:
    return [
        attribute.key
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, EncryptedText | EncryptedJson)
    ]


def _owner_column(mapper: Mapper[Any]) -> str | None:
    """Which column says whose key is taken: a case's own id, else the case, else the conversation."""
    if mapper.local_table is not None and mapper.local_table.description == "cases":
        return "id"
    names = mapper.column_attrs.keys()
    return next((name for name in ("case_id", "conversation_id") if name in names), None)


def _key_of(session: Session, keyring: Keyring, owner: UUID) -> DataKey:
    """The owner's key, made where there is none yet. Raises ContentDestroyed for one that was destroyed."""
    known: dict[UUID, DataKey] = session.info.setdefault(_KEYS, {})
    if owner in known:
        return known[owner]
    with session.no_autoflush:
        found = session.execute(_FIND, {"owner": owner}).first()
        if found is None:
            made = Fernet.generate_key().decode()
            session.execute(_MAKE, {"owner": owner, "wrapped": keyring.encrypt(made)})
            # Where another transaction was faster, its key is the one.
            found = session.execute(_FIND, {"owner": owner}).first()
    if found is None or found.wrapped is None:
        raise ContentDestroyed("the key of this content was destroyed")
    key = DataKey(owner, keyring.decrypt(bytes(found.wrapped)))
    known[owner] = key
    return key
