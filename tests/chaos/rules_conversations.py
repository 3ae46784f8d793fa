"""What was said: kept once, answered, and nothing said to anybody twice."""

from collections import Counter
from typing import Any

from tests.chaos.evidence import Evidence, Findings
from tests.chaos.stored import Row, markers_in


def accepted_is_kept_once(evidence: Evidence) -> Findings:
    """Every message that a client was told is kept stands in the database once, word for word."""
    kept: dict[str, list[Row]] = {}
    for row in evidence.stored.tables["messages"]:
        if row["provider_id"]:
            kept.setdefault(row["provider_id"].rpartition(":")[2], []).append(row)
    marked = Counter(
        marker
        for row in evidence.stored.tables["messages"]
        if row["sender"] == "victim"
        for marker in markers_in(row["text"])
    )
    for story in evidence.ledger.stories:
        for said in story.said:
            rows = kept.get(said.id, [])
            if said.accepted and len(rows) != 1:
                yield f"LOST: {story.name} was told that {said.id} is kept; it stands {len(rows)} times"
            if len(rows) == 1 and rows[0]["text"] != said.text:
                yield f"ALTERED: {said.id} of {story.name}"
            if said.marker and said.accepted and marked[said.marker] != 1:
                yield f"DOUBLED: {said.marker} of {story.name} stands {marked[said.marker]} times"


def every_message_is_answered(evidence: Evidence) -> Findings:
    """No message waits, and whoever waited for an answer got one."""
    turns = evidence.stored.one("turns", "id")
    for row in evidence.stored.tables["messages"]:
        if row["sender"] == "victim":
            turn = turns.get(row["turn_id"])
            if turn is None or turn["state"] != "answered":
                yield f"UNANSWERED: message {row['id']} in {row['conversation_id']}"
    for story in evidence.ledger.stories:
        if not story.finished:
            yield f"UNFINISHED: {story.name} ({story.channel}, {story.language}) came to no end"


def no_reply_is_said_twice(evidence: Evidence) -> Findings:
    """To one message nothing is said twice; no row is shown twice, and the order in which it was shown stays."""
    by_answered: Counter[tuple[Any, str]] = Counter()
    for row in evidence.stored.tables["messages"]:
        if row["sender"] == "assistant" and row["reply_to"] is not None:
            by_answered[(row["reply_to"], row["text"])] += 1
    for (answered, _), count in by_answered.items():
        if count > 1:
            yield f"SAID TWICE: {count} times the same in answer to {answered}"
    for story in evidence.ledger.stories:
        ids = [heard.id for heard in story.heard]
        if len(set(ids)) != len(ids):
            yield f"SHOWN TWICE: {story.name}"
        if story.shown_at_the_end is None:
            continue
        own = evidence.conversations.get(story.name)
        rows = [
            row["provider_id"].rpartition(":")[2] if row["provider_id"] else str(row["id"])
            for row in evidence.stored.tables["messages"]
            if row["conversation_id"] == own and row["audience"] == "victim"
        ]
        if story.shown_at_the_end != rows:
            yield f"SHOWN OTHERWISE THAN STORED: {story.name}"
        if ids != rows[: len(ids)]:
            yield f"ORDER CHANGED, OR ONE WAS PASSED OVER: {story.name}"
