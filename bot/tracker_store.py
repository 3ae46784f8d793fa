"""Rasa's tracker store on PostgreSQL, with every event encrypted; only opaque ids and times stay readable."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Optional

import sqlalchemy as sa
import sqlalchemy.orm
from cryptography.fernet import Fernet, MultiFernet
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.types import TypeDecorator

# Under this name a tracker carries how many of its events are in the database.
STORED = "stored_events"


class EncryptedData(TypeDecorator):
    """The `data` column of an event: JSON text whose plaintext never reaches the database."""

    impl = sa.Text
    # A process has one key ring, so that statements with this column can be kept ready.
    cache_ok = True

    def __init__(self, fernet: MultiFernet) -> None:
        super().__init__()
        self._fernet = fernet

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self._fernet.encrypt(value.encode()).decode()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else self._fernet.decrypt(value.encode()).decode()


class EncryptedTrackerStore(SQLTrackerStore):
    """Named in endpoints.yml; takes the database's address and the same key ring as the API.

    `host` is a whole PostgreSQL address (Rasa passes the `url` of the endpoint under this name); `keys` are
    Fernet keys, newest first, separated by commas. Raises
    sqlalchemy.exc.OperationalError when the database is away, so that a turn fails instead of being
    answered from an empty memory.
    """

    def __init__(
        self,
        domain: Domain,
        event_broker: Any = None,
        host: str = "",
        keys: str = "",
        **kwargs: Any,
    ) -> None:
        fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])
        # The class of rows belongs to all SQL tracker stores of a process; there is one here.
        self.SQLEvent.__table__.c.data.type = EncryptedData(fernet)
        super().__init__(
            domain=domain, dialect="postgresql", host=host, event_broker=event_broker, **kwargs
        )
        self._all_events, self._events_of_session = self._ways_to_read()

    def _ways_to_read(self) -> "tuple[sa.sql.Select, sa.sql.Select]":
        """All events of a conversation, and those of its last session: made once, which costs more than asking."""
        row = self.SQLEvent.__table__.c
        own = row.sender_id == sa.bindparam("conversation")
        begun = (
            sa.select(sa.func.coalesce(sa.func.max(row.id), 0))
            .where(own, row.type_name == SessionStarted.type_name)
            .scalar_subquery()
        )
        everything = sa.select(row.data).where(own).order_by(row.id)
        return everything, everything.where(row.id >= begun)

    @contextmanager
    def session_scope(self) -> Iterator[sa.orm.Session]:
        """A session on the schema that the migrations made; Rasa's own asks for the schema each time."""
        with self.sessionmaker() as session:
            yield session

    async def _retrieve(
        self, sender_id: str, fetch_events_from_all_sessions: bool
    ) -> Optional[DialogueStateTracker]:
        """The conversation in its order, by number and not by time; the tracker carries how much of it is stored.

        Rasa's own leaves out what is older than the session's beginning: after a clock was set back, that is all
        that was said since.
        """
        wanted = self._all_events if fetch_events_from_all_sessions else self._events_of_session
        with self.engine.connect() as connection:
            # One statement needs no transaction, whose beginning and end would each be another.
            reading = connection.execution_options(isolation_level="AUTOCOMMIT")
            rows = reading.execute(wanted, {"conversation": sender_id})
            events = [json.loads(data) for (data,) in rows]
        if not events or not self.domain:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        setattr(tracker, STORED, len(tracker.events))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new. Unlike Rasa's own, no intent and no action is named in a readable column."""
        with self.session_scope() as session:
            stored = getattr(tracker, STORED, None)
            if stored is None:
                new = list(self._additional_events(session, tracker))
            else:
                new = list(itertools.islice(tracker.events, stored, None))
            rows = [
                {
                    "sender_id": tracker.sender_id,
                    "type_name": event.type_name,
                    "timestamp": event.timestamp,
                    "data": json.dumps(event.as_dict()),
                }
                for event in new
            ]
            if rows:
                session.execute(sa.insert(self.SQLEvent.__table__), rows)
            session.commit()
        setattr(tracker, STORED, len(tracker.events))
