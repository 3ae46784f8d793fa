"""What a provider, or whoever poses as it, may say of somebody: a token that is not wholly right opens nothing."""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from api.config import Settings
from api.officers.oidc import SingleSignOn, SingleSignOnAway, SingleSignOnRefused
from tests.serving import free_port, serving

CLIENT_ID: Final = "llais"
CLIENT_SECRET: Final = "a-client-secret-of-the-tests-0002"
BEGUN: Final = {"code_verifier": "v" * 48, "nonce": "the-nonce-of-this-sign-in"}
OWN_KEY: Final = RSAKey.generate_key(2048, {"kid": "own", "alg": "RS256", "use": "sig"})
ANOTHER_KEY: Final = RSAKey.generate_key(2048, {"kid": "own", "alg": "RS256", "use": "sig"})


class Provider:
    """A provider that says whatever a test wants it to. By itself it tells the truth."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.metadata: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        now = int(time.time())
        self.claims: dict[str, Any] = {
            "iss": issuer,
            "sub": "megan",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": BEGUN["nonce"],
        }
        self.id_token: str | None = None

    def app(self) -> FastAPI:
        app = FastAPI()

        async def metadata() -> dict[str, Any]:
            return self.metadata

        async def keys() -> dict[str, Any]:
            return {"keys": [OWN_KEY.as_dict(private=False)]}

        async def token() -> dict[str, Any]:
            return {
                "access_token": "x",
                "token_type": "Bearer",
                "id_token": self.id_token or self.signed(OWN_KEY),
            }

        app.add_api_route("/.well-known/openid-configuration", metadata)
        app.add_api_route("/jwks", keys)
        app.add_api_route("/token", token, methods=["POST"])
        return app

    def signed(self, key: RSAKey) -> str:
        return jwt.encode({"alg": "RS256", "kid": "own"}, self.claims, key)

    def made_by_hand(self, algorithm: str, secret: bytes | None = None) -> str:
        """A token as no library would make it: unsigned, or with an HMAC whose key is no secret."""
        parts = ({"alg": algorithm, "kid": "own"}, self.claims)
        unsigned = b".".join(_base64(json.dumps(part).encode()) for part in parts)
        mac = hmac.digest(secret, unsigned, "sha256") if secret else b""
        return (unsigned + b"." + _base64(mac)).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}")
    async with serving(provider.app(), port):
        yield provider


async def said_by(provider: Provider) -> Any:
    """What we take from this provider. Raises what the page answers with a refusal."""
    settings = Settings(
        _env_file=None,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(CLIENT_SECRET),
        oidc_roles="a=officer",
    )
    return await SingleSignOn(settings).claims("a-code", BEGUN)


async def test_the_truth_is_taken(provider: Provider) -> None:
    assert (await said_by(provider))["sub"] == "megan"


async def test_a_token_of_another_key_is_refused(provider: Provider) -> None:
    provider.id_token = provider.signed(ANOTHER_KEY)
    with pytest.raises(SingleSignOnRefused):
        await said_by(provider)


async def test_an_altered_token_is_refused(provider: Provider) -> None:
    header, _, signature = provider.signed(OWN_KEY).split(".")
    provider.claims["sub"] = "somebody-else"
    altered = provider.signed(ANOTHER_KEY).split(".")[1]
    provider.id_token = f"{header}.{altered}.{signature}"
    with pytest.raises(SingleSignOnRefused):
        await said_by(provider)


async def test_a_token_without_a_signature_is_refused(provider: Provider) -> None:
    provider.id_token = provider.made_by_hand("none")
    with pytest.raises(SingleSignOnRefused):
        await said_by(provider)


@pytest.mark.parametrize("key", ["the client's secret", "the public key"])
async def test_a_token_by_an_algorithm_that_was_not_agreed_on_is_refused(
    provider: Provider, key: str
) -> None:
    """The confusion of keys: a shared secret, or a public key taken for one, where a signature was agreed on."""
    secret = (
        CLIENT_SECRET.encode() if key == "the client's secret" else OWN_KEY.as_pem(private=False)
    )
    provider.id_token = provider.made_by_hand("HS256", secret)
    with pytest.raises(SingleSignOnRefused):
        await said_by(provider)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("aud", "another-client"),
        ("iss", "https://evil.example"),
        ("nonce", "of another sign-in"),
        ("exp", int(time.time()) - 3600),
        ("nbf", int(time.time()) + 3600),
        ("sub", None),
    ],
    # Two processes that collect the tests a second apart must find the same names.
    ids=["audience", "issuer", "nonce", "expired", "not yet", "nobody"],
)
async def test_a_token_that_is_not_meant_for_this_is_refused(
    provider: Provider, claim: str, value: Any
) -> None:
    provider.claims[claim] = value
    if value is None:
        del provider.claims[claim]
    with pytest.raises(SingleSignOnRefused):
        await said_by(provider)


async def test_a_provider_that_names_another_issuer_is_no_provider(provider: Provider) -> None:
    provider.metadata["issuer"] = "https://evil.example"
    with pytest.raises(SingleSignOnAway):
        await said_by(provider)
