"""The web chat's page: in both languages at `/`, in one at `/cy` and `/en`.

What happens in it is in api/ui/chat.
"""

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.conversations.public_pages import (
    ACCESSIBILITY_PATHS,
    EXIT_ADDRESS,
    FORM_PATHS,
    PRIVACY_PATHS,
    templates,
    with_numbers_to_call,
)
from api.runtime import Runtime, RuntimeDep
from channels.sms import readable_number
from channels.web import MAX_CHARACTERS

PageLanguage = Literal["both", "cy", "en"]
# Long enough to think and write; a warning comes first, and any key or touch starts the time anew.
IDLE_WARNING_SECONDS = 10 * 60
IDLE_WIPE_SECONDS = 15 * 60

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)


@router.get("/")
async def page_in_both(runtime: RuntimeDep) -> str:
    return _page(runtime, "both")


@router.get("/cy")
async def page_in_welsh(runtime: RuntimeDep) -> str:
    return _page(runtime, "cy")


@router.get("/en")
async def page_in_english(runtime: RuntimeDep) -> str:
    return _page(runtime, "en")


def _page(runtime: Runtime, language: PageLanguage) -> str:
    minutes_to_wipe = (IDLE_WIPE_SECONDS - IDLE_WARNING_SECONDS) // 60
    return (
        templates()
        .get_template("chat.html")
        .render(
            language=language,
            words=runtime.words,
            with_numbers_to_call=with_numbers_to_call,
            facts={
                "minutes": minutes_to_wipe,
                "text_number": readable_number(runtime.settings.twilio_from),
            },
            idle_warning_seconds=IDLE_WARNING_SECONDS,
            idle_wipe_seconds=IDLE_WIPE_SECONDS,
            max_characters=MAX_CHARACTERS,
            exit_address=EXIT_ADDRESS,
            form_paths=FORM_PATHS,
            privacy_paths=PRIVACY_PATHS,
            accessibility_paths=ACCESSIBILITY_PATHS,
        )
    )
