"""Single sign-on as a browser goes through it: to the provider, and back."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.officers.oidc import (
    CALLBACK,
    SingleSignOn,
    SingleSignOnAway,
    SingleSignOnRefused,
    officer_of,
    sealed,
    single_sign_on_of,
)
from api.officers.visits import START_OF, begin_session, local_path
from api.problems import DoesNotExist
from api.runtime import Runtime, RuntimeDep
from api.security import ContentUnreadable, same_secret
from api.ui.pages import pages_of

UNDER_WAY_SECONDS: Final = 600
COOKIE_PATH: Final = "/sign-in/oidc"

router = APIRouter(include_in_schema=False)


def _cookie(runtime: Runtime) -> str:
    """`__Host-` would want the path `/`, and this one is for two addresses only."""
    name = "llais_single_sign_on"
    return name if runtime.settings.development else f"__Secure-{name}"


def _provider(request: Request) -> SingleSignOn:
    provider = single_sign_on_of(request)
    if provider is None:
        raise DoesNotExist("There is no single sign-on here.")
    return provider


@router.get("/sign-in/oidc")
async def begin(
    request: Request,
    runtime: RuntimeDep,
    next_path: Annotated[str, Query(alias="next", max_length=200)] = "",
) -> Response:
    """Send the browser to the provider. What comes back must come with this cookie."""
    provider = _provider(request)
    try:
        begun = await provider.begin()
    except SingleSignOnAway:
        return _not_signed_in(request, runtime, "away", 503)
    response = RedirectResponse(begun.address, status_code=303)
    response.set_cookie(
        _cookie(runtime),
        sealed(runtime, begun, local_path(next_path)),
        max_age=UNDER_WAY_SECONDS,
        httponly=True,
        # The provider leads back from another site, which `strict` would not survive.
        samesite="lax",
        secure=not runtime.settings.development,
        path=COOKIE_PATH,
    )
    return response


@router.get(CALLBACK)
async def come_back(
    request: Request,
    runtime: RuntimeDep,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=512)] = "",
    iss: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Sign in with what the provider sent along. Anything unexpected opens nothing."""
    provider = _provider(request)
    begun = _under_way(request, runtime)
    if not same_secret(state, begun.get("state", "")):
        return _not_signed_in(request, runtime, "outdated", 403)
    # RFC 9207: an answer that names another issuer was mixed up on its way.
    if not code or (iss and iss != provider.issuer):
        return _not_signed_in(request, runtime, "refused", 403)
    try:
        claims = await provider.claims(code, begun)
        async with runtime.database.session() as session:
            officer = await officer_of(session, provider, claims)
            await session.commit()
    except SingleSignOnAway:
        return _not_signed_in(request, runtime, "away", 503)
    except SingleSignOnRefused as refusal:
        return _not_signed_in(request, runtime, refusal.reason, 403)
    # A page and not a redirect: the browser still counts this as coming from the provider's site, and would not
    # send the new cookie along.
    response = pages_of(request).answer(
        request,
        "staff/onward.html",
        language="en" if officer.language == "en" else "cy",
        onward=local_path(begun.get("next", "")) or START_OF[officer.role],
        heading="signed_in_title",
        hint="signed_in_hint",
    )
    await begin_session(request, runtime, officer, response, by_oidc=True)
    response.delete_cookie(
        _cookie(runtime), path=COOKIE_PATH, secure=not runtime.settings.development
    )
    return response


def _under_way(request: Request, runtime: Runtime) -> dict[str, str]:
    """What this browser began, or nothing."""
    try:
        kept = runtime.database.keyring.decrypt(request.cookies.get(_cookie(runtime), "").encode())
    except ContentUnreadable:
        return {}
    found: dict[str, str] = json.loads(kept)
    return found


def _not_signed_in(request: Request, runtime: Runtime, reason: str, status: int) -> Response:
    response = pages_of(request).answer(
        request, "staff/not_signed_in.html", status=status, reason=reason
    )
    response.delete_cookie(
        _cookie(runtime), path=COOKIE_PATH, secure=not runtime.settings.development
    )
    return response
