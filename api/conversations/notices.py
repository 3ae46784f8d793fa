"""The privacy notice and the accessibility statement: what stands in them is words and policy."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.conversations.dates import MONTHS
from api.conversations.public_pages import (
    ACCESSIBILITY_PATHS,
    PRIVACY_PATHS,
    PublicPages,
    public_pages_of,
)
from api.policy import policy, policy_version
from api.words import Language

STANDARD: Final = "WCAG 2.2 AA"
PagesDep = Annotated[PublicPages, Depends(public_pages_of)]

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)


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
    publisher = in_force.publisher
    paths = PRIVACY_PATHS if name == "privacy" else ACCESSIBILITY_PATHS
    return pages.answer(
        "notice.html",
        language,
        name=name,
        paths=paths,
        facts={
            "force": publisher.force[language],
            "legal_basis": publisher.legal_basis[language],
            "retention": publisher.retention[language],
            "privacy_contact": publisher.privacy_contact[language],
            "accessibility_contact": publisher.accessibility_contact[language],
            "prepared": _day(publisher.prepared_on, language),
            "hours": in_force.drafts.web_hours,
            "standard": STANDARD,
        },
    )


def _day(day: date | None, language: Language) -> str:
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}" if day else "–"
