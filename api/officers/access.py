"""Who may do what on the staff door: the dependencies that open a route.

The pages take the session cookie, the API takes a bearer token; neither takes the other's, so a
page of another site has nothing to lend to the API. A test finds a route that has none of them.

A route that names a case or an alert in its path also asks whether that case opens for the officer
(`api/need_to_know/service.py`); a route does not have to remember it. `tests/api/who_may.yml` says for
every route who may.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import Depends, Form, Request
from fastapi.security import HTTPAuthorizationCredentials

from api.alerts.notices import notices_of, wants_sound
from api.database import utc_now
from api.description import bearer, token_of
from api.need_to_know.service import CASE_ROLES, refuse_closed_case
from api.officers.models import Officer, Role
from api.officers.second_factor import SecondFactorMissing, second_factor_missing
from api.officers.sessions import SignedIn, find_api_session, find_browser_session
from api.problems import NotAllowed, NotSignedIn
from api.runtime import Runtime, RuntimeDep
from api.security import same_secret

CASE_WORKERS: Final = frozenset(CASE_ROLES)
SUPERVISORS: Final = frozenset({Role.SUPERVISOR})
SCRUTINEERS: Final = frozenset({Role.SCRUTINY})
AUDIT_READERS: Final = frozenset({Role.AUDITOR})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
EVERYBODY: Final = frozenset(Role)
ACCESS_TOKEN: Final = bearer("AccessToken", "An officer's token, from `POST /v1/token`.")


# Where somebody enrols a code, and what they may need for it.
OPEN_WITHOUT_A_CODE: Final = frozenset({"/account/code", "/language", "/sign-out"})


class FormOutdated(NotAllowed):
    """A form without the token of the session that sends it."""

    type = "form-outdated"


def session_cookie(runtime: Runtime) -> str:
    """The cookie's name. Browsers share cookies between ports, so each copy has its own."""
    if runtime.settings.development:
        return f"llais_staff_{runtime.settings.staff_port}"
    return "__Host-llais_staff"


async def _page_session(request: Request, runtime: Runtime, *, in_use: bool) -> SignedIn:
    token = request.cookies.get(session_cookie(runtime), "")
    signed_in = None
    if token:
        async with runtime.database.session() as session:
            signed_in = await find_browser_session(session, token, in_use=in_use)
    if signed_in is None:
        raise NotSignedIn("Sign in to see this page.")
    # Error pages are shown in the officer's language too.
    request.state.signed_in = signed_in
    if not signed_in.by_oidc and second_factor_missing(runtime.settings, signed_in.officer):
        if request.url.path not in OPEN_WITHOUT_A_CODE:
            raise SecondFactorMissing("Signing in here needs a code.")
    elif in_use and signed_in.officer.role in CASE_WORKERS:
        async with runtime.database.session() as session:
            request.state.notices = await notices_of(session, runtime.settings, utc_now())
            request.state.sound = await wants_sound(session, signed_in.officer.id)
    return signed_in


async def page_session(request: Request, runtime: RuntimeDep) -> SignedIn:
    """Whoever opens a page. Raises NotSignedIn or SecondFactorMissing."""
    return await _page_session(request, runtime, in_use=True)


async def watching_session(request: Request, runtime: RuntimeDep) -> SignedIn:
    """Whose page refreshes itself, which does not count as use. Raises NotSignedIn."""
    return await _page_session(request, runtime, in_use=False)


async def form_session(
    signed_in: Annotated[SignedIn, Depends(page_session)],
    csrf_token: Annotated[str, Form()] = "",
) -> SignedIn:
    """Whoever sends a form of ours. Raises NotSignedIn or FormOutdated."""
    if not same_secret(csrf_token, signed_in.csrf_token or ""):
        raise FormOutdated("This form is from another session. Open the page again.")
    return signed_in


async def api_session(
    runtime: RuntimeDep,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(ACCESS_TOKEN)],
) -> SignedIn:
    """Whoever holds the bearer token. Raises NotSignedIn or SecondFactorMissing."""
    signed_in = None
    if token := token_of(shown):
        async with runtime.database.session() as session:
            signed_in = await find_api_session(session, token)
    if signed_in is None:
        raise NotSignedIn("An access token is needed.")
    if second_factor_missing(runtime.settings, signed_in.officer):
        raise SecondFactorMissing("Signing in here needs a code.")
    return signed_in


Session = Callable[..., Coroutine[Any, Any, SignedIn]]


def officer_with(
    roles: frozenset[Role], session: Session, *, closed_cases_too: bool = False
) -> Callable[..., Coroutine[Any, Any, Officer]]:
    """A dependency: the officer of a session, if the role is one of `roles`, and the case of the path opens.

    Raises NotAllowed, or CaseRestricted unless `closed_cases_too`.
    """

    async def allowed(
        request: Request, runtime: RuntimeDep, signed_in: Annotated[SignedIn, Depends(session)]
    ) -> Officer:
        officer = signed_in.officer
        if officer.role not in roles:
            raise NotAllowed("Your role does not open this.", type="role-not-allowed")
        if request.path_params and not closed_cases_too:
            async with runtime.database.session() as database_session:
                await refuse_closed_case(database_session, officer, request.path_params)
        return officer

    return allowed


ApiCaseWorker = Annotated[Officer, Depends(officer_with(CASE_WORKERS, api_session))]
ApiOfficerOnly: Final = Depends(officer_with(EVERYBODY, api_session))
ApiOfficer = Annotated[Officer, ApiOfficerOnly]
PageOfficer = Annotated[Officer, Depends(officer_with(EVERYBODY, page_session))]
PageCaseWorker = Annotated[Officer, Depends(officer_with(CASE_WORKERS, page_session))]
WatchingCaseWorkerOnly: Final = Depends(officer_with(CASE_WORKERS, watching_session))
WatchingCaseWorker = Annotated[Officer, WatchingCaseWorkerOnly]
PageAuditReader = Annotated[Officer, Depends(officer_with(AUDIT_READERS, page_session))]
FormOfficer = Annotated[Officer, Depends(officer_with(EVERYBODY, form_session))]
FormCaseWorker = Annotated[Officer, Depends(officer_with(CASE_WORKERS, form_session))]
FormCaseWorkerOfAnyCase = Annotated[
    Officer, Depends(officer_with(CASE_WORKERS, form_session, closed_cases_too=True))
]
PageSupervisor = Annotated[Officer, Depends(officer_with(SUPERVISORS, page_session))]
FormSupervisor = Annotated[Officer, Depends(officer_with(SUPERVISORS, form_session))]
PageScrutiny = Annotated[Officer, Depends(officer_with(SCRUTINEERS, page_session))]
PageAdministrator = Annotated[Officer, Depends(officer_with(ADMINISTRATORS, page_session))]
FormAdministrator = Annotated[Officer, Depends(officer_with(ADMINISTRATORS, form_session))]
FormSession = Annotated[SignedIn, Depends(form_session)]
PageSession = Annotated[SignedIn, Depends(page_session)]
