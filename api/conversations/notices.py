"""The privacy notice and the accessibility statement: what stands in them is words and policy."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.conversations.public_pages import (
    ACCESSIBILITY_PATHS,
    PRIVACY_PATHS,
    PublicPages,
    public_pages_of,
)
from api.policy import policy, policy_version
from api.words import Language

PagesDep = Annotated[PublicPages, Depends(public_pages_of)]

router = APIRouter(tags=["pages"])


@router.get(PRIVACY_PATHS["cy"])
async def privacy_in_welsh(pages: PagesDep) -> Response:
    return _notice(pages, "privacy", "cy")


@router.get(PRIVACY_PATHS["en"])
async def privacy_in_english(pages: PagesDep) -> Response:
    return _notice(pages, "privacy", "en")


@router.get(ACCESSIBILITY_PATHS["cy"])
async def accessibility_in_welsh(pages: PagesDep) -> Response:
    return _notice(pages, "accessibility", "cy")


@router.get(ACCESSIBILITY_PATHS["en"])
async def accessibility_in_english(pages: PagesDep) -> Response:
    return _notice(pages, "accessibility", "en")


def _notice(pages: PublicPages, name: str, language: Language) -> Response:
    in_force = policy(policy_version())
    facts = {key: said[language] for key, said in in_force.publisher.model_dump().items()}
    paths = PRIVACY_PATHS if name == "privacy" else ACCESSIBILITY_PATHS
    return pages.answer(
        "notice.html",
        language,
        name=name,
        paths=paths,
        facts={**facts, "hours": in_force.drafts.web_hours},
    )
