"""`make load`: whole conversations against the whole product, and a table of what was aimed at beside what was reached.

    make load                                    about half an hour: ten minutes at 500 reports an hour, then more
    make load ARGS="--short"                     every part, briefly
    make load ARGS="--minutes 60 --only hour"    memory over an hour
    make load ARGS="--reports-an-hour 1000"

Everything runs on this machine, the driver too; what it takes is in the figures. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.stock_rasa import running_stock_rasa
from tests.journeys.product import Product, running_product
from tests.load import phases
from tests.load.cases import queue_at_scale
from tests.load.crowd import THINKS_SECONDS
from tests.load.phases import AT_ONCE, PAUSE, say
from tests.load.stock import stock_side_by_side
from tests.load.table import table

ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("stock", "ten", "turns", "characters", "hour", "breaking", "queue")


def measure(given: argparse.Namespace, parts: Sequence[str]) -> dict[str, Any]:
    """The figures of each part that was asked for."""
    figures: dict[str, Any] = {}
    say("Preparing what has to be trained or built ...")
    subprocess.run([sys.executable, "-m", "api.launch.train"], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "api.ui.build"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory(prefix="llais-load-") as folder:
        if "stock" in parts:
            with running_stock_rasa(Path(folder)) as address:
                figures["stock"] = _stock(address, given.seconds)
        if set(parts) & {"ten", "turns", "characters", "hour", "breaking"}:
            began = time.monotonic()
            with running_product(Path(folder)) as product:
                figures["start_up_s"] = round(time.monotonic() - began, 1)
                asyncio.run(_ask(product, given, parts, figures))
    if "queue" in parts:
        say(f"The queue before {given.cases} cases ...")
        figures["queue"] = asyncio.run(queue_at_scale(given.cases, given.rounds))
    return figures


def _stock(address: str, seconds: float) -> dict[str, Any]:
    say("A stock Rasa REST server on the same data is up; measuring ...")

    async def both() -> dict[str, Any]:
        await stock_side_by_side(address, 2, 5, PAUSE)
        return {
            "alone": await stock_side_by_side(address, 1, seconds / 2, PAUSE),
            "ten": await stock_side_by_side(address, AT_ONCE, seconds, PAUSE),
        }

    return asyncio.run(both())


async def _ask(
    product: Product, given: argparse.Namespace, parts: Sequence[str], figures: dict[str, Any]
) -> None:
    say("The whole product is up; first everything once, unmeasured ...")
    await phases.side_by_side(product, 4, given.seconds / 2, 0.5)
    if "ten" in parts:
        say("One conversation alone, then ten at once ...")
        figures["alone"] = await phases.side_by_side(product, 1, given.seconds / 2, PAUSE)
        figures["ten"] = await phases.side_by_side(product, AT_ONCE, given.seconds, PAUSE)
    if "turns" in parts:
        say("Conversations of sixty turns ...")
        figures["turns"] = await phases.long_conversations(product, given.talks)
    if "characters" in parts:
        say("Messages of 4,000 characters ...")
        figures["characters"] = await phases.long_messages(product, 2 * given.talks)
    if "hour" in parts:
        say(f"{given.reports_an_hour:g} reports an hour for {given.minutes:g} minutes ...")
        figures["hour"] = await phases.arriving(
            product, given.reports_an_hour, given.minutes, given.thinks
        )
    if "breaking" in parts:
        say("More and more at once ...")
        figures["breaking"] = await phases.breaking_point(product, given.seconds / 2)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="of arriving reports")
    parser.add_argument("--reports-an-hour", type=float, default=500)
    parser.add_argument("--short", action="store_true", help="every part, briefly")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
    given = parser.parse_args()
    parts = given.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    given.seconds, given.talks, given.rounds, given.cases = 60.0, 8, 40, 100_000
    given.thinks = THINKS_SECONDS
    if given.short:
        given.seconds, given.talks, given.rounds, given.cases = 16.0, 2, 10, 10_000
        given.minutes, given.thinks = min(given.minutes, 1.0), PAUSE
    figures = measure(given, parts)
    say(table(figures))
    say(json.dumps(figures, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
