"""Both doors as people and systems reach them: the real apps on a database of the test's own."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.config import Settings
from api.public import create_public_app
from api.staff import create_staff_app
from tests.api.staff_visitor import StaffDoor, Visitor


@pytest.fixture
async def staff_app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_staff_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def door(staff_app: FastAPI) -> StaffDoor:
    return StaffDoor(staff_app)


@pytest.fixture
async def visitor(door: StaffDoor) -> AsyncIterator[Visitor]:
    """Somebody who has not signed in."""
    async with door.visitor() as visitor:
        yield visitor


@pytest.fixture
async def officer(door: StaffDoor) -> AsyncIterator[Visitor]:
    """Megan, an officer whose pages are in English."""
    await door.add_officer("megan", language="en")
    async with door.visitor("megan") as visitor:
        yield visitor


@pytest.fixture
async def public_app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_public_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def public(public_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The public door, called as its own page would call it."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(public_app, raise_app_exceptions=False),
        base_url="http://llais.test",
    ) as client:
        yield client
