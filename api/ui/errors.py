"""Errors on pages are pages: the same facts as the problems of the API, said to a person."""

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.officers.second_factor import SecondFactorMissing
from api.problems import keep_headers
from api.ui.pages import pages_of

# Everything else is for machines, and answers with problem+json.
MACHINE_PATHS: Final = ("/v1/", "/health", "/ready", "/metrics", "/static/")
# The statuses that have words of their own.
SAID: Final = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}

CODE_PAGE: Final = "/account/code"

Handler = Callable[[Request, Exception], Awaitable[Response]]


def answer_pages_with_pages(app: FastAPI) -> None:
    """Wrap the handlers that `answer_with_problems` put in, for the paths that people see."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _for_people(handler))  # type: ignore[arg-type]


def _for_people(handler: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        response = await handler(request, error)
        if request.url.path.startswith(MACHINE_PATHS):
            return response
        if response.status_code == 401:
            return _ask_to_sign_in(request)
        if isinstance(error, SecondFactorMissing):
            return _ask_for_a_code(request)
        status = response.status_code if response.status_code in SAID else 500
        page = pages_of(request).answer(
            request, "staff/error.html", status=response.status_code, error=status
        )
        keep_headers(response, page)
        return page

    return answer


def _ask_for_a_code(request: Request) -> Response:
    """Every page leads to the one on which a code is enrolled."""
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=403, headers={"HX-Redirect": CODE_PAGE})
    return RedirectResponse(CODE_PAGE, status_code=303)


def _ask_to_sign_in(request: Request) -> Response:
    """A page leads to the sign-in and back; a part of a page takes the whole page there."""
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in?ended=yes"})
    back = request.url.path if request.method == "GET" else "/"
    query = {"next": back} if back != "/" else {"ended": "yes"} if request.method != "GET" else {}
    return RedirectResponse("/sign-in" + (f"?{urlencode(query)}" if query else ""), status_code=303)
