"""The staff door, as the tests of the API reach it."""

from tests.api.conftest import door, staff_app, visitor

__all__ = ["door", "staff_app", "visitor"]
