"""One campaign: the product is started, people report and officers work while faults rage; then all is compared."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from actions.catalogue import Catalogue
from tests.chaos.checker import examine
from tests.chaos.clock import Clock
from tests.chaos.disk import Disk
from tests.chaos.faults import Faults, Rhythm
from tests.chaos.ledger import Ledger, Story
from tests.chaos.links import Link
from tests.chaos.officers import Officer
from tests.chaos.people import GaveUp, Person, Scene, TextPerson, WebPerson
from tests.chaos.sayings import Interview
from tests.chaos.stored import Stored, owners_connection, read_all
from tests.chaos.weather import Map, draw_map
from tests.dialogue.assistant import ROOT
from tests.journeys.product import Product, running_product

# After this everything must have come to its end by itself.
GRACE_SECONDS: Final = 240.0
QUIET_SECONDS: Final = 120.0
# Long enough for every step of the policy's escalation to come.
UNTIL_ALL_ESCALATE: Final = 4 * 3600
FIRST_NUMBER: Final = 447700900100
SAY_EVERY_SECONDS: Final = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long the faults rage, how often each comes, and how many people talk at once."""

    seconds: float
    seed: int
    web: int = 5
    texts: int = 3
    rhythm: Rhythm = field(default_factory=Rhythm)


@dataclass
class Outcome:
    """What the summary says."""

    ledger: Ledger
    findings: list[str]
    stored: Stored
    notes: list[str]


class Campaign:
    """Runs a plan in `directory`, where everything that it found stays to be looked at."""

    def __init__(self, plan: Plan, directory: Path, say: Say) -> None:
        self._plan, self._directory, self._say = plan, directory, say
        self._dice = random.Random(plan.seed)
        self._ledger = Ledger()
        self._people: list[Person] = []
        self._over = False

    async def run(self) -> Outcome:
        async with AsyncExitStack() as stack:
            clock = Clock(self._directory)
            disk = Disk(self._directory / "data")
            stack.callback(disk.remove)
            notes = _impossible(clock, disk)
            links = draw_map(self._ledger, self._dice)
            await links.open(stack)
            self._say("Starting the product ...")
            started = running_product(self._directory, **links.settings, **clock.settings)
            product = await asyncio.to_thread(started.__enter__)
            try:
                findings, stored = await self._drive(product, links, clock, disk)
            finally:
                await asyncio.to_thread(started.__exit__, None, None, None)
            self._ledger.keep(self._directory / "ledger.json")
        return Outcome(self._ledger, findings, stored, notes)

    async def _drive(
        self, product: Product, links: Map, clock: Clock, disk: Disk
    ) -> tuple[list[str], Stored]:
        interview = Interview(Catalogue.load(ROOT), self._dice)
        scene = Scene(product.public, product.secrets, self._ledger, interview, self._dice)
        staff = f"http://127.0.0.1:{_port_behind(links, 'staff door')}"
        officer = Officer(
            staff, product.username, product.password, self._ledger, interview, self._dice
        )
        faults = Faults(
            product.process.pid,
            product.public,
            self._ledger,
            self._dice,
            links.links,
            links.mail,
            clock,
            disk,
        )
        self._say(f"Faults for {self._plan.seconds:.0f} s ...")
        always = [
            asyncio.create_task(officer.work()),
            asyncio.create_task(self._spend_nothing(product.directory / "data")),
            asyncio.create_task(self._tell_how_it_goes()),
        ]
        talking = [
            asyncio.create_task(self._one_after_another(scene, kind))
            for kind, count in ((WebPerson, self._plan.web), (TextPerson, self._plan.texts))
            for _ in range(count)
        ]
        try:
            await faults.rage(self._plan.rhythm, self._plan.seconds)
            self._over = True
            self._say("The faults are over; everybody comes to an end ...")
            await asyncio.wait(talking, timeout=GRACE_SECONDS)
            for task in talking:
                task.cancel()
            stored = await self._settle(product, clock)
            await asyncio.gather(*(self._look_again(person) for person in self._people))
            stored = await asyncio.to_thread(self._read, product)
        finally:
            for task in always:
                task.cancel()
            await asyncio.gather(*always, *talking, return_exceptions=True)
            await officer.close()
        findings = examine(self._ledger, stored)
        findings += await asyncio.to_thread(_audit_by_the_product, product, staff)
        return findings, stored

    async def _one_after_another(
        self, scene: Scene, kind: type[WebPerson] | type[TextPerson]
    ) -> None:
        """One person after another, until the faults are over."""
        while not self._over:
            number = len(self._people)
            language = self._dice.choice(["cy", "en"])
            channel = "web" if kind is WebPerson else "sms"
            story = Story(f"person {number}", channel, language)  # type: ignore[arg-type]
            if kind is TextPerson:
                story.number = f"+{FIRST_NUMBER + number}"
            person = kind(scene, story)
            self._people.append(person)
            try:
                await person.talk()
            except GaveUp as reason:
                self._say(f"GAVE UP: {reason}")

    async def _look_again(self, person: Person) -> None:
        try:
            await person.look_again()
        except GaveUp as reason:
            self._say(f"GAVE UP: {reason}")
        finally:
            await person.client.aclose()

    async def _settle(self, product: Product, clock: Clock) -> Stored:
        """Wait until nothing is under way; then let every alert that nobody took escalate."""
        await self._wait_until_quiet(product)
        if clock.available:
            clock.move(UNTIL_ALL_ESCALATE)
            await asyncio.sleep(20)
            await self._wait_until_quiet(product)
        return await asyncio.to_thread(self._read, product)

    async def _wait_until_quiet(self, product: Product) -> None:
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            with suppress(psycopg.Error, OSError):
                if not await asyncio.to_thread(_under_way, product.directory / "data"):
                    return
            await asyncio.sleep(2)
        self._say("It did not come to rest.")

    def _read(self, product: Product) -> Stored:
        return read_all(product.directory / "data", product.secrets)

    async def _spend_nothing(self, data_dir: Path) -> None:
        """Money is no fault here: the day's texts would be used up by so many people."""
        while True:
            await asyncio.sleep(15)
            with suppress(psycopg.Error, OSError, IndexError):
                await asyncio.to_thread(_reset_cost, data_dir)

    async def _tell_how_it_goes(self) -> None:
        while True:
            await asyncio.sleep(SAY_EVERY_SECONDS)
            ended = sum(story.finished for story in self._ledger.stories)
            self._say(
                f"  {sum(self._ledger.kills.values())} kills, {len(self._ledger.stories)} conversations,"
                f" {ended} at their end, {sum(self._ledger.faults.values())} other faults"
            )


def _port_behind(links: Map, name: str) -> int:
    return next(
        link.upstream for link in links.links if isinstance(link, Link) and link.name == name
    )


def _impossible(clock: Clock, disk: Disk) -> list[str]:
    notes = []
    if not clock.available:
        notes.append("NOT DONE: the clock was not moved, there is no C compiler here")
    if not disk.available:
        notes.append("NOT DONE: the disk was not filled, nothing may be mounted here")
    return notes


def _under_way(data_dir: Path) -> bool:
    """Whether any job is due or running, or any text waits."""
    with owners_connection(data_dir) as connection:
        found: Any = connection.execute(
            "select exists (select 1 from procrastinate_jobs where queue_name <> 'upkeep' and"
            " (status = 'doing' or (status = 'todo' and"
            " (scheduled_at is null or scheduled_at < now() + interval '5 minutes')"
            " and task_name <> 'escalate')))"
            " or exists (select 1 from outgoing_texts where state in ('queued', 'sending'))"
            " or exists (select 1 from handovers where done_at is null) as busy"
        ).fetchone()
        return bool(found["busy"])


def _reset_cost(data_dir: Path) -> None:
    with owners_connection(data_dir) as connection:
        connection.execute("update outgoing_texts set cost_pence = 0 where cost_pence > 0")


def _audit_by_the_product(product: Product, staff: str) -> list[str]:
    """What the product itself says of its chain."""
    import httpx

    with httpx.Client(base_url=staff, timeout=30, trust_env=False) as client:
        token = client.post(
            "/v1/token", data={"username": product.username, "password": product.password}
        ).json()["access_token"]
        verified = client.get(
            "/v1/audit/verify", headers={"Authorization": f"Bearer {token}"}
        ).json()
    return [] if verified["intact"] else [f"AUDIT: the product says {verified}"]
