"""The doors of tests/api, for whoever attacks them."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.logs import describe_exception
from tests.api.conftest import door, officer, public, public_app, staff_app, visitor

__all__ = ["door", "officer", "public", "public_app", "staff_app", "visitor"]


@pytest.fixture(autouse=True)
def events() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the doors logged. Structlog by itself would show a fault with every value around it, and take seconds."""
    with capture_logs() as captured:
        yield captured
    for event in captured:
        if isinstance(event.get("exc_info"), BaseException):
            print(event["event"], event.get("route"), describe_exception(event["exc_info"]))
