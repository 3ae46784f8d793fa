"""What the OpenAPI descriptions of both doors say beside the routes: who may ask, and how errors are answered.

Errors have one shape everywhere (`api/problems.py`). A route names those that it can answer with; a test calls every
route thousands of times and fails on an answer that is not described (`tests/security/test_descriptions.py`).
"""

from typing import Any, Final

from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import PROBLEM_MEDIA_TYPE, Problem

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457. `type` is stable; `detail` never repeats what was sent.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:llais:problem:[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The problems that a route can answer with, for its `responses`."""
    return {
        int(kind.status): {
            "description": kind.status.phrase,
            "content": {PROBLEM_MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for kind in kinds
    }


def bearer(scheme: str, description: str) -> HTTPBearer:
    """A dependency that reads a bearer token and leaves the refusal to whoever asks for it."""
    return HTTPBearer(scheme_name=scheme, description=description, auto_error=False)


def token_of(credentials: HTTPAuthorizationCredentials | None) -> str:
    """The token that was shown, or nothing."""
    return credentials.credentials if credentials else ""
