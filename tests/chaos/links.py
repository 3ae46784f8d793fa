"""Faulty links: between two processes stands a proxy of the tests that cuts, repeats, delays and refuses.

What is most instructive is the cut between commit and answer: the request is passed on and taken, and whoever asked
never hears so.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

LARGEST_HEAD: Final = 64 * 1024
# Longer than any client here waits.
SILENT_SECONDS: Final = 30.0
UPSTREAM_SECONDS: Final = 60.0


class Fate(StrEnum):
    """What becomes of one request."""

    PASSED = "passed"
    CUT_BEFORE = "cut before it was passed on"
    CUT_AFTER = "cut between commit and answer"
    TWICE = "delivered twice"
    AGAIN_LATER = "delivered again later"
    LATE = "delivered late"
    REFUSED_429 = "answered 429"
    FAILED_500 = "answered 500"
    TAKEN_THEN_500 = "taken, then answered 500"
    SILENT = "taken, then no answer in time"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    head: bytes
    body: bytes

    @property
    def raw(self) -> bytes:
        return self.head + self.body


@dataclass(frozen=True)
class Answer:
    status: int
    raw: bytes

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


Chances = Mapping[Fate, float]
# Which fates a request may meet, and how often; none where it should always pass.
Chooser = Callable[[Request], Chances]


def _no_faults(request: Request) -> Chances:
    return {}


def _nothing(request: Request, answer: Answer) -> None:
    return


@dataclass
class Link:
    """A proxy for HTTP from `port` to `upstream` on this machine. Faulty while `stormy`."""

    name: str
    port: int
    upstream: int
    dice: random.Random
    counts: Counter[str]
    chances: Chooser = _no_faults
    on_answer: Callable[[Request, Answer], None] = _nothing
    # The body of a refusal, where the client reads it.
    refusals: Mapping[Fate, bytes] = field(default_factory=dict)
    stormy: bool = False
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request; clients open another for the next."""
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            request = await _read(reader)
            answer = await self._meet(request)
            if answer is not None:
                writer.write(answer)
                await writer.drain()
        writer.close()

    def _fate_of(self, request: Request) -> Fate:
        chances = self.chances(request) if self.stormy else {}
        drawn = self.dice.random()
        for fate, chance in chances.items():
            if drawn < chance:
                self.counts[f"{self.name}: {fate.value}"] += 1
                return fate
            drawn -= chance
        return Fate.PASSED

    async def _meet(self, request: Request) -> bytes | None:
        """What the client is answered; None cuts its connection."""
        fate = self._fate_of(request)
        if fate is Fate.CUT_BEFORE:
            return None
        if fate in (Fate.REFUSED_429, Fate.FAILED_500):
            return self._refusal(fate)
        if fate is Fate.LATE:
            await asyncio.sleep(self.dice.uniform(0.5, 5))
        answer = await self._pass_on(request)
        if fate is Fate.TWICE:
            answer = await self._pass_on(request)
        elif fate is Fate.AGAIN_LATER:
            task = asyncio.create_task(self._again(request))
            self._later.add(task)
            task.add_done_callback(self._later.discard)
        elif fate is Fate.SILENT:
            await asyncio.sleep(SILENT_SECONDS)
            return None
        elif fate is Fate.TAKEN_THEN_500:
            return self._refusal(Fate.FAILED_500)
        elif fate is Fate.CUT_AFTER:
            return None
        return answer

    async def _again(self, request: Request) -> None:
        await asyncio.sleep(self.dice.uniform(1, 10))
        await self._pass_on(request)

    def _refusal(self, fate: Fate) -> bytes:
        line = {Fate.REFUSED_429: "429 Too Many Requests"}.get(fate, "500 Internal Server Error")
        body = self.refusals.get(fate, b"{}")
        head = f"HTTP/1.1 {line}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        return f"{head}\r\nConnection: close\r\n\r\n".encode() + body

    async def _pass_on(self, request: Request) -> bytes | None:
        """The upstream's whole answer, or None when it broke off."""
        try:
            async with asyncio.timeout(UPSTREAM_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
                try:
                    writer.write(request.raw)
                    await writer.drain()
                    raw = await reader.read(-1)
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return None
        status = raw[9:12]
        if not raw.startswith(b"HTTP/1.1 ") or not status.isdigit() or b"\r\n\r\n" not in raw:
            return None
        self.on_answer(request, Answer(int(status), raw))
        return raw


async def _read(reader: asyncio.StreamReader) -> Request:
    """One request, asking for no more on its connection. Raises OSError or IncompleteReadError."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    length = 0
    kept = [lines[0]]
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.casefold() == "content-length":
            length = int(value)
        if line and name.casefold() not in ("connection", "keep-alive"):
            kept.append(line)
    closing = "\r\n".join([*kept, "Connection: close", "", ""]).encode("latin-1")
    return Request(method, path, closing, await reader.readexactly(length))


@asynccontextmanager
async def serving(link: Link) -> AsyncIterator[Link]:
    """The link while it stands."""
    server = await asyncio.start_server(link.serve, "127.0.0.1", link.port, limit=LARGEST_HEAD)
    try:
        yield link
    finally:
        server.close()
        for task in link._later:
            task.cancel()


class MailLink:
    """A proxy for the mail server, which can be stopped, and cut after it has taken a mail."""

    def __init__(self, port: int, upstream: int, dice: random.Random, counts: Counter[str]) -> None:
        self._port, self._upstream = port, upstream
        self._dice, self._counts = dice, counts
        self.stopped = False
        self.stormy = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, passed on in both directions until either side ends it."""
        if self.stopped:
            self._counts["mail: server stopped"] += 1
            writer.close()
            return
        cut = self.stormy and self._dice.random() < 0.1
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.close()
            return
        there = asyncio.create_task(_pump(reader, up_writer, None))
        back = asyncio.create_task(
            _pump(up_reader, writer, b"accepted for delivery" if cut else None)
        )
        await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        if cut and back.done() and back.result():
            self._counts["mail: cut after the mail was taken"] += 1
        for task in (there, back):
            task.cancel()
        up_writer.close()
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["MailLink"]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", self._port)
        try:
            yield self
        finally:
            server.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut_at: bytes | None
) -> bool:
    """Pass on what comes; returns True where it was cut because `cut_at` came."""
    with suppress(OSError):
        while data := await reader.read(4096):
            if cut_at is not None and cut_at in data:
                return True
            writer.write(data)
            await writer.drain()
    return False
