"""Where a form leads once it was taken: a page of its own address, so that loading it anew sends nothing twice."""

from http import HTTPStatus

from starlette.responses import RedirectResponse


def go(path: str) -> RedirectResponse:
    """Lead to a path of this door."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)


def back_to(reference: str, done: str, section: str) -> RedirectResponse:
    """Lead to the page of the case, which says what was done, at the section where it shows."""
    return go(f"/cases/{reference}?done={done}#{section}")
