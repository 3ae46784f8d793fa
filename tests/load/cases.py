"""The officers' queue before a hundred thousand cases whose conversations hold two million messages."""

import statistics
import time
from typing import Any, Final

import psycopg

from api.cases.queue import PAGE_LENGTH
from tests.api.staff_visitor import StaffDoor
from tests.benchmarks.queue import PAGES, filled_door

MESSAGES_OF_A_CASE: Final = 20
CONVERSATIONS: Final = """
insert into conversations (id, channel, language, opened_at, last_message_at)
select id, channel, language, created_at, created_at from cases
"""
# The conversation of a case has its id here, which nothing else has.
JOINED: Final = "update cases set conversation_id = id"
MESSAGES: Final = """
insert into messages (id, conversation_id, sender, audience, kind, text, language, sent_at)
select gen_random_uuid(), c.id, case when n %% 2 = 0 then 'victim' else 'assistant' end, 'victim', 'text',
    decode(repeat('00', 120), 'hex'), c.language, c.created_at + n * interval '1 minute'
from cases c cross join generate_series(1, %(each)s) n
"""


def fill_with_messages(url: str) -> int:
    """Give each case a conversation of so many messages; returns how many there are."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set synchronous_commit = off")
        connection.execute(CONVERSATIONS)
        connection.execute(JOINED)
        connection.execute(MESSAGES, {"each": MESSAGES_OF_A_CASE})
        connection.execute("vacuum analyze")
        row = connection.execute("select count(*) from messages").fetchone()
    assert row is not None
    return int(row[0])


async def queue_at_scale(cases: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each page of the queue through the whole door, and of the page that follows the first."""
    async with filled_door(cases) as door:
        messages = fill_with_messages(door.runtime.settings.database_url)
        pages = await _pages(door, rounds)
    return {
        "cases": cases,
        "messages": messages,
        "rows_a_page": PAGE_LENGTH,
        "pages": pages,
        "p95": max(page["p95"] for page in pages.values()),
    }


async def _pages(door: StaffDoor, rounds: int) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    async with door.visitor("megan") as officer:
        await officer.get("/queue")
        for name, (query, _) in PAGES.items():
            taken = []
            for _ in range(rounds):
                began = time.perf_counter()
                answer = await officer.get(f"/queue?{query}")
                taken.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 200, answer.text
            ordered = sorted(taken)
            figures[name] = {
                "p50": round(statistics.median(ordered), 1),
                "p95": round(ordered[int(0.95 * len(ordered))], 1),
            }
    return figures
