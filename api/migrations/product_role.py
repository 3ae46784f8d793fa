"""What the product's own database role may do: read and write, and of what is evidence nothing but add and read.

The tables belong to whoever migrates. The doors, the worker and Rasa come as another role, which owns nothing: it can
neither change the audit log, nor empty it, nor switch off the trigger that refuses both, nor give itself the right to.
"""

from typing import Final

import psycopg
from psycopg import sql

# Every schema of ours.
SCHEMAS: Final = ("public", "rasa")
# Added to and read, never changed.
APPEND_ONLY: Final = "audit_entries"
# Which migration was the last is the owner's to say.
READ_ONLY: Final = "alembic_version"


class RoleUnfit(Exception):
    """The role that the product should run as does not exist, is a superuser, or owns the tables itself."""


def make_role(owner_url: str, role: str, password: str) -> None:
    """Make the role, or give it this password. For the embedded server; elsewhere a person does it."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        exists = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
        statement = sql.SQL(
            "{verb} role {role} with login password {password}"
            " nosuperuser nocreatedb nocreaterole noreplication nobypassrls"
        )
        connection.execute(
            statement.format(
                verb=sql.SQL("alter" if exists else "create"),
                role=sql.Identifier(role),
                password=sql.Literal(password),
            )
        )


def grant_to_product(owner_url: str, role: str) -> None:
    """Give the role what the product needs of the tables that are there now. Raises RoleUnfit.

    It is run after every migration: what is new belongs to the owner alone until then.
    """
    with psycopg.connect(owner_url) as connection:
        _refuse_unfit(connection, role)
        for schema in SCHEMAS:
            for statement in _GRANTS:
                connection.execute(
                    sql.SQL(statement).format(
                        schema=sql.Identifier(schema), role=sql.Identifier(role)
                    )
                )
        for statement in _TAKEN_BACK:
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(role)))


def grant_to_rasa(owner_url: str, role: str) -> None:
    """Give a role of Rasa's own Rasa's memory, to read and add to, and nothing else. Raises RoleUnfit."""
    with psycopg.connect(owner_url) as connection:
        _refuse_unfit(connection, role)
        for statement in _OF_RASA:
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(role)))


def _refuse_unfit(connection: psycopg.Connection, role: str) -> None:
    row = connection.execute(
        "select rolsuper or pg_has_role(rolname, current_user, 'member')"
        " from pg_roles where rolname = %s",
        (role,),
    ).fetchone()
    if row is None or row[0]:
        raise RoleUnfit(role)


_OF_RASA: Final = (
    "revoke all on all tables in schema public, rasa from {role}",
    "grant usage on schema rasa to {role}",
    "grant select, insert on rasa.events to {role}",
    "grant usage, select on all sequences in schema rasa to {role}",
)
_GRANTS: Final = (
    "revoke all on all tables in schema {schema} from {role}",
    "grant usage on schema {schema} to {role}",
    "grant select, insert, update, delete on all tables in schema {schema} to {role}",
    "grant usage, select on all sequences in schema {schema} to {role}",
    "grant execute on all functions in schema {schema} to {role}",
)
_TAKEN_BACK: Final = (
    f"revoke update, delete on public.{APPEND_ONLY} from {{role}}",
    f"revoke insert, update, delete on public.{READ_ONLY} from {{role}}",
)


def role_of(database_url: str) -> str:
    """The role that an address signs in as."""
    return str(psycopg.conninfo.conninfo_to_dict(database_url).get("user") or "")
