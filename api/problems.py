"""Errors as facts, answered as application/problem+json (RFC 9457).

Problem
├── BadRequest            400
├── NotSignedIn           401
├── NotAllowed            403
├── DoesNotExist          404
├── Conflict              409
├── TooLarge              413
├── UnusableContent       422
├── TooManyRequests       429
└── NotReady              503
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import compile_path

PROBLEM_MEDIA_TYPE = "application/problem+json"
# What somebody may not do, or not so fast: worth a line in the log, because a row of them is an attack.
REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class Problem(Exception):
    """An error with a status and a stable type; `detail` never repeats what the client sent."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    type = "internal-error"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, detail: str = "", *, type: str | None = None, **members: Any) -> None:
        super().__init__(type or self.type)
        self.detail = detail
        self.problem_type = type or self.type
        self.members = members


class BadRequest(Problem):
    status = HTTPStatus.BAD_REQUEST
    type = "bad-request"


class NotSignedIn(Problem):
    status = HTTPStatus.UNAUTHORIZED
    type = "not-signed-in"
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class NotAllowed(Problem):
    status = HTTPStatus.FORBIDDEN
    type = "not-allowed"


class DoesNotExist(Problem):
    status = HTTPStatus.NOT_FOUND
    type = "does-not-exist"


class Conflict(Problem):
    status = HTTPStatus.CONFLICT
    type = "conflict"


class TooLarge(Problem):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    type = "too-large"


class UnusableContent(Problem):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    type = "unusable-content"


class TooManyRequests(Problem):
    status = HTTPStatus.TOO_MANY_REQUESTS
    type = "too-many-requests"


class NotReady(Problem):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    type = "not-ready"


def problem_response(problem: Problem) -> JSONResponse:
    body = {
        "type": f"urn:llais:problem:{problem.problem_type}",
        "title": problem.status.phrase,
        "status": int(problem.status),
        "detail": problem.detail or problem.status.phrase,
        **problem.members,
    }
    return JSONResponse(
        body,
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type=PROBLEM_MEDIA_TYPE,
    )


def _invalid_fields(error: RequestValidationError) -> list[dict[str, str]]:
    """Where the request is wrong and why, without the value that was sent."""
    return [
        {"field": ".".join(str(part) for part in item["loc"]), "reason": str(item["type"])}
        for item in error.errors()
    ]


def answer_with_problems(app: FastAPI) -> None:
    """Answer every error of an app in the one shape."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        if error.status in REFUSALS:
            _note_refusal(request, error)
        return problem_response(error)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem_response(
            UnusableContent(
                "The request is not of the documented form.", errors=_invalid_fields(error)
            )
        )

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        problem = Problem(type=status.phrase.lower().replace(" ", "-"))
        problem.status = status
        problem.headers = error.headers or {}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            problem.headers = {**problem.headers, "Allow": allowed_methods(request)}
        return problem_response(problem)

    async def on_unstorable(request: Request, error: Exception) -> JSONResponse:
        # NUL in a text, a number beyond its column: pydantic lets them pass, and PostgreSQL does not.
        structlog.get_logger().warning(
            "unstorable_value", route=route_name(request), exc_info=error
        )
        return problem_response(UnusableContent("A value cannot be stored.", type="unstorable"))

    async def on_fault(request: Request, error: Exception) -> JSONResponse:
        structlog.get_logger().error("request_failed", route=route_name(request), exc_info=error)
        return problem_response(Problem())

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(DataError, on_unstorable)
    app.add_exception_handler(Exception, on_fault)


def _note_refusal(request: Request, problem: Problem) -> None:
    """Who was refused what: our own id of an officer who is signed in, and nothing that was sent."""
    signed_in = getattr(request.state, "signed_in", None)
    officer = str(signed_in.officer.id) if signed_in is not None else None
    structlog.get_logger().info(
        "request_refused",
        reason=problem.problem_type,
        route=route_name(request),
        officer_id=officer,
    )


def allowed_methods(request: Request) -> str:
    """What an address takes, for `Allow`. Several routes may share it; the framework names the first one's methods."""
    methods = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path is not None and compile_path(route.path)[0].match(request.url.path)
        for method in route.methods or ()
    }
    return ", ".join(sorted(methods))


def keep_headers(error: Response, page: Response) -> None:
    """Let a page that is shown for an error say to a browser what the error itself would have said."""
    for name in ("Allow", "Retry-After"):
        if name in error.headers:
            page.headers[name] = error.headers[name]


def route_name(request: Request) -> str:
    """The route's template, so that no identifier of a person or case reaches a log."""
    route = request.scope.get("route")
    return str(getattr(route, "path", "unknown"))
