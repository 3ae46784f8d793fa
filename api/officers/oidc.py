"""Single sign-on by OpenID Connect: the code flow with PKCE, state and nonce, by Authlib.

Accounts come from the provider: who signs in with a role that has a meaning here has an account, and what the
provider says of name, address and role holds from that sign-in on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import Request
from joserfc.errors import JoseError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.config import Settings, UnsafeSettings
from api.database import new_id
from api.officers.models import Officer, Role
from api.officers.sessions import end_sessions
from api.officers.throttle import normal_username
from api.problems import NotAllowed, NotReady
from api.runtime import Runtime

TIMEOUT_SECONDS: Final = 10.0
CALLBACK: Final = "/sign-in/oidc/callback"


class SingleSignOnAway(NotReady):
    """The provider does not answer, or not as one."""

    type = "single-sign-on-away"


class SingleSignOnRefused(NotAllowed):
    """The provider, or what it says of somebody, opens nothing here. `reason` has words on the page."""

    type = "single-sign-on-refused"

    def __init__(self, reason: str) -> None:
        super().__init__("Single sign-on did not lead to an account.")
        self.reason = reason


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: where to send the browser, and what it must bring back unseen."""

    address: str
    state: str
    nonce: str
    code_verifier: str


class SingleSignOn:
    """The provider that the settings name. Raises UnsafeSettings for roles that mean nothing here."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer
        self.client_id = settings.oidc_client_id
        self.role_claim = settings.oidc_role_claim
        self.language_claim = settings.oidc_language_claim
        self.roles = roles_by_value(settings.oidc_roles)
        self._callback = settings.staff_address + CALLBACK
        self.provider = OAuth().register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            server_metadata_url=f"{self.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_SECONDS,
            },
        )

    async def metadata(self) -> Mapping[str, Any]:
        """What the provider says of itself. Raises SingleSignOnAway."""
        try:
            metadata: Mapping[str, Any] = await self.provider.load_server_metadata()
        except (httpx.HTTPError, ValueError) as error:
            raise SingleSignOnAway("Single sign-on does not answer.") from error
        if metadata.get("issuer") != self.issuer:
            raise SingleSignOnAway("Single sign-on answers under another name.")
        return metadata

    async def begin(self) -> Begun:
        """Raises SingleSignOnAway."""
        await self.metadata()
        made = await self.provider.create_authorization_url(self._callback)
        return Begun(made["url"], made["state"], made["nonce"], made["code_verifier"])

    async def claims(self, code: str, begun: Mapping[str, str]) -> Mapping[str, Any]:
        """What the provider says of whoever it sent back. Raises SingleSignOnAway or SingleSignOnRefused."""
        await self.metadata()
        try:
            token = await self.provider.fetch_access_token(
                redirect_uri=self._callback, code=code, code_verifier=begun["code_verifier"]
            )
            if "id_token" not in token:
                raise SingleSignOnRefused("refused")
            claims = dict(await self.provider.parse_id_token(token, nonce=begun["nonce"]))
            # Providers may keep all but the subject for the second question.
            if "userinfo_endpoint" in self.provider.server_metadata:
                said = dict(await self.provider.userinfo(token=token))
                if said.get("sub") != claims["sub"]:
                    raise SingleSignOnRefused("refused")
                claims = {**said, **claims}
        except httpx.HTTPError as error:
            raise SingleSignOnAway("Single sign-on does not answer.") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            raise SingleSignOnRefused("refused") from error
        return claims

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """The first role of the settings that somebody has."""
        held = _claim(claims, self.role_claim)
        values = {held} if isinstance(held, str) else {str(value) for value in held or ()}
        return next((role for value, role in self.roles.items() if value in values), None)

    def language_of(self, claims: Mapping[str, Any]) -> str:
        """The language that the pages begin in; Welsh unless English is said."""
        return "en" if str(_claim(claims, self.language_claim) or "").startswith("en") else "cy"


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim, perhaps within others: `realm_access.roles`. A name with dots of its own comes first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def roles_by_value(setting: str) -> dict[str, Role]:
    """What each value of the claim means here, in the order of the setting. Raises UnsafeSettings."""
    roles = {}
    for part in setting.split(","):
        value, _, role = part.strip().rpartition("=")
        if not value or role not in set(Role):
            raise UnsafeSettings("LLAIS_OIDC_ROLES must be value=role, with roles that there are")
        roles[value] = Role(role)
    return roles


def single_sign_on_of(request: Request) -> SingleSignOn | None:
    found = request.app.state.single_sign_on
    assert found is None or isinstance(found, SingleSignOn)
    return found


async def sign_out_address(provider: SingleSignOn, settings: Settings) -> str | None:
    """Where the provider's own session is ended, if it says (RP-Initiated Logout). Names nobody."""
    try:
        end = (await provider.metadata()).get("end_session_endpoint")
    except SingleSignOnAway:
        return None
    back = {
        "client_id": provider.client_id,
        "post_logout_redirect_uri": f"{settings.staff_address}/sign-in",
    }
    return f"{end}?{urlencode(back)}" if end else None


def sealed(runtime: Runtime, begun: Begun, next_path: str) -> str:
    """What the browser keeps of a sign-in under way, readable here only."""
    kept = {
        "state": begun.state,
        "nonce": begun.nonce,
        "code_verifier": begun.code_verifier,
        "next": next_path,
    }
    return runtime.database.keyring.encrypt(json.dumps(kept)).decode()


async def officer_of(
    session: AsyncSession, provider: SingleSignOn, claims: Mapping[str, Any]
) -> Officer:
    """The account of whoever signed in, made or brought up to date. The caller commits.

    Raises SingleSignOnRefused where the person has no role here, is disabled, or where the name is somebody else's.
    """
    subject = f"{provider.issuer}|{claims['sub']}"[:512]
    role = provider.role_of(claims)
    officer = await session.scalar(select(Officer).where(Officer.oidc_subject == subject))
    if role is None or (officer is not None and officer.disabled_at is not None):
        await record(session, officer.id if officer else None, "sign_in_refused")
        if officer is not None:
            # What the provider took away does not live on in another browser.
            await end_sessions(session, officer.id)
        await session.commit()
        raise SingleSignOnRefused("no_role")
    if officer is None:
        return await _new_officer(session, provider, claims, subject, role)
    officer.name = str(claims.get("name") or officer.name)[:128]
    officer.email = str(claims.get("email") or officer.email)[:254]
    if officer.role != role:
        officer.role = role
        await record(session, officer.id, "role_changed", str(officer.id))
    return officer


async def _new_officer(
    session: AsyncSession,
    provider: SingleSignOn,
    claims: Mapping[str, Any],
    subject: str,
    role: Role,
) -> Officer:
    username = normal_username(str(claims.get("preferred_username") or claims["sub"]))
    taken = await session.scalar(select(Officer.id).where(func.lower(Officer.username) == username))
    if taken is not None:
        raise SingleSignOnRefused("taken")
    officer = Officer(
        id=new_id(),
        username=username,
        name=str(claims.get("name") or username)[:128],
        email=str(claims.get("email") or "")[:254],
        role=role,
        language=provider.language_of(claims),
        oidc_subject=subject,
    )
    session.add(officer)
    try:
        await session.flush()
    except IntegrityError as error:
        raise SingleSignOnRefused("taken") from error
    await record(session, officer.id, "officer_added", str(officer.id))
    return officer
