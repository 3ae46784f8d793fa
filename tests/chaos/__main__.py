"""`make chaos`: the whole product under fire. `python -m tests.chaos [--minutes 10] [--seed 1]`

Exits with 1 where anything that a client was told is not so.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.chaos.campaign import Campaign, Outcome, Plan


def summary(outcome: Outcome, plan: Plan, seconds: float) -> str:
    """What was done, what became of it, and every finding."""
    ledger, tables = outcome.ledger, outcome.stored.tables
    stories = ledger.stories
    said = [message for story in stories for message in story.said]
    kinds = Counter(f"{story.channel} {story.language}" for story in stories)
    submitted = [case for case in tables["cases"] if case["submitted_at"] is not None]
    alerts = tables["alerts"]
    lines = [
        "",
        f"seed {plan.seed}, {plan.seconds:.0f} s of faults, {seconds:.0f} s in all",
        f"kills (-9): {sum(ledger.kills.values())}",
        *(f"  {count:5d}  {name}" for name, count in sorted(ledger.kills.items())),
        f"other faults: {sum(ledger.faults.values())}",
        *(f"  {count:5d}  {name}" for name, count in sorted(ledger.faults.items())),
        f"conversations: {len(stories)} ({', '.join(f'{n} {k}' for k, n in sorted(kinds.items()))}),"
        f" {sum(story.finished for story in stories)} came to their end",
        f"messages accepted: {sum(message.accepted for message in said)},"
        f" repeated by their clients: {sum(message.attempts > 1 for message in said)}",
        f"slowest answer: {max((story.slowest_answer for story in stories), default=0):.0f} s",
        f"reports sent: {len(submitted)}; cases: {len(tables['cases'])};"
        f" handed over late: {len(tables['handovers'])}",
        f"alerts: {len(alerts)}, acknowledged: {sum(a['acknowledged_at'] is not None for a in alerts)},"
        f" left to escalate: {sum(a['acknowledged_at'] is None for a in alerts)}",
        f"texts taken by Twilio: {len(ledger.texts)}; rows: {len(tables['outgoing_texts'])}",
        f"audit entries: {len(tables['audit_entries'])}",
        *outcome.notes,
        f"FINDINGS: {len(outcome.findings)}",
        *(f"  {finding}" for finding in outcome.findings),
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults come")
    parser.add_argument("--seed", type=int, help="which faults come when; a new one by default")
    wanted = parser.parse_args()
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(100_000)
    plan = Plan(wanted.minutes * 60, seed)
    directory = Path(tempfile.mkdtemp(prefix="llais-chaos-"))
    started = time.monotonic()

    def say(words: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {words}", flush=True)

    say(f"seed {seed}; everything is kept in {directory}")
    outcome = asyncio.run(Campaign(plan, directory, say).run())
    print(summary(outcome, plan, time.monotonic() - started), flush=True)
    return 1 if outcome.findings else 0


if __name__ == "__main__":
    sys.exit(main())
