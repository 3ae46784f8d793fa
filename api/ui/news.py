"""News for open pages: server-sent events that name what changed and carry nothing else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent

from api.wakeups import Wakeups

# Look whether the session still stands at least this often.
LOOK_AGAIN_SECONDS: Final = 20.0


def stream_news(
    wakeups: Wakeups, topics: Mapping[str, str], still_welcome: Callable[[], Awaitable[bool]]
) -> EventSourceResponse:
    """An event stream: the name that `topics` gives to a topic, whenever there is news of it.

    Ends when `still_welcome` says no; what the page asks for next leads it to the sign-in.
    """
    return EventSourceResponse(
        news(wakeups, topics, still_welcome), headers={"Cache-Control": "no-store"}
    )


async def news(
    wakeups: Wakeups, topics: Mapping[str, str], still_welcome: Callable[[], Awaitable[bool]]
) -> AsyncIterator[ServerSentEvent]:
    """The events of `stream_news`."""
    events = {topic: wakeups.subscribe(topic) for topic in topics}
    try:
        yield ServerSentEvent(comment="listening")
        while await still_welcome():
            for topic in await _with_news(events):
                yield ServerSentEvent("{}", event=topics[topic])
    finally:
        for topic, event in events.items():
            wakeups.unsubscribe(topic, event)


async def _with_news(events: Mapping[str, asyncio.Event]) -> list[str]:
    """The topics with news, as soon as there is some; none after a while."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events.values()]
    try:
        await asyncio.wait(waiting, timeout=LOOK_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiting:
            waiter.cancel()
    topics = [topic for topic, event in events.items() if event.is_set()]
    for topic in topics:
        events[topic].clear()
    return topics
