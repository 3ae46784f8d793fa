"""Officers' pages about alerts: one alert with its chain, what is overdue, how long it takes, how one is reached."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload
from starlette.responses import Response

from api.alerts.models import Alert
from api.alerts.notices import notices_of, overdue_alerts
from api.alerts.officers_texts import officers_number_hash
from api.alerts.times import INTERVALS, alert_times
from api.audit.service import record
from api.database import utc_now
from api.officers.access import (
    FormCaseWorker,
    PageCaseWorker,
    WatchingCaseWorkerOnly,
)
from api.officers.models import Officer
from api.problems import DoesNotExist
from api.rota.models import Reach
from api.runtime import Runtime, RuntimeDep
from api.ui.pages import pages_of
from api.ui.redirects import go
from channels.sms import is_telephone_number, normal_number

TIMES_OF_DAYS: Final = 90

router = APIRouter(prefix="/alerts", include_in_schema=False)


@router.get("/overdue")
async def overdue_page(request: Request, officer: PageCaseWorker, runtime: RuntimeDep) -> Response:
    """Every alert that was not acknowledged in its time, the longest overdue first."""
    async with runtime.database.session() as session:
        overdue = await overdue_alerts(session, utc_now())
        await record(session, officer.id, "overdue_opened")
        await session.commit()
    return pages_of(request).answer(request, "staff/overdue.html", overdue=overdue)


@router.get("/notices", dependencies=[WatchingCaseWorkerOnly])
async def notices(request: Request, runtime: RuntimeDep) -> Response:
    """The notices alone, for open pages to stay fresh."""
    async with runtime.database.session() as session:
        found = await notices_of(session, runtime.settings, utc_now())
    return pages_of(request).answer(request, "staff/notices.html", notices=found)


@router.get("/times")
async def times_page(request: Request, _: PageCaseWorker, runtime: RuntimeDep) -> Response:
    """From submission to an accepted alert and to its acknowledgement, Welsh beside English."""
    async with runtime.database.session() as session:
        times = await alert_times(session, utc_now() - timedelta(days=TIMES_OF_DAYS))
    return pages_of(request).answer(
        request, "staff/times.html", times=times, intervals=INTERVALS, days=TIMES_OF_DAYS
    )


@router.get("/settings")
async def settings_page(
    request: Request,
    officer: PageCaseWorker,
    runtime: RuntimeDep,
    done: Annotated[Literal["yes", ""], Query()] = "",
) -> Response:
    """How alerts reach whoever is signed in."""
    return await _settings(request, runtime, officer, done=bool(done))


async def _settings(
    request: Request, runtime: Runtime, officer: Officer, **values: Any
) -> Response:
    async with runtime.database.session() as session:
        reach = await session.get(Reach, officer.id) or Reach(speaks_welsh=False, sound=False)
    shown = {"reach": reach, "phone": reach.phone or "", "problem": "", "done": False, **values}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if shown["problem"] else HTTPStatus.OK
    return pages_of(request).answer(request, "staff/alert_settings.html", status=status, **shown)


@router.post("/settings")
async def change_settings(
    request: Request,
    officer: FormCaseWorker,
    runtime: RuntimeDep,
    phone: Annotated[str, Form(max_length=32)] = "",
    sound: Annotated[Literal["on", ""], Form()] = "",
) -> Response:
    """Keep one's number (empty: no texts) and whether a new alert may be heard."""
    given = phone.strip()
    if given and not is_telephone_number(given):
        return await _settings(request, runtime, officer, phone=phone, problem="wrong")
    number = normal_number(given) if given else None
    async with runtime.database.session() as session:
        reach = await session.get(Reach, officer.id) or Reach(officer_id=officer.id)
        if reach.phone != number:
            reach.texts_stopped_at = None
        reach.phone = number
        reach.phone_hash = officers_number_hash(runtime, number) if number else None
        reach.sound = bool(sound)
        session.add(reach)
        try:
            await session.flush()
        except IntegrityError:
            taken = True
        else:
            taken = False
            await record(session, officer.id, "alert_settings_changed", str(officer.id))
            await session.commit()
    if taken:
        return await _settings(request, runtime, officer, phone=phone, problem="taken")
    return go("/alerts/settings?done=yes")


@router.get("/{alert_id}")
async def alert_page(
    request: Request, alert_id: UUID, officer: PageCaseWorker, runtime: RuntimeDep
) -> Response:
    """One alert with its chain, and the button that acknowledges it. Only opening it acknowledges nothing."""
    async with runtime.database.session() as session:
        alert = await session.scalar(
            select(Alert)
            .where(Alert.id == alert_id)
            .options(joinedload(Alert.case), selectinload(Alert.steps), selectinload(Alert.sends))
        )
        if alert is None or alert.case.canary:
            raise DoesNotExist("There is no such alert.")
        involved = {send.officer_id for send in alert.sends} | {alert.acknowledged_by}
        rows = await session.execute(
            select(Officer.id, Officer.name).where(Officer.id.in_(involved - {None}))
        )
        names = {row[0]: row[1] for row in rows}
        await record(session, officer.id, "alert_read", alert.case.reference)
        await session.commit()
    return pages_of(request).answer(
        request, "staff/alert.html", alert=alert, case=alert.case, names=names
    )
