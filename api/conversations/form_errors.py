"""What goes wrong on the pages of the plain form is told on a page: the facts of the problem, said to a person."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from api.conversations.public_pages import FORM_PATHS, PublicPages, public_pages_of
from api.description import problems
from api.pace import Crowded
from api.problems import TooLarge, keep_headers
from api.runtime import runtime_of
from api.words import LANGUAGES, Language

# What the form's addresses answer besides the next page, as their description has it.
PAGES_OF_TROUBLE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "The next page, or a copy to keep."},
    **{
        status: {"description": status.phrase, "content": {"text/html": {}}}
        for status in (
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.GONE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            HTTPStatus.TOO_MANY_REQUESTS,
        )
    },
    **problems(TooLarge),
}

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
                pages = await public_pages_of(await runtime_of(request))
                page = pages.answer("form/error.html", language, status=response.status_code)
                keep_headers(response, page)
                return page
        return response

    return answer


def crowded_page(
    pages: PublicPages, language: Language, crowded: Crowded, do: str, code: str
) -> Response:
    """A page that keeps the place in line, and what was pressed and typed, for the next press."""
    page = pages.answer(
        "form/crowded.html",
        language,
        status=crowded.status,
        place=crowded.place,
        do=do,
        code=code,
    )
    page.headers["Retry-After"] = crowded.headers["Retry-After"]
    return page
