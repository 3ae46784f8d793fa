"""What both doors have in common: a cap on what comes in, headers that keep a browser strict."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import BadRequest, TooLarge, problem_response

# The longest report that the contract allows, escaped letter by letter, fits twice.
LARGEST_BODY: Final = 1024 * 1024


def security_headers(frame_ancestors: str = "'none'") -> dict[str, str]:
    """The headers of every answer: nothing inline or from elsewhere, nothing kept or passed on."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": frame_ancestors,
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        # Two years; a browser heeds it over TLS only.
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    }
    if frame_ancestors == "'none'":
        headers["X-Frame-Options"] = "DENY"
    return headers


def guard(app: FastAPI, frame_ancestors: str = "'none'", largest_body: int = LARGEST_BODY) -> None:
    """Put the cap and the headers around an app, once its error handlers are in place."""
    headers = security_headers(frame_ancestors)
    app.add_middleware(BodyCap, largest=largest_body)
    app.add_middleware(StrictHeaders, headers=headers)
    # Starlette answers faults outside every middleware, so these answers get their headers here.
    on_fault: Any = app.exception_handlers[Exception]

    async def on_fault_with_headers(request: Request, error: Exception) -> Response:
        response = on_fault(request, error)
        answer: Response = await response if isawaitable(response) else response
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer

    app.add_exception_handler(Exception, on_fault_with_headers)


class StrictHeaders:
    """Adds headers to every answer; one that the answer brought itself stays."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyCap:
    """Reads a request's body before the app does and answers 413 when it is too large.

    FastAPI's own cap answers in plain text, outside the error handlers and these headers. Bodies
    here are small, so holding one in memory costs less than failing in mid-form.
    """

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._largest:
                refusal = problem_response(
                    TooLarge(f"A request has {self._largest} bytes at most.", type="body-too-large")
                )
                await refusal(scope, receive, send)
                return
        if "json" in Headers(scope=scope).get("content-type", "") and not _is_utf8(body):
            refusal = problem_response(BadRequest("JSON is written in UTF-8.", type="not-utf-8"))
            await refusal(scope, receive, send)
            return
        given = False

        async def receive_body() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, receive_body, send)


def _is_utf8(body: bytearray) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
