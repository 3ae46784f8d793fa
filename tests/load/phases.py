"""What is measured on a running product, one function a question. Each returns plain figures."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.benchmarks.whole_product import REPORTS, memory_of
from tests.journeys.product import ApiOfficer, Product
from tests.load.crowd import Heard, Submitted, crowd, lateness
from tests.load.meter import cpu_time
from tests.load.stories import (
    LANGUAGES,
    SHORT_MESSAGE,
    long_conversation,
    long_message,
)
from tests.load.talker import clients, talking

Figures = dict[str, Any]
PAUSE = 1.0
AT_ONCE = 10
# Later than this is late, and a product of which so much is asked that one in twenty is late has broken.
LATE_SECONDS = 1.0
STEPS = (10, 20, 30, 40, 50, 60, 80)
MEMORY_EVERY_SECONDS = 20.0
BETWEEN_SECONDS = 0.3


def say(line: str) -> None:
    print(line, flush=True)


def _figures(heard: Heard) -> Figures:
    return {
        **dict(lateness(heard.replies)),
        "turns": len(heard.turns),
        "turns_a_second": round(len(heard.turns) / max(1e-9, heard.seconds), 1),
        "reports": len(heard.submitted),
        "unanswered": len(heard.unanswered),
        "at_once": heard.most_at_once,
    }


async def side_by_side(product: Product, count: int, seconds: float, pause: float) -> Figures:
    """So many conversations at once, with what each turn costs in processor time."""
    async with crowd(product.public, pause) as many:
        before = cpu_time(product)
        heard = await many.side_by_side(count, seconds)
        used = cpu_time(product).since(before)
    turns = len(heard.turns)
    return {
        **_figures(heard),
        **{name: dict(lateness(heard.of(name))) for name in LANGUAGES},
        "cpu_ms_a_turn": round(1000 * used.product / max(1, turns), 1),
        "cpu_ms_a_turn_by_process": used.per(turns),
    }


async def arriving(product: Product, in_an_hour: float, minutes: float, pause: float) -> Figures:
    """People who come at random, so many in an hour; late replies, alerts and memory."""
    memory: list[tuple[float, dict[str, float]]] = []

    async def watch() -> None:
        while True:
            memory.append((time.monotonic(), await asyncio.to_thread(memory_of, product)))
            await asyncio.sleep(MEMORY_EVERY_SECONDS)

    watching = asyncio.create_task(watch())
    async with crowd(product.public, pause) as many:
        before = cpu_time(product)
        heard = await many.arriving(in_an_hour, 60 * minutes)
        used = cpu_time(product).since(before)
    watching.cancel()
    alerts = await asyncio.to_thread(_seconds_to_alert, product, heard.submitted)
    return {
        **_figures(heard),
        "late": sum(seconds > LATE_SECONDS for seconds in heard.replies) + len(heard.unanswered),
        "told": heard.told,
        "cores_used": round(used.product / heard.seconds, 2),
        "alert_accepted": {**dict(lateness(alerts)), "n": len(alerts)},
        "without_alert": len(heard.submitted) - len(alerts),
        "memory_mb": {
            "highest": round(max(sum(used_mb.values()) for _, used_mb in memory)),
            **(_growth(memory) if minutes >= 10 else {}),
        },
    }


def _growth(samples: Sequence[tuple[float, dict[str, float]]]) -> Figures:
    """Megabytes in an hour, by a line through all samples but the first fifth, in which everybody is new."""
    settled = samples[len(samples) // 5 :]
    times = [at for at, _ in settled]

    def slope(name: str) -> float:
        used = [used_mb.get(name, 0.0) for _, used_mb in settled]
        return round(3600 * statistics.linear_regression(times, used).slope, 1)

    by_process = {name: slope(name) for name in settled[-1][1]}
    return {
        "growth_in_an_hour": round(sum(by_process.values())),
        "growth_in_an_hour_by_process": by_process,
    }


def _seconds_to_alert(product: Product, reports: Sequence[Submitted]) -> list[float]:
    """From the last message of each report to the moment at which the mail server took the first alert, if it did."""
    officer = ApiOfficer(product)
    seconds = []
    for report in reports:
        for _ in range(100):
            alerts = officer.get(f"/v1/cases/{report.reference}")["alerts"]
            taken = [
                datetime.fromisoformat(send["accepted_at"]).timestamp()
                for alert in alerts
                for send in alert["sends"]
                if send["accepted_at"]
            ]
            if taken:
                # A case may have had an urgent alert before the report was sent.
                seconds.append(
                    min((t for t in taken if t > report.at), default=max(taken)) - report.at
                )
                break
            time.sleep(0.1)
    return seconds


async def breaking_point(product: Product, seconds: float) -> Figures:
    """More and more at once, until one reply in twenty is late."""
    steps = []
    for count in STEPS:
        step = await side_by_side(product, count, seconds, PAUSE)
        if not step["turns"]:
            break
        kept = {name: step[name] for name in ("p50", "p95", "turns_a_second", "cpu_ms_a_turn")}
        say(f"  {count} at once: {kept}")
        steps.append({"at_once": count, **kept, "unanswered": step["unanswered"]})
        if step["p95"] > 1000 * LATE_SECONDS or step["unanswered"]:
            break
    good = [s for s in steps if s["p95"] <= 1000 * LATE_SECONDS and not s["unanswered"]]
    return {
        "steps": steps,
        "sustained_turns_a_second": max((s["turns_a_second"] for s in good), default=0.0),
        "most_turns_a_second": max((s["turns_a_second"] for s in steps), default=0.0),
    }


async def long_conversations(product: Product, count: int, turns: int = 60) -> Figures:
    """Turns 3 to 7 of a conversation beside turns 58 to 62, which say the same five things."""
    early: list[float] = []
    late: list[float] = []
    async with clients(product.public) as client:
        for number in range(count):
            language = LANGUAGES[number % 2]
            async with talking(client, language) as talker:
                for place, words in enumerate(long_conversation(language, turns + 2), start=1):
                    answered = await talker.say(words)
                    if 3 <= place <= 7:
                        early.append(answered.seconds)
                    elif place >= turns - 2:
                        late.append(answered.seconds)
                    await asyncio.sleep(BETWEEN_SECONDS)
    return {
        "turn_5": dict(lateness(early)),
        "turn_60": dict(lateness(late)),
        "ratio": round(statistics.median(late) / statistics.median(early), 2),
    }


async def long_messages(product: Product, count: int) -> Figures:
    """A message of 4,000 characters beside a short one, at the same place of a conversation."""
    seconds: dict[str, list[float]] = {"short": [], "long": []}
    async with clients(product.public) as client:
        for number in range(count):
            language = LANGUAGES[number % 2]
            words = {"short": SHORT_MESSAGE[language], "long": long_message(language)}
            for name, own in seconds.items():
                async with talking(client, language) as talker:
                    await talker.say(REPORTS[language][0])
                    await asyncio.sleep(BETWEEN_SECONDS)
                    own.append((await talker.say(words[name])).seconds)
    return {
        **{name: dict(lateness(own)) for name, own in seconds.items()},
        "ratio": round(statistics.median(seconds["long"]) / statistics.median(seconds["short"]), 2),
    }
