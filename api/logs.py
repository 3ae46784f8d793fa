"""Structured logs that carry ids and event names, never content.

Our own events are static names with ids beside them. What libraries log is reduced to where it came
from, because their messages may quote what a person wrote; exceptions are reduced to type and place.
"""

import io
import logging
import sys
import traceback
from contextlib import suppress
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

# Those that a library's record can have here; some libraries number levels of their own between them.
LEVELS = (logging.WARNING, logging.ERROR, logging.CRITICAL)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-6:]]


def describe_exception(error: BaseException) -> dict[str, object]:
    """Type, cause and place of an error; not its message, which may quote content."""
    cause = error.__cause__ or error.__context__
    return {
        "error": type(error).__name__,
        "cause": type(cause).__name__ if cause else None,
        "at": _places(error),
    }


def _exception_without_content(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    if isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        event.update(describe_exception(given))
    return event


def _known_level(level: int) -> int:
    """The level in use below a library's own, which structlog has no name for."""
    return max(known for known in LEVELS if known <= level)


class _Unfailing(io.TextIOBase):
    """A stream whose faults stop nobody: with a full disk a line is missing, and what it tells of goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class LibraryRecords(logging.Handler):
    """Turns a library's log record into an event that says where it arose and nothing of what it said."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self._log = structlog.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._log.log(
            _known_level(record.levelno),
            "library_message",
            library=record.name,
            place=f"{record.module}:{record.lineno}",
            **(describe_exception(error) if error else {}),
        )


def _log_the_end(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    """What ends a process is logged like everything else: Python's own words may quote what somebody wrote."""
    structlog.get_logger().critical("process_failed", exc_info=error)


def configure_logs(process: str) -> None:
    """Send JSON lines to standard error, each naming the process it came from."""
    sys.excepthook = _log_the_end
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_without_content,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(handlers=[LibraryRecords()], level=logging.WARNING, force=True)
