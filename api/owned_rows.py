"""Which rows belong to others, found by the foreign keys, so that a table that is added later is not forgotten."""

from collections.abc import Mapping, Set

from sqlalchemy import ColumnElement, Table, or_, select

from api.database import Base


def owned_rows(
    roots: Mapping[str, ColumnElement[bool]], without: Set[str] = frozenset()
) -> Mapping[Table, ColumnElement[bool]]:
    """For each table, which of its rows belong to the roots, directly or through rows that do.

    `roots` names tables and says which of their rows are meant; tables in `without` point at them without belonging.
    In the order of the tables: owners before what they own.
    """
    owned = {Base.metadata.tables[name]: condition for name, condition in roots.items()}
    for table in Base.metadata.sorted_tables:
        if table in owned or table.name in without:
            continue
        ways = [
            key.parent.in_(select(key.column).where(owned[key.column.table]))
            for key in table.foreign_keys
            if key.column.table in owned
        ]
        if ways:
            owned[table] = or_(*ways)
    return owned
