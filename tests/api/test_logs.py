"""Logs carry ids and names of events; what libraries and exceptions say is left out."""

import errno
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from api.logs import configure_logs, describe_exception
from api.runtime import Runtime

Lines = Callable[[], list[dict[str, Any]]]
CANARY = "canari o'r adroddiad"


@contextmanager
def logging_to(stderr: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Our logs as a process has them, with that as its standard error."""
    # Put back at the end; configuring sets its own.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    handlers, level = logging.root.handlers[:], logging.root.level
    # Configuring closes the handlers that it replaces, and these are pytest's.
    logging.root.handlers.clear()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        configure_logs("test-process")
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The lines that were logged."""
    stderr = io.StringIO()
    with logging_to(stderr, monkeypatch):
        yield lambda: [json.loads(line) for line in stderr.getvalue().splitlines()]


class FullDisk(io.StringIO):
    """A log file on a disk that takes no more."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk takes the database away and the log's lines with it; who logs that must go on."""
    with logging_to(FullDisk(), monkeypatch):
        structlog.get_logger().warning("wakeups_interrupted", exc_info=ValueError(CANARY))
        logging.getLogger("some.library").warning("could not send")


def fail() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise ValueError(CANARY) from error


def test_an_event_is_a_line_of_json_with_its_process(lines: Lines) -> None:
    structlog.get_logger().info("turn_answered", conversation_id="1")
    [line] = lines()
    assert (line["event"], line["conversation_id"]) == ("turn_answered", "1")
    assert (line["process"], line["level"]) == ("test-process", "info")
    assert line["timestamp"].endswith("Z")


def test_what_ends_a_process_is_reduced_to_type_and_place(lines: Lines) -> None:
    with pytest.raises(ValueError, match=CANARY) as caught:
        fail()
    sys.excepthook(caught.type, caught.value, caught.tb)
    [line] = lines()
    assert (line["event"], line["level"]) == ("process_failed", "critical")
    assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
    assert CANARY not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("level", [30, 35, 40, 45, 50, 70])
def test_a_librarys_message_is_reduced_to_where_it_came_from(lines: Lines, level: int) -> None:
    logging.getLogger("some.library").log(level, "could not send %s", CANARY, extra={"x": CANARY})
    [line] = lines()
    assert (line["event"], line["library"]) == ("library_message", "some.library")
    assert line["place"].startswith("test_logs:")
    assert CANARY not in json.dumps(line, ensure_ascii=False)


def test_a_librarys_chatter_is_left_out(lines: Lines) -> None:
    logging.getLogger("some.library").info("sending %s", CANARY)
    assert lines() == []


def test_a_librarys_exception_is_reduced_to_type_and_place(lines: Lines) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("some.library").exception("failed with %s", CANARY)
    [line] = lines()
    assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
    assert line["at"][-1].startswith("test_logs.py:")
    assert CANARY not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("how", ["instance", "true", "method", "tuple"])
def test_our_own_exceptions_are_reduced_too(lines: Lines, how: str) -> None:
    log = structlog.get_logger()
    try:
        fail()
    except ValueError as error:
        if how == "instance":
            log.error("request_failed", exc_info=error)
        elif how == "true":
            log.error("request_failed", exc_info=True)  # noqa: G201 - the form under test
        elif how == "tuple":
            log.error("request_failed", exc_info=(ValueError, error, error.__traceback__))
        else:
            log.exception("request_failed")
    [line] = lines()
    assert (line["event"], line["error"], line["cause"]) == (
        "request_failed",
        "ValueError",
        "KeyError",
    )
    assert CANARY not in json.dumps(line, ensure_ascii=False)


async def test_a_failing_statement_does_not_carry_its_values(runtime: Runtime) -> None:
    async with runtime.database.session() as session:
        with pytest.raises(Exception, match="no_such_table") as failed:
            await session.execute(text("insert into no_such_table values (:v)"), {"v": CANARY})
    assert CANARY not in str(failed.value)
    assert CANARY not in str(describe_exception(failed.value))
