"""Rasa's tracker store on PostgreSQL, with every event encrypted; only opaque ids and times stay readable."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm
from cryptography.fernet import Fernet, MultiFernet
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.types import TypeDecorator


class EncryptedData(TypeDecorator):
    """The `data` column of an event: JSON text whose plaintext never reaches the database."""

    impl = sa.Text
    cache_ok = False

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

    @contextmanager
    def session_scope(self) -> Iterator[sa.orm.Session]:
        """A session on the schema that the migrations made; Rasa's own asks for the schema each time."""
        with self.sessionmaker() as session:
            yield session

    def _event_query(
        self,
        session: sa.orm.Session,
        sender_id: str,
        fetch_events_from_all_sessions: bool,
    ) -> sa.orm.Query:
        """The events of a conversation in their order, by number and not by time.

        Rasa's own leaves out what is older than the session's beginning: after a clock was set back, that is all
        that was said since.
        """
        event = self.SQLEvent
        events = session.query(event).filter(event.sender_id == sender_id)
        if not fetch_events_from_all_sessions:
            newest_session = (
                session.query(sa.func.max(event.id))
                .filter(event.sender_id == sender_id, event.type_name == SessionStarted.type_name)
                .scalar_subquery()
            )
            events = events.filter(event.id >= sa.func.coalesce(newest_session, 0))
        return events.order_by(event.id)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what is new. Unlike Rasa's own, no intent and no action is named in a readable column."""
        with self.session_scope() as session:
            for event in self._additional_events(session, tracker):
                session.add(
                    self.SQLEvent(
                        sender_id=tracker.sender_id,
                        type_name=event.type_name,
                        timestamp=event.timestamp,
                        data=json.dumps(event.as_dict()),
                    )
                )
            session.commit()
