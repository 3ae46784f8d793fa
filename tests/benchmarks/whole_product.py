"""`make bench`: what the whole product costs, beside one bare turn of a stock Rasa REST server, in one run.

Prints seconds and megabytes as they were, and ratios, which are what can be compared between machines.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from tests.benchmarks.stock_rasa import running_stock_rasa
from tests.journeys.product import ApiOfficer, Product, WebVictim, running_product

ROOT = Path(__file__).resolve().parent.parent.parent
# What the database's processes share, by the name that Linux gives to memory without a file.
SHARED = "postgres, shared"
ANONYMOUS_SHARED = "/dev/zero"
# The same report in either language: each message is an answer to the question before it.
REPORTS = {
    "cy": (
        "Gwaeddodd dyn enwau hiliol arna i ar y bws yn Llanelli neithiwr",
        "dyna'r cyfan am y tro",
        "achos lliw fy nghroen",
        "naddo",
        "naddo",
        "nac ydy",
        "nac ydyn",
        "Neidio dros y rhain",
        "Siân",
        "1",
        "Neidio dros y rhain",
        "2",
        "Anfon",
    ),
    "en": (
        "A man shouted racist names at me on the bus in Llanelli last night",
        "that is all for now",
        "because of the colour of my skin",
        "no",
        "no",
        "no",
        "no",
        "Skip these",
        "Sian",
        "1",
        "Skip these",
        "2",
        "Send",
    ),
}


@dataclass
class Figures:
    """Seconds of each reply, and from the last message to the alert that the mail server took."""

    replies: list[float]
    alerts: list[float]


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def report_once(product: Product, officer: ApiOfficer, language: str, figures: Figures) -> None:
    victim = WebVictim(product, language)
    victim.poll()
    for line in REPORTS[language][:-1]:
        figures.replies.append(timed(lambda line=line: victim.say(line)))  # type: ignore[misc]
    submitted = time.time()
    receipt = victim.say(REPORTS[language][-1])[-1]
    reference = receipt.get("reference")
    assert reference, f"the report was not sent: {receipt}"
    while True:
        sends = officer.get(f"/v1/cases/{reference}")["alerts"][0]["sends"]
        accepted = [send["accepted_at"] for send in sends if send["accepted_at"]]
        if accepted:
            break
        time.sleep(0.05)
    figures.alerts.append(datetime.fromisoformat(accepted[0]).timestamp() - submitted)


def processes_of(product: Product) -> Iterator[tuple[str, psutil.Process]]:
    """Every process of the product under its name; those of the database share one."""
    launcher = psutil.Process(product.process.pid)
    names = {
        "api.development.main": "stand-ins",
        "bot.serve": "rasa",
        "rasa": "rasa",
        "actions.serve": "actions",
        "api.worker": "worker",
        "staff": "staff door",
        "public": "public door",
    }
    for process in [launcher, *launcher.children(recursive=True)]:
        try:
            command = process.cmdline()
        except psutil.NoSuchProcess:
            continue
        name = next((names[word] for word in command if word in names), None)
        if name is None:
            name = "postgres" if any("postgres" in word for word in command) else "launcher"
        yield name, process


def memory_of(product: Product) -> dict[str, float]:
    """Megabytes of proportional memory, so that what processes share is counted once.

    What the database's processes share has a size that is set and is filled as pages are read. It is counted whole from
    the start: else the first hours would look like a leak.
    """
    used: dict[str, float] = {"launcher": 0.0, SHARED: 0.0}
    for name, process in processes_of(product):
        with suppress(psutil.NoSuchProcess):
            for part in process.memory_maps(grouped=True):
                if part.path == ANONYMOUS_SHARED:
                    used[SHARED] = max(used[SHARED], part.size / 1e6)
                else:
                    used[name] = used.get(name, 0.0) + part.pss / 1e6
    return used


def bare_turns(address: str, count: int) -> list[float]:
    """Seconds of turns of a stock Rasa over its REST channel, each in a conversation of its own."""
    texts = [line for report in REPORTS.values() for line in report]
    with httpx.Client(base_url=address, timeout=60) as client:
        seconds = []
        for number in range(count):
            body = {"sender": uuid4().hex, "message": texts[number % len(texts)]}
            seconds.append(
                timed(lambda body=body: client.post("/webhooks/rest/webhook", json=body))  # type: ignore[misc]
            )
    return seconds


def spread(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "n": len(ordered),
    }


def measure(reports: int) -> dict[str, object]:
    directory = Path(tempfile.mkdtemp(prefix="llais-bench-"))
    print("Preparing what has to be trained or built ...", flush=True)
    subprocess.run([sys.executable, "-m", "api.launch.train"], cwd=ROOT, check=True)
    subprocess.run([sys.executable, "-m", "api.ui.build"], cwd=ROOT, check=True)
    figures = {language: Figures([], []) for language in REPORTS}
    with running_stock_rasa(directory) as stock:
        print("A stock Rasa REST server on the same data is up; measuring ...", flush=True)
        bare_turns(stock, 10)
        bare = bare_turns(stock, 60)
    started = time.monotonic()
    with running_product(directory) as product:
        start_up = time.monotonic() - started
        print("The whole product is up; measuring ...", flush=True)
        officer = ApiOfficer(product)
        warm = Figures([], [])
        for language in REPORTS:
            report_once(product, officer, language, warm)
        for _ in range(reports):
            for language, own in figures.items():
                report_once(product, officer, language, own)
        memory = memory_of(product)
    bare_median = statistics.median(bare)
    return {
        "stock_rasa_bare_turn": spread(bare),
        "message_to_reply": {name: spread(own.replies) for name, own in figures.items()},
        "message_to_reply_against_bare_turn": {
            name: round(statistics.median(own.replies) / bare_median, 2)
            for name, own in figures.items()
        },
        "welsh_against_english": round(
            statistics.median(figures["cy"].replies) / statistics.median(figures["en"].replies), 3
        ),
        "submission_to_alert_accepted": {name: spread(own.alerts) for name, own in figures.items()},
        "start_up_s": round(start_up, 1),
        "memory_mb": {name: round(value) for name, value in sorted(memory.items())},
        "memory_mb_in_all": round(sum(memory.values())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10, help="reports in each language")
    print(json.dumps(measure(parser.parse_args().reports), indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
