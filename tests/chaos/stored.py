"""What is stored, read past the product with SQL alone; only for decryption its key ring is used."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from api.config import socket_database_url
from api.security import ContentUnreadable, Keyring

Row = dict[str, Any]
ENCRYPTED: Final = {
    "messages": ("text", "choices"),
    "reports": ("text", "why_text", "when_text", "where_text", "evidence_text"),
    "people": ("name", "phone", "safe_contact_text", "contact_hours"),
    "people_involved": ("description",),
    "risk_assessments": ("answers",),
    "additions": ("text",),
    "consents": ("words",),
}
PLAIN: Final = (
    *("conversations", "turns", "cases", "alerts", "alert_steps", "alert_sends", "handovers"),
    *("outgoing_texts", "audit_entries", "procrastinate_jobs", "early_text_reports"),
)


@dataclass
class Stored:
    """Every table that matters, and its rows by whatever they belong to."""

    tables: dict[str, list[Row]] = field(default_factory=dict)

    def by(self, table: str, column: str) -> dict[Any, list[Row]]:
        found: dict[Any, list[Row]] = defaultdict(list)
        for row in self.tables[table]:
            found[row[column]].append(row)
        return found

    def one(self, table: str, column: str) -> dict[Any, Row]:
        return {row[column]: row for row in self.tables[table]}


@contextmanager
def owners_connection(data_dir: Path) -> Iterator[psycopg.Connection[Row]]:
    """The database of a running copy, as whoever owns it. Raises psycopg.Error."""
    address = socket_database_url(
        "llais", (data_dir / "postgres-password").read_text(), _socket_of(data_dir), "llais"
    )
    with psycopg.connect(address, row_factory=dict_row, autocommit=True) as connection:
        yield connection


def _socket_of(data_dir: Path) -> Path:
    """The server writes where its socket lies as the fifth line of its lock file."""
    return Path((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[4])


def read_all(data_dir: Path, secrets: dict[str, str]) -> Stored:
    """Everything in one view of the database. Raises ContentUnreadable for content that cannot be read."""
    keyring = Keyring(secrets["LLAIS_ENCRYPTION_KEYS"].split(","), secrets["LLAIS_HASH_KEY"])
    stored = Stored()
    with owners_connection(data_dir) as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        for table in (*PLAIN, *ENCRYPTED):
            rows = connection.execute(f"select * from {table}").fetchall()
            stored.tables[table] = rows
        for table, columns in ENCRYPTED.items():
            _open(connection, keyring, table, columns, stored.tables[table])
    stored.tables["messages"].sort(key=lambda row: row["seq"])
    return stored


def _open(
    connection: psycopg.Connection[Row],
    keyring: Keyring,
    table: str,
    columns: tuple[str, ...],
    rows: list[Row],
) -> None:
    """Put what was encrypted into the rows as text."""
    key = "case_id" if table == "reports" else "id"
    fields = ", ".join(f"with_content_key({column}) as {column}" for column in columns)
    readable = {row[key]: row for row in connection.execute(f"select {key}, {fields} from {table}")}
    for row in rows:
        for column in columns:
            value = readable[row[key]][column]
            try:
                row[column] = None if value is None else keyring.open(bytes(value))
            except ContentUnreadable:
                row[column] = "<unreadable>"


def markers_in(text: str | None) -> set[str]:
    """The made-up names in a text (tests/chaos/sayings.py)."""
    return set(re.findall(r"\bZ(?:[a-z]{2}){4}x\b", text or ""))
