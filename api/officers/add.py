"""Adds an officer and prints a generated password, once:

python -m api.officers.add megan --name "Megan Rees" --email megan@example.org --language cy
"""

import argparse
import asyncio
import sys

from sqlalchemy.exc import IntegrityError

from api.audit.service import record
from api.config import Settings
from api.database import Database, new_id
from api.officers.models import Officer, Role
from api.officers.passwords import new_password, password_hash
from api.runtime import keyring_of


class OfficerExists(Exception):
    """The name is taken."""


async def add_officer(
    database: Database,
    *,
    username: str,
    name: str,
    email: str,
    role: Role,
    language: str,
    password: str | None = None,
) -> str:
    """Add an officer and return the password, generated if none is given. Raises OfficerExists."""
    password = password or new_password()
    officer = Officer(
        id=new_id(),
        username=username.strip().lower(),
        name=name,
        email=email,
        role=role,
        language=language,
        password_hash=password_hash(password),
    )
    async with database.session() as session:
        session.add(officer)
        try:
            await session.flush()
        except IntegrityError as error:
            raise OfficerExists from error
        await record(session, None, "officer_added", str(officer.id))
        await session.commit()
    return password


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m api.officers.add", description="Adds an officer."
    )
    parser.add_argument("username")
    parser.add_argument("--name", required=True)
    parser.add_argument("--email", required=True)
    parser.add_argument("--role", choices=[role.value for role in Role], default=Role.OFFICER.value)
    parser.add_argument("--language", choices=["cy", "en"], default="cy")
    return parser.parse_args()


async def _add_from_command_line() -> int:
    given = _arguments()
    settings = Settings()
    database = Database(settings.database_url, keyring_of(settings), pool_size=1)
    try:
        password = await add_officer(
            database,
            username=given.username,
            name=given.name,
            email=given.email,
            role=Role(given.role),
            language=given.language,
        )
    except OfficerExists:
        sys.stderr.write(f"There is an officer called {given.username} already.\n")
        return 1
    finally:
        await database.close()
    sys.stdout.write(password + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_add_from_command_line()))
