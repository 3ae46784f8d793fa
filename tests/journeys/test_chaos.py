"""The short form of `make chaos`: a few people report while every process is killed; nothing is lost or doubled."""

import asyncio
from pathlib import Path

from tests.chaos.campaign import Campaign, Plan
from tests.chaos.faults import MARKS, Rhythm

OFTEN = Rhythm(rasa=20, postgresql=15, lull_times=2)


def test_whatever_dies_nothing_that_was_accepted_is_lost_or_done_twice(tmp_path: Path) -> None:
    plan = Plan(seconds=50, seed=7, web=3, texts=2, rhythm=OFTEN)
    outcome = asyncio.run(Campaign(plan, tmp_path, print).run())
    assert outcome.findings == []
    assert sum(outcome.ledger.kills.values()) >= 10
    assert set(MARKS) <= set(outcome.ledger.kills), "each process was killed"
    assert any(story.reference for story in outcome.ledger.stories), "somebody got through"
