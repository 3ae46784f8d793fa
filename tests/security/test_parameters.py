"""A parameter has one place and one value: what is given twice, or elsewhere, slips past nothing."""

from urllib.parse import urlencode

import httpx
import pytest

from tests.api.public_visitor import ChatVisitor
from tests.api.staff_visitor import StaffDoor, Visitor


async def ask_token(
    visitor: Visitor, form: list[tuple[str, str]], query: dict[str, str] | None = None
) -> int:
    body = urlencode(form)
    answer = await visitor.client.post(
        "/v1/token",
        content=body,
        params=query or {},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    return answer.status_code


async def test_of_a_field_that_is_given_twice_the_last_counts(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    right = ("password", door.passwords["megan"])
    wrong = ("password", "another-password")
    megan, nobody = ("username", "megan"), ("username", "nobody")
    assert await ask_token(visitor, [megan, wrong, right]) == 200
    assert await ask_token(visitor, [megan, right, wrong]) == 401
    assert await ask_token(visitor, [nobody, megan, right]) == 200
    assert await ask_token(visitor, [megan, nobody, right]) == 401


async def test_what_belongs_into_a_form_counts_nowhere_else(
    door: StaffDoor, visitor: Visitor
) -> None:
    await door.add_officer("megan")
    given = {"username": "megan", "password": door.passwords["megan"]}
    assert await ask_token(visitor, [], given) == 422
    # Nor does an address change what the form says.
    assert await ask_token(visitor, [*given.items()], {"username": "nobody"}) == 200
    for name, value in given.items():
        visitor.client.cookies.set(name, value)
    assert await ask_token(visitor, []) == 422


@pytest.mark.parametrize("where", ["query", "cookie", "both headers"])
async def test_a_token_counts_in_its_header_alone_and_once(
    public: httpx.AsyncClient, where: str
) -> None:
    victim = await ChatVisitor.arrive(public)
    token = victim.token
    for name in ("token", "access_token", "Authorization"):
        headers: list[tuple[str, str]] = []
        query: dict[str, str] = {}
        if where == "query":
            query = {name: f"Bearer {token}" if name == "Authorization" else token}
        elif where == "cookie":
            headers = [("Cookie", f"{name}={token}")]
        else:
            headers = [("Authorization", "Bearer wrong"), ("Authorization", f"Bearer {token}")]
        answer = await public.get("/v1/chat/messages", params=query, headers=headers)
        assert answer.status_code == 401, name


async def test_of_a_place_in_the_conversation_that_is_given_twice_the_last_counts(
    public: httpx.AsyncClient,
) -> None:
    victim = await ChatVisitor.arrive(public)
    answer = await public.get(
        "/v1/chat/messages?after=0&after=999999",
        headers={"Authorization": f"Bearer {victim.token}"},
    )
    assert answer.json()["messages"] == []
    assert answer.json()["cursor"] == "999999"
