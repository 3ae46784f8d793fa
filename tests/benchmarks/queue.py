"""How quick the queue stays: generated cases, the pages that officers open, and what PostgreSQL does for them.

python -m tests.benchmarks.queue [--cases 100000] [--rounds 30] [--explain]

Prints p50 and p95 in milliseconds of each page (through the whole door, rendered) and of its statement alone.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

from api.cases.models import Grade, Status
from api.cases.queue import Filters, queue_page, queue_query
from api.migrations.migrate import migrate
from api.staff import create_staff_app
from tests.api.staff_visitor import CSRF_FIELD, StaffDoor, found
from tests.conftest import _with_database, settings_for
from tests.postgres import running_postgres

# Of a hundred cases ninety are closed; a few wait with an alert. Dates go back three years.
CASES: Final = """
insert into cases (id, reference, status, language, channel, route, grade, created_at, submitted_at,
    policy_version, area, owner_id)
select gen_random_uuid(), 'LL-' || lpad(n::text, 8, '0'),
    case when n %% 10 > 0 then 'closed' else (array['new', 'acknowledged', 'open'])[1 + n / 10 %% 3] end,
    (array['cy', 'en', 'en'])[1 + n %% 3], (array['web', 'sms'])[1 + n %% 2], 'victim',
    (array['standard', 'standard', 'medium', 'high'])[1 + n / 7 %% 4],
    now() - n %% 1000 * interval '1 day' - n * interval '1 second', now() - n %% 1000 * interval '1 day',
    '2026-11-22', (array['ceredigion', 'powys', 'pembrokeshire', 'carmarthenshire'])[1 + n / 3 %% 4],
    case when n %% 4 = 0 then (select id from officers limit 1) end
from generate_series(1, %(cases)s) n
"""
DEADLINES: Final = """
insert into deadlines (id, case_id, code, due_at, met_at)
select gen_random_uuid(), c.id, code, c.created_at + hours * interval '1 hour',
    case when c.status = 'closed' then c.created_at end
from cases c cross join (values ('acknowledge_alert', 1), ('first_contact', 24), ('victim_update', 24),
    ('support_referral', 48), ('supervisor_review', 24)) as clocks (code, hours)
"""
ACTIONS: Final = """
insert into planned_actions (id, case_id, position, code, state, due_at)
select gen_random_uuid(), c.id, n, 'item_' || n,
    case when c.status = 'closed' then 'done' else 'open' end, c.created_at + n * interval '4 hours'
from cases c cross join generate_series(1, 14) n
"""
PEOPLE: Final = """
insert into people (id, case_id, role, phone_hash)
select gen_random_uuid(), id, 'victim', sha256(reference::bytea) from cases
"""
ALERTS: Final = """
insert into alerts (id, case_id, reason, idempotency_key, raised_at)
select gen_random_uuid(), id, 'report', id::text, created_at from cases where status = 'new' limit 40
"""
KEPT_BY_TRIGGERS: Final = """
update cases set next_due_at = next_due_of(id), alert_waiting = exists (
    select 1 from alerts where case_id = cases.id and acknowledged_at is null
)
"""
PAGES: Final = {
    "first page": ("", Filters()),
    "high risk": ("risk=high", Filters(grade=Grade.HIGH)),
    "Welsh, in Powys": ("language=cy&area=powys", Filters(language="cy", area="powys")),
    "overdue": ("overdue=yes", Filters(overdue=True)),
    "mine": ("whose=mine", Filters(whose="mine")),
    "nobody's": ("whose=nobody", Filters(whose="nobody")),
    "closed": ("status=closed", Filters(status=Status.CLOSED)),
}


SEARCHES: Final = {
    "by reference": Filters(q="LL-00000042"),
    "by telephone": Filters(q="07700 900123"),
    "by e-mail": Filters(q="carys@example.test"),
}


def fill(url: str, cases: int) -> float:
    """Make the rows; returns the seconds it took."""
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        # The triggers that keep the queue are run once at the end, not for each statement.
        connection.execute("set session_replication_role = replica")
        connection.execute(CASES, {"cases": cases})
        for statement in (DEADLINES, ACTIONS, PEOPLE, ALERTS):
            connection.execute(statement)
        connection.execute("analyze")
        connection.execute(KEPT_BY_TRIGGERS)
        connection.execute("vacuum analyze")
    return time.perf_counter() - began


@asynccontextmanager
async def filled_door(cases: int) -> AsyncIterator[StaffDoor]:
    """A staff door with an officer and so many cases behind it."""
    with tempfile.TemporaryDirectory() as folder, running_postgres(Path(folder)) as server:
        name = f"queue_{uuid4().hex[:8]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        url = _with_database(server, name)
        migrate(url)
        app = create_staff_app(settings_for(url, Path(folder)))
        async with app.router.lifespan_context(app):
            door = StaffDoor(app)
            await door.add_officer("megan", language="en")
            say(f"{cases} cases made in {fill(url, cases):.1f} s")
            yield door


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def in_words(samples: list[float]) -> str:
    ordered = sorted(samples)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"p50 {statistics.median(ordered):7.1f} ms   p95 {p95:7.1f} ms"


async def measure(door: StaffDoor, rounds: int) -> None:
    """Open each page, and run its statement, so many times."""
    keyring = door.runtime.database.keyring
    async with door.visitor("megan") as officer:
        await officer.get("/queue")
        for name, (query, filters) in PAGES.items():
            pages: list[float] = []
            statements: list[float] = []
            for _ in range(rounds):
                began = time.perf_counter()
                answer = await officer.get(f"/queue?{query}")
                pages.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 200, answer.text
                async with door.runtime.database.session() as session:
                    began = time.perf_counter()
                    await queue_page(session, keyring, filters, viewer=uuid4())
                    statements.append(1000 * (time.perf_counter() - began))
            say(f"{name:18} page {in_words(pages)}   statement {in_words(statements)}")
        token = found(CSRF_FIELD, (await officer.get("/queue")).text)
        for name, filters in SEARCHES.items():
            searches: list[float] = []
            for _ in range(rounds):
                began = time.perf_counter()
                await officer.client.post(
                    "/queue/search", data={"csrf_token": token, "q": filters.q}
                )
                searches.append(1000 * (time.perf_counter() - began))
            say(f"{name:18} page {in_words(searches)}")


async def explain(door: StaffDoor) -> None:
    """What PostgreSQL does for each page."""
    database = door.runtime.database
    plain = {name: filters for name, (_, filters) in PAGES.items()}
    async with database.engine.connect() as connection:
        for name, filters in {**plain, **SEARCHES}.items():
            statement = queue_query(database.keyring, filters, viewer=uuid4()).compile(
                dialect=database.engine.dialect, compile_kwargs={"render_postcompile": True}
            )
            say(f"--- {name}")
            for row in await connection.exec_driver_sql(
                f"explain (analyze, costs off) {statement}", dict(statement.params)
            ):
                say(row[0])


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--explain", action="store_true")
    given = parser.parse_args()
    async with filled_door(given.cases) as door:
        await measure(door, given.rounds)
        if given.explain:
            await explain(door)


if __name__ == "__main__":
    asyncio.run(main())
