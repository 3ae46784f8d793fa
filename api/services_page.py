"""The directory of services as officers see it: what people are told, and what nobody has checked yet."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.database import utc_now
from api.officers.access import PageCaseWorker
from api.services_directory import ServicesDirectory
from api.ui.pages import language_of, pages_of

router = APIRouter(include_in_schema=False)


@router.get("/services")
async def services_page(request: Request, _: PageCaseWorker) -> Response:
    """Every service with its number, and whether it was checked lately."""
    entries = ServicesDirectory.load_newest().entries(language_of(request), utc_now().date())
    return pages_of(request).answer(
        request,
        "staff/services.html",
        entries=entries,
        unchecked=sum(not entry.fresh for entry in entries),
    )
