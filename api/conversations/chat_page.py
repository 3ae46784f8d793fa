"""The web chat's page: in both languages at `/`, in one at `/cy` and `/en`.

What happens in it is in api/ui/chat.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.runtime import Runtime, runtime_of
from api.ui import assets
from channels.sms import readable_number
from channels.web import MAX_CHARACTERS

RuntimeDep = Annotated[Runtime, Depends(runtime_of)]
PageLanguage = Literal["both", "cy", "en"]
# Long enough to think and write; a warning comes first, and any key or touch starts the time anew.
IDLE_WARNING_SECONDS = 10 * 60
IDLE_WIPE_SECONDS = 15 * 60
# Where the exit leads: a page that anybody might have open.
EXIT_ADDRESS = "https://www.bbc.co.uk/weather"

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)
templates = Environment(
    loader=FileSystemLoader(assets.TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


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
    return templates.get_template("chat.html").render(
        language=language,
        words=runtime.words,
        facts={
            "minutes": minutes_to_wipe,
            "text_number": readable_number(runtime.settings.twilio_from),
        },
        idle_warning_seconds=IDLE_WARNING_SECONDS,
        idle_wipe_seconds=IDLE_WIPE_SECONDS,
        max_characters=MAX_CHARACTERS,
        exit_address=EXIT_ADDRESS,
    )
