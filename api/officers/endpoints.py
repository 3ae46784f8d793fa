"""Tokens for the API: the OAuth2 password form."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel

from api.address import network_of
from api.description import problems
from api.officers.second_factor import SecondFactorMissing, second_factor_missing
from api.officers.sessions import open_api_session, staff_access
from api.officers.sign_in import sign_in
from api.problems import (
    BadRequest,
    NotAllowed,
    NotSignedIn,
    TooLarge,
    TooManyRequests,
    UnusableContent,
)
from api.runtime import RuntimeDep

router = APIRouter(prefix="/v1", tags=["officers"])


class AccessToken(BaseModel):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int


@router.post(
    "/token",
    responses=problems(
        BadRequest, NotSignedIn, NotAllowed, TooLarge, UnusableContent, TooManyRequests
    ),
)
async def issue_token(
    request: Request,
    runtime: RuntimeDep,
    username: Annotated[str, Form(max_length=256)],
    password: Annotated[str, Form(max_length=1024)],
    otp: Annotated[str, Form(max_length=16)] = "",
) -> AccessToken:
    """A bearer token for an officer; 401 says only that the credentials do not fit together.

    403 where the account must ask for a code first: that is enrolled on the pages.
    """
    officer = await sign_in(runtime, username, password, otp, network=network_of(request))
    if second_factor_missing(runtime.settings, officer):
        raise SecondFactorMissing("Sign in to the pages first, and enrol a code there.")
    async with runtime.database.session() as session:
        token = await open_api_session(session, officer)
        await session.commit()
    return AccessToken(
        access_token=token,
        token_type="bearer",  # noqa: S106 - the kind of token, not the token
        expires_in=staff_access().api_token_minutes * 60,
    )
