"""The queue as a page: filtered, searched, page after page, and kept under names of an officer's own."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import Response

from api.audit.service import record
from api.cases.areas import AREAS
from api.cases.models import Grade, Status
from api.cases.pages import alert_values
from api.cases.queue import Filters, Whose, queue_page
from api.cases.saved_views import LONGEST_NAME, drop_view, query_of, save_view, views_of
from api.need_to_know.service import without_content
from api.officers.access import FormCaseWorker, PageCaseWorker, WatchingCaseWorker
from api.officers.models import Officer
from api.problems import Problem
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import go
from api.words import Language

router = APIRouter(include_in_schema=False)
Nothing = Literal[""]
Area = Literal["carmarthenshire", "ceredigion", "pembrokeshire", "powys", "elsewhere", "unknown"]
Cursor = Annotated[str, Query(max_length=300)]


def filters_in_address(
    status: Annotated[Status | Nothing, Query()] = "",
    risk: Annotated[Grade | Nothing, Query()] = "",
    language: Annotated[Language | Nothing, Query()] = "",
    area: Annotated[Area | Nothing, Query()] = "",
    whose: Annotated[Whose | Nothing, Query()] = "",
    overdue: Annotated[Literal["yes", ""], Query()] = "",
) -> Filters:
    """The filters that an address carries."""
    return Filters(
        status or None,
        risk or None,
        language or None,
        area=area or None,
        whose=whose or None,
        overdue=overdue == "yes",
    )


AddressFilters = Annotated[Filters, Depends(filters_in_address)]


async def _queue_values(
    runtime: Runtime, officer: Officer, filters: Filters, cursor: str, noted_as: str | None
) -> dict[str, Any]:
    async with runtime.database.session() as session:
        page = await queue_page(
            session, runtime.database.keyring, filters, cursor, viewer=officer.id
        )
        page = await without_content(session, officer, page, filters)
        views = await views_of(session, officer)
        if noted_as is not None:
            await record(session, officer.id, noted_as)
            await session.commit()
    return {
        "page": page,
        "filters": filters,
        "cursor": cursor,
        "query": query_of(filters),
        "views": views,
        "areas": AREAS,
        "longest_name": LONGEST_NAME,
        "problem": None,
    }


@router.get("/queue")
async def queue(
    request: Request,
    officer: PageCaseWorker,
    runtime: RuntimeDep,
    filters: AddressFilters,
    cursor: Cursor = "",
) -> Response:
    """The queue. Its audit entry covers what the open page shows as it keeps itself fresh."""
    values = await _queue_values(runtime, officer, filters, cursor, "queue_opened")
    values |= await alert_values(runtime)
    return pages_of(request).answer(request, "staff/queue.html", live=True, **values)


@router.get("/queue/cases")
async def queue_cases(
    request: Request,
    officer: WatchingCaseWorker,
    runtime: RuntimeDep,
    filters: AddressFilters,
    cursor: Cursor = "",
) -> Response:
    """The list alone, for the open queue to stay fresh."""
    values = await _queue_values(runtime, officer, filters, cursor, None)
    return pages_of(request).answer(request, "staff/queue_cases.html", **values)


@router.post("/queue/search")
async def search(
    request: Request,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    q: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """Find a reference, a telephone number or an e-mail address; posted, so that it never stands in an address."""
    filters = Filters(q=q.replace("\x00", "").strip())
    values = await _queue_values(runtime, officer, filters, "", "cases_searched")
    values |= await alert_values(runtime)
    return pages_of(request).answer(request, "staff/queue.html", live=False, **values)


@router.post("/queue/views")
async def keep_view(
    request: Request,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    filters: AddressFilters,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep the filters of the page under a name."""
    try:
        async with runtime.database.session() as session:
            await save_view(session, officer, name.replace("\x00", ""), filters)
            await session.commit()
    except Problem as refusal:
        values = await _queue_values(runtime, officer, filters, "", "queue_opened")
        values |= await alert_values(runtime) | {"problem": refusal.problem_type}
        return pages_of(request).answer(
            request, "staff/queue.html", status=refusal.status, live=False, **values
        )
    return go(f"/queue?{query_of(filters)}")


@router.post("/queue/views/{view_id}/drop")
async def forget_view(view_id: UUID, officer: FormCaseWorker, runtime: RuntimeDep) -> Response:
    """Forget a view of one's own."""
    async with runtime.database.session() as session:
        await drop_view(session, officer, view_id)
        await session.commit()
    return go("/queue")
