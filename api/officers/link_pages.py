"""A password by a link from a mail: an invitation or a reset.

The token stands after the `#` of the link, so that it reaches no server and no log; a script puts it in the
form, and without one it can be typed from the mail.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.officers.accounts import (
    SHORTEST_PASSWORD,
    LinkUnusable,
    PasswordTooWeak,
    set_password_by_link,
)
from api.officers.visits import answer_with_visit, is_of_this_visit, know_browser
from api.problems import DoesNotExist
from api.runtime import Runtime, RuntimeDep
from api.ui.redirects import go

router = APIRouter(include_in_schema=False)


def _refuse_without_local_accounts(runtime: Runtime) -> None:
    if not runtime.settings.local_accounts:
        raise DoesNotExist("There are no local accounts here.")


def _page(
    request: Request,
    runtime: Runtime,
    problem: str | None = None,
    token: str = "",
    status: int = 200,
) -> Response:
    return answer_with_visit(
        request,
        runtime,
        "staff/set_password.html",
        status=status,
        problem=problem,
        token=token,
        shortest=SHORTEST_PASSWORD,
    )


@router.get("/set-password")
async def set_password_page(request: Request, runtime: RuntimeDep) -> Response:
    """The form. Opening it uses nothing up: mail scanners open links too."""
    _refuse_without_local_accounts(runtime)
    return _page(request, runtime)


@router.post("/set-password")
async def set_password_form(
    request: Request,
    runtime: RuntimeDep,
    token: Annotated[str, Form(max_length=128)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    repeated: Annotated[str, Form(max_length=1024)] = "",
    visit_token: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """Set the password and lead to the sign-in. What was wrong is said, and the link still stands."""
    _refuse_without_local_accounts(runtime)
    if not is_of_this_visit(request, runtime, visit_token):
        return _page(request, runtime, "outdated", token, 403)
    if password != repeated:
        return _page(request, runtime, "password-differs", token, 422)
    try:
        async with runtime.database.session() as session:
            officer = await set_password_by_link(session, token, password)
            await session.commit()
    except LinkUnusable as problem:
        return _page(request, runtime, problem.problem_type, "", 403)
    except PasswordTooWeak as problem:
        return _page(request, runtime, problem.problem_type, token, 422)
    response = go("/sign-in?done=password")
    # Whoever read the officer's mail is not kept out by those who guess at their name.
    know_browser(request, runtime, officer, response)
    return response
