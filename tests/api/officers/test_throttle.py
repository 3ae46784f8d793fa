"""Whoever guesses at an officer's name locks nobody out but themselves."""

import httpx

from api.officers.throttle import FREE_ATTEMPTS
from tests.api.staff_visitor import StaffDoor

GUESSER, OFFICER = "192.0.2.66", "192.0.2.7"


async def guess(door: StaffDoor, username: str, address: str = GUESSER) -> httpx.Response:
    """Guess until guesses count no more; the last answer."""
    async with door.visitor(address=address) as guesser:
        answers = [await guesser.sign_in(username, "wrong") for _ in range(FREE_ATTEMPTS + 2)]
    assert [answer.status_code for answer in answers] == [401] * (FREE_ATTEMPTS + 1) + [429]
    return answers[-1]


async def test_an_officer_at_another_address_signs_in_with_a_browser_that_is_new(
    door: StaffDoor,
) -> None:
    await door.add_officer("megan")
    await guess(door, "megan")
    async with door.visitor(address=OFFICER) as megan:
        assert (await megan.sign_in("megan")).status_code == 303
    # For the guesser nothing has changed: not even the right password would count.
    async with door.visitor(address=GUESSER) as guesser:
        assert (await guesser.sign_in("megan")).status_code == 429


async def test_a_token_is_given_too(door: StaffDoor) -> None:
    await door.add_officer("megan")
    await guess(door, "megan")
    form = {"username": "megan", "password": door.passwords["megan"]}
    async with door.visitor(address=OFFICER) as megan:
        assert (await megan.client.post("/v1/token", data=form)).status_code == 200
    async with door.visitor(address=GUESSER) as guesser:
        assert (await guesser.client.post("/v1/token", data=form)).status_code == 429


async def test_addresses_of_one_ipv6_network_are_counted_together(door: StaffDoor) -> None:
    await door.add_officer("megan")
    await guess(door, "megan", "2001:db8:1:2::1")
    async with door.visitor(address="2001:db8:1:2::2") as guesser:
        assert (await guesser.sign_in("megan")).status_code == 429
