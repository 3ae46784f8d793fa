"""A balancer of connections, standing in for a Kubernetes Service or haproxy: each connection goes to the next server
that takes it, and nobody comes back to the same one on purpose."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread


class Balancer:
    """Listens on a port of 127.0.0.1 in a thread of its own until `close`."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = list(ports)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._carry, "127.0.0.1", 0), self._loop
        )
        self._server = starting.result(10)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        for _ in self._ports:
            self._ports.append(self._ports.pop(0))
            with suppress(OSError):
                far, forth = await asyncio.open_connection("127.0.0.1", self._ports[0])
                # Whoever of the two goes takes the connection along.
                one = asyncio.create_task(self._pass_on(near, forth))
                other = asyncio.create_task(self._pass_on(far, back))
                await asyncio.wait([one, other], return_when=asyncio.FIRST_COMPLETED)
                one.cancel()
                other.cancel()
                forth.close()
                break
        back.close()

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await source.read(65536):
                target.write(some)
                await target.drain()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
