"""Read by schemathesis: shows each door the token or the signature that it asks for, and names cases that are there.

What stands here is what a peer knows that no description says. The facts come in LLAIS_TRIED_DOORS.
"""

import json
import os
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis
from requests.auth import AuthBase
from twilio.request_validator import RequestValidator

SERVICE_CALLS: Final = ("/v1/reports", "/v1/urgent-alerts")
# A poll that waits for half a minute would find nothing that one of a moment does not.
LONGEST_POLL_SECONDS: Final = 0.01

facts: Final[dict[str, Any]] = json.loads(os.environ.get("LLAIS_TRIED_DOORS", "{}"))


class Peer(AuthBase):
    """Whoever may call: the chat, Twilio, the action server, an officer's system."""

    def __init__(self) -> None:
        self._session_token = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = urlsplit(str(request.path_url)).path
        if path.startswith("/sms/"):
            self._sign(request)
        elif path == "/v1/chat/sessions" or path == "/v1/token":
            pass
        elif path.startswith("/v1/chat/"):
            self._show(request, self._token_of_a_session())
            # Whoever has left begins anew.
            request.register_hook("response", self._forget_ended_session)
        elif path.startswith(SERVICE_CALLS):
            self._show(request, facts["service_token"])
        elif path.startswith("/v1/"):
            self._show(request, facts["access_token"])
        return request

    def _show(self, request: requests.PreparedRequest, token: str) -> None:
        request.headers["Authorization"] = f"Bearer {token}"

    def _token_of_a_session(self) -> str:
        if not self._session_token:
            opened = requests.post(
                f"{facts['public']}/v1/chat/sessions", json={"language": "cy"}, timeout=60
            )
            self._session_token = opened.json()["token"]
        return self._session_token

    def _forget_ended_session(self, response: requests.Response, **_: Any) -> None:
        if response.request.method == "DELETE" or response.status_code == 401:
            self._session_token = ""

    def _sign(self, request: requests.PreparedRequest) -> None:
        body = request.body if isinstance(request.body, str | bytes) else b""
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        signature = RequestValidator(facts["twilio_token"]).compute_signature(
            facts["signed_address"] + str(request.path_url),
            dict(parse_qsl(text, keep_blank_values=True)),
        )
        request.headers["X-Twilio-Signature"] = signature
        request.headers.pop("X-Twilio-Webhooks-Signature-Settings", None)


# The library adds this method at run time.
schemathesis.auth.set_from_requests(Peer())  # type: ignore[attr-defined]


@schemathesis.hook
def map_path_parameters(_: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Every second path names something that is there."""
    if path_parameters:
        for name, known in facts["known"].items():
            value = path_parameters.get(name)
            if isinstance(value, str) and value and ord(value[0]) % 2:
                path_parameters[name] = known[len(value) % len(known)]
    return path_parameters


@schemathesis.hook
def map_query(_: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    wait = (query or {}).get("wait")
    if query and isinstance(wait, int | float) and wait > LONGEST_POLL_SECONDS:
        query["wait"] = LONGEST_POLL_SECONDS if wait <= 25 else wait
    return query
