"""What a browser holds: cookies for this door alone, and the token of a form that is sent before sign-in."""

from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.officers.access import session_cookie
from api.officers.models import Officer, Role
from api.officers.sessions import close_session, open_browser_session
from api.officers.throttle import new_browser_mark
from api.runtime import Runtime
from api.security import new_token, same_secret
from api.ui.pages import pages_of, remember_language

VISIT_COOKIE: Final = "llais_visit"
# How long a browser is known after a sign-in, and how many who share it are.
KNOWN_SECONDS: Final = 365 * 24 * 3600
KNOWN_OFFICERS: Final = 8
BETWEEN_MARKS: Final = "~"

START_OF: Final = {
    Role.OFFICER: "/queue",
    Role.SUPERVISOR: "/queue",
    Role.CONTROL_ROOM: "/queue",
    Role.SCRUTINY: "/scrutiny",
    Role.AUDITOR: "/audit",
    Role.ADMINISTRATOR: "/accounts",
}


def strict(runtime: Runtime) -> dict[str, Any]:
    """The attributes of our cookies.

    A browser drops a cookie with the prefix __Host- only for an answer with the same attributes.
    """
    return {
        "httponly": True,
        "samesite": "strict",
        "secure": not runtime.settings.development,
        "path": "/",
    }


def local_path(path: str) -> str:
    """A path of this door, or nothing: a sign-in must not lead to another site."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if safe and path.isprintable() else ""


def _visit_cookie(runtime: Runtime) -> str:
    return VISIT_COOKIE if runtime.settings.development else f"__Host-{VISIT_COOKIE}"


def answer_with_visit(
    request: Request, runtime: Runtime, template: str, *, status: int = 200, **values: Any
) -> Response:
    """A page whose form belongs to this visit: its token goes with a cookie of the same browser."""
    visit = request.cookies.get(_visit_cookie(runtime)) or new_token()
    response = pages_of(request).answer(
        request, template, status=status, visit_token=_visit_token(runtime, visit), **values
    )
    response.set_cookie(_visit_cookie(runtime), visit, **strict(runtime))
    return response


def is_of_this_visit(request: Request, runtime: Runtime, visit_token: str) -> bool:
    visit = request.cookies.get(_visit_cookie(runtime), "")
    return bool(visit) and same_secret(visit_token, _visit_token(runtime, visit))


def _visit_token(runtime: Runtime, visit: str) -> str:
    return runtime.database.keyring.look_up_hash("visit", visit).hex()


def _marks_cookie(runtime: Runtime) -> str:
    if runtime.settings.development:
        return f"llais_browser_{runtime.settings.staff_port}"
    return "__Host-llais_browser"


def browser_marks(request: Request, runtime: Runtime) -> list[str]:
    """The marks of whoever has signed in with this browser, the last one first."""
    held = request.cookies.get(_marks_cookie(runtime), "")
    return [mark for mark in held.split(BETWEEN_MARKS) if mark][:KNOWN_OFFICERS]


async def begin_session(
    request: Request, runtime: Runtime, officer: Officer, response: Response, *, by_oidc: bool
) -> None:
    """Begin a session on a response; the one that the browser held before is ended."""
    async with runtime.database.session() as session:
        await close_session(session, request.cookies.get(session_cookie(runtime), ""))
        token = await open_browser_session(session, officer, by_oidc=by_oidc)
        await session.commit()
    response.delete_cookie(_visit_cookie(runtime), **strict(runtime))
    response.set_cookie(session_cookie(runtime), token, **strict(runtime))
    remember_language(response, runtime, "en" if officer.language == "en" else "cy")


def know_browser(request: Request, runtime: Runtime, officer: Officer, response: Response) -> None:
    """Have this browser counted for itself when this officer mistypes."""
    mark = new_browser_mark(runtime.database.keyring, officer.username)
    marks = [mark, *browser_marks(request, runtime)][:KNOWN_OFFICERS]
    response.set_cookie(
        _marks_cookie(runtime), BETWEEN_MARKS.join(marks), max_age=KNOWN_SECONDS, **strict(runtime)
    )
