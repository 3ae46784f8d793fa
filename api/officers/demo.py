"""Makes a demo officer of a development copy, with a password that the launcher generated:

python -m api.officers.demo PASSWORD USERNAME=ROLE [USERNAME=ROLE ...]
"""

import asyncio
import sys
from typing import Final

from api.config import Settings
from api.database import Database
from api.officers.add import OfficerExists, add_officer
from api.officers.models import Role
from api.officers.passwords import password_fits, password_hash
from api.officers.sign_in import find_officer
from api.runtime import keyring_of

EMAIL: Final = "demo@localhost"


async def make_demo_officer(
    database: Database, username: str, password: str, role: Role = Role.OFFICER
) -> None:
    """Make the officer, or give an earlier one this password. Running it again changes nothing."""
    try:
        await add_officer(
            database,
            username=username,
            name=username.capitalize(),
            email=EMAIL,
            role=role,
            language="cy",
            password=password,
        )
    except OfficerExists:
        async with database.session() as session:
            officer = await find_officer(session, username)
            if officer is not None and not await password_fits(password, officer.password_hash):
                officer.password_hash = password_hash(password)
                await session.commit()


async def _make_from_command_line(password: str, *officers: str) -> int:
    settings = Settings()
    if not settings.development:
        sys.stderr.write("A demo officer is for development only.\n")
        return 1
    database = Database(settings.database_url, keyring_of(settings), pool_size=1)
    try:
        for officer in officers:
            username, _, role = officer.partition("=")
            await make_demo_officer(database, username, password, Role(role))
    finally:
        await database.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_make_from_command_line(*sys.argv[1:])))
