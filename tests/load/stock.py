"""The same crowd before a stock Rasa REST server: no database, no actions, no queue, one turn a call."""

import asyncio
import random
import time
from itertools import cycle
from uuid import uuid4

import httpx
import psutil

from tests.load.crowd import lateness
from tests.load.stories import people


async def stock_side_by_side(
    address: str, count: int, seconds: float, pause: float
) -> dict[str, float]:
    """So many conversations at once with it, and what each turn costs it in processor time."""
    heard: list[float] = []
    lines = cycle(
        [line for _, (_, words) in zip(range(8), people(), strict=False) for line in words]
    )
    server = _server_at(address)
    before = sum(server.cpu_times()[:2])

    async def talk(client: httpx.AsyncClient, chance: random.Random) -> None:
        sender = uuid4().hex
        while True:
            await asyncio.sleep(max(0.3, chance.gauss(pause, pause / 3)))
            began = time.perf_counter()
            body = {"sender": sender, "message": next(lines)}
            await client.post("/webhooks/rest/webhook", json=body)
            heard.append(time.perf_counter() - began)

    began = time.monotonic()
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        talking = [asyncio.create_task(talk(client, random.Random(n))) for n in range(count)]
        await asyncio.sleep(seconds)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
    used = sum(server.cpu_times()[:2]) - before
    return {
        **dict(lateness(heard)),
        "turns": len(heard),
        "turns_a_second": round(len(heard) / (time.monotonic() - began), 1),
        "cpu_ms_a_turn": round(1000 * used / max(1, len(heard)), 1),
    }


def _server_at(address: str) -> psutil.Process:
    port = address.rpartition(":")[2]
    return next(
        child for child in psutil.Process().children() if ["--port", port] == _port(child.cmdline())
    )


def _port(command: list[str]) -> list[str]:
    at = command.index("--port") if "--port" in command else len(command)
    return command[at : at + 2]
