"""Adding an officer, and the demo officer of a development copy."""

import pytest
from sqlalchemy import select

from api.officers.add import OfficerExists, add_officer
from api.officers.demo import make_demo_officer
from api.officers.models import Officer, Role
from api.officers.passwords import new_password, password_fits
from api.runtime import Runtime


async def test_an_officer_is_added_with_a_password_that_is_kept_nowhere(runtime: Runtime) -> None:
    password = await add_officer(
        runtime.database,
        username="Megan",
        name="Megan Rees",
        email="megan@example.org",
        role=Role.SUPERVISOR,
        language="cy",
    )
    async with runtime.database.session() as session:
        officer = (await session.scalars(select(Officer))).one()
    assert (officer.username, officer.role) == ("megan", Role.SUPERVISOR)
    assert officer.password_hash is not None
    assert officer.password_hash.startswith("$argon2id$")
    assert await password_fits(password, officer.password_hash)
    with pytest.raises(OfficerExists):
        await add_officer(
            runtime.database,
            username="megan",
            name="Another",
            email="other@example.org",
            role=Role.OFFICER,
            language="en",
        )


async def test_the_demo_officer_is_made_once_and_follows_the_password(runtime: Runtime) -> None:
    for password in ("first-password", "first-password", "second-password"):
        await make_demo_officer(runtime.database, "demo", password)
    async with runtime.database.session() as session:
        officer = (await session.scalars(select(Officer))).one()
    assert await password_fits("second-password", officer.password_hash)


async def test_nothing_fits_where_nothing_is_stored() -> None:
    assert not await password_fits("anything", None)


def test_passwords_differ_and_can_be_read_out() -> None:
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(len(password) == 23 and not set(password) & set("il1o0") for password in passwords)
