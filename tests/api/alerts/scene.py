"""An alert with everybody whom it may reach: officers with telephones, a control room, a force's own system."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Request, Response
from pydantic import SecretStr
from sqlalchemy import select, text, update

from api.alerts.escalation import ESCALATE, SEND_ALERT, escalate, escalate_due
from api.alerts.models import Alert, AlertSend, AlertStep, StepState
from api.alerts.officers_texts import (
    SEND_OFFICER_TEXT,
    officers_number_hash,
    send_officer_text,
)
from api.alerts.send import AlertInterrupted, send_alert
from api.cases.models import Grade
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.database import utc_now
from api.development.main import create_development_app
from api.development.sent_texts import SentText
from api.officers.models import Officer
from api.rota.models import Reach, RotaShift
from api.runtime import Runtime
from channels.sms import TwilioTexts
from channels.webhook import signature
from tests.api.backstage import add_officer, jobs
from tests.api.mail_server import MailServer, mail_server
from tests.api.staff_visitor import a_report
from tests.conftest import TWILIO_TOKEN
from tests.serving import free_port, serving

CONTROL_ROOM = "control@police.test"
WEBHOOK_SECRET = "webhook-secret-of-the-tests-0001"
PHONES = {"megan": "+447700900201", "tomos": "+447700900202", "caryl": "+447700900203"}
# Seconds after which a job that was put off is tried again; more than any test takes.
LATER = timedelta(hours=1)


@dataclass
class System:
    """The force's own system: what it was told, and what it answers next."""

    address: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        headers = request.headers
        expected = signature(WEBHOOK_SECRET, headers["llais-timestamp"], body)
        assert headers["llais-signature"] == expected
        if self.answers and (status := self.answers.pop(0)) >= 300:
            return Response(status_code=status)
        self.taken.append({"delivery": headers["llais-delivery"], **(await request.json())})
        return Response(status_code=204)


@dataclass
class Scene:
    """The rows and the outside world of one test."""

    runtime: Runtime
    mail: MailServer
    twilio: FastAPI
    texts: TwilioTexts
    system: System
    officers: dict[str, Officer] = field(default_factory=dict)

    async def officer(self, name: str, *, position: int = 1, **columns: Any) -> Officer:
        """An officer with a telephone who is always on shift."""
        officer = await add_officer(self.runtime, name, language="en", **columns)
        self.officers[name] = officer
        phone = PHONES[name]
        async with self.runtime.database.session() as session:
            session.add(
                Reach(
                    officer_id=officer.id,
                    phone=phone,
                    phone_hash=officers_number_hash(self.runtime, phone),
                )
            )
            session.add(
                RotaShift(
                    officer_id=officer.id,
                    area="all",
                    days=list(range(8)),
                    begins=time(0),
                    ends=time(0),
                    position=position,
                )
            )
            await session.commit()
        return officer

    async def staff(self) -> None:
        await self.officer("megan", position=1)
        await self.officer("tomos", position=2)
        await self.officer("caryl", position=3, role="supervisor")

    async def report(self, grade: Grade = Grade.HIGH, place: str | None = None) -> UUID:
        """A report of a grade, from a place; the id of its alert."""
        answers = {
            Grade.HIGH: {"weapon_or_hurt": "yes"},
            Grade.MEDIUM: {"repeated": "often", "knows_where": "yes", "afraid": "yes"},
            Grade.STANDARD: {},
        }[grade]
        content = {**a_report()["report"], "place": place}
        submission = ReportSubmission.model_validate(a_report(risk_answers=answers, report=content))
        async with self.runtime.database.session() as session:
            await submit_report(session, self.runtime, submission, str(uuid4()))
            await session.commit()
        async with self.runtime.database.session() as session:
            newest = select(Alert.id).order_by(Alert.raised_at.desc()).limit(1)
            return (await session.scalars(newest)).one()

    async def work(self) -> None:
        """Every job that is due, as a worker does it; what is interrupted is put off."""
        handlers: dict[str, Callable[..., Awaitable[None]]] = {
            SEND_ALERT: lambda send_id: send_alert(self.runtime, self.texts, UUID(send_id)),
            ESCALATE: lambda alert_id: escalate(self.runtime, UUID(alert_id)),
            SEND_OFFICER_TEXT: lambda message_sid: send_officer_text(
                self.runtime, self.texts, message_sid
            ),
        }
        while due := [
            job
            for job in await jobs(self.runtime)
            if job["task_name"] in handlers
            and (job["scheduled_at"] is None or job["scheduled_at"] <= utc_now())
        ]:
            for job in due:
                try:
                    await handlers[job["task_name"]](**job["args"])
                except AlertInterrupted:
                    await self._on_job(
                        "update procrastinate_jobs set scheduled_at = :later where id = :id",
                        job["id"],
                        later=utc_now() + LATER,
                    )
                else:
                    await self._on_job("delete from procrastinate_jobs where id = :id", job["id"])

    async def _on_job(self, statement: str, job_id: int, **values: Any) -> None:
        # Not through a session: tests that stop the product at its commits must not stop this.
        async with self.runtime.database.engine.begin() as connection:
            await connection.execute(text(statement), {"id": job_id, **values})

    async def try_again(self) -> None:
        """The time for which interrupted jobs were put off is over."""
        async with self.runtime.database.engine.begin() as connection:
            await connection.execute(
                text("update procrastinate_jobs set scheduled_at = now() where task_name = :task"),
                {"task": SEND_ALERT},
            )
        await self.work()

    async def minutes_pass(self, minutes: float) -> None:
        """The clock of every planned step moves, and the periodic job comes round."""
        async with self.runtime.database.engine.begin() as connection:
            await connection.execute(
                update(AlertStep)
                .where(AlertStep.state == StepState.PLANNED)
                .values(planned_at=AlertStep.planned_at - timedelta(minutes=minutes))
            )
        await escalate_due(self.runtime)
        await self.work()

    async def steps(self) -> list[AlertStep]:
        async with self.runtime.database.session() as session:
            return list(await session.scalars(select(AlertStep).order_by(AlertStep.number)))

    async def states(self) -> list[str]:
        return [step.state.value for step in await self.steps()]

    async def sends(self) -> list[AlertSend]:
        async with self.runtime.database.session() as session:
            return list(await session.scalars(select(AlertSend).order_by(AlertSend.queued_at)))

    def mails(self) -> list[str]:
        """To whom mail went, in order."""
        return [str(mail["To"]).partition("@")[0] for mail in self.mail.accepted]

    def sent_texts(self, *names: str) -> Sequence[SentText]:
        numbers = [PHONES[name] for name in names or PHONES]
        return [each for each in self.twilio.state.twilio.texts.to() if each.to in numbers]

    def texted(self) -> list[str]:
        by_number = {number: name for name, number in PHONES.items()}
        return [by_number[each.to] for each in self.sent_texts()]

    def script_twilio(self, *fates: str) -> None:
        self.twilio.state.twilio.errors.script(list(fates))


@asynccontextmanager
async def a_scene(runtime: Runtime) -> AsyncIterator[Scene]:
    settings = runtime.settings
    stand_in = create_development_app(
        settings.model_copy(update={"development_smtp_port": free_port()})
    )
    system = System()
    receiver = FastAPI()
    receiver.add_api_route("/alerts", system.receive, methods=["POST"])
    async with (
        mail_server() as mail,
        stand_in.router.lifespan_context(stand_in),
        serving(stand_in) as twilio,
        serving(receiver) as address,
    ):
        system.address = f"{address}/alerts"
        settings.smtp_url = SecretStr(mail.url)
        settings.control_room_email = CONTROL_ROOM
        settings.alert_webhook_secret = SecretStr(WEBHOOK_SECRET)
        texts = TwilioTexts(settings.twilio_account_sid, TWILIO_TOKEN, settings.twilio_from, twilio)
        yield Scene(runtime, mail, stand_in, texts, system)
