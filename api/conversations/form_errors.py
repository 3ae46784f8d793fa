"""What goes wrong on the pages of the plain form is told on a page: the facts of the problem, said to a person."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from api.conversations.public_pages import FORM_PATHS, public_pages_of
from api.words import LANGUAGES

Handler = Callable[[Request, Exception], Awaitable[Response]]


def answer_form_with_pages(app: FastAPI) -> None:
    """Wrap the handlers that `answer_with_problems` put in, for the addresses of the form."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _for_people(handler))  # type: ignore[arg-type]


def _for_people(handler: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        response = await handler(request, error)
        for language in LANGUAGES:
            if request.url.path == FORM_PATHS[language]:
                page = public_pages_of(request).answer(
                    "form/error.html", language, status=response.status_code
                )
                if "Retry-After" in response.headers:
                    page.headers["Retry-After"] = response.headers["Retry-After"]
                return page
        return response

    return answer
