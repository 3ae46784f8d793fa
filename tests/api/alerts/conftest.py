"""The scene of an alert, for the tests of its escalation."""

from collections.abc import AsyncIterator

import pytest

from api.runtime import Runtime
from tests.api.alerts.scene import Scene, a_scene


@pytest.fixture
async def scene(runtime: Runtime) -> AsyncIterator[Scene]:
    async with a_scene(runtime) as opened:
        yield opened
