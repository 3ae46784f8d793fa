"""What left: alerts that reach somebody, texts sent once and in order, officers' words, and the audit log of it."""

import hashlib
import json
from collections import Counter
from datetime import UTC
from typing import Final

from tests.chaos.evidence import Evidence, Findings
from tests.chaos.stored import markers_in

LEFT: Final = frozenset({"accepted", "sent", "delivered"})
STARTED: Final = frozenset({"started", "done", "failed"})


def every_case_is_alerted(evidence: Evidence) -> Findings:
    """Each report raised one alert that reached somebody, and is acknowledged or goes on escalating."""
    by_case = evidence.stored.by("alerts", "case_id")
    steps = evidence.stored.by("alert_steps", "alert_id")
    sends = evidence.stored.by("alert_sends", "alert_id")
    for case in evidence.stored.tables["cases"]:
        alerts = by_case[case["id"]]
        of_report = [alert for alert in alerts if alert["reason"] == "report"]
        if case["submitted_at"] is not None and len(of_report) != 1:
            yield f"ALERTS: {case['reference']} has {len(of_report)} for its report"
        if not alerts:
            yield f"NO ALERT: {case['reference']}"
        for alert in alerts:
            states = Counter(step["state"] for step in steps[alert["id"]])
            if alert["acknowledged_at"] is not None:
                if states["planned"]:
                    yield f"ESCALATES AFTER ALL: alert {alert['id']}"
                continue
            if not states["planned"] or not any(states[state] for state in STARTED):
                yield f"SILENT ALERT: {alert['id']} of {case['reference']}: {dict(states)}"
            if not any(send["state"] == "accepted" for send in sends[alert["id"]]):
                yield f"ALERT REACHED NOBODY: {alert['id']} of {case['reference']}"
    stored = evidence.stored.one("alerts", "id")
    for alert_id in evidence.ledger.acknowledged:
        row = next((row for key, row in stored.items() if str(key) == alert_id), None)
        if row is None or row["acknowledged_at"] is None:
            yield f"LOST ACKNOWLEDGEMENT: {alert_id}"


def danger_shows_its_card(evidence: Evidence) -> Findings:
    """Whoever spoke of danger got the card once for it, and officers an urgent alert."""
    alerts = evidence.stored.by("alerts", "case_id")
    for story in evidence.ledger.stories:
        own = evidence.conversations.get(story.name)
        if not story.card_owed or not any(s.accepted for s in story.said if s.marker is None):
            continue
        cards = [
            row
            for row in evidence.stored.tables["messages"]
            if row["conversation_id"] == own and row["kind"] == "emergency"
        ]
        reasons = {
            alert["reason"] for case in evidence.cases_of(story) for alert in alerts[case["id"]]
        }
        if not cards or "urgent" not in reasons:
            yield f"NO CARD: {story.name}: {len(cards)} cards, alerts {sorted(reasons)}"


def every_text_left_once(evidence: Evidence) -> Findings:
    """Twilio took each text once, in the order in which they were said, and each of its ids is some row's."""
    rows = evidence.stored.tables["outgoing_texts"]
    owned = Counter(row["provider_sid"] for row in rows if row["provider_sid"])
    owned.update(
        row["provider_sid"] for row in evidence.stored.tables["alert_sends"] if row["provider_sid"]
    )
    taken = [text.sid for text in evidence.ledger.texts]
    for sid in taken:
        if owned[sid] != 1:
            yield f"TEXT SENT TWICE: Twilio took {sid}, which is {owned[sid]} rows' own"
    for sid in owned.keys() - set(taken):
        yield f"TEXT NEVER TAKEN: {sid} is unknown to Twilio"
    messages = evidence.stored.one("messages", "id")
    for row in rows:
        if row["state"] not in LEFT and row["held_for"] is None:
            yield f"TEXT STUCK: {row['id']} is {row['state']} ({row['failure']})"
    place = {sid: number for number, sid in enumerate(taken)}
    for number in {text.to for text in evidence.ledger.texts}:
        sids = {text.sid for text in evidence.ledger.texts if text.to == number}
        ordered = sorted(
            (row for row in rows if row["provider_sid"] in sids and not row["essential"]),
            key=lambda row: messages[row["message_id"]]["seq"],
        )
        places = [place[row["provider_sid"]] for row in ordered]
        if places != sorted(places):
            yield f"TEXTS OUT OF ORDER: to {number}"


def officers_words_arrive_once(evidence: Evidence) -> Findings:
    """What an officer was told is sent stands once; what had no answer once or not at all."""
    count = Counter(
        marker
        for row in evidence.stored.tables["messages"]
        if row["sender"] == "officer"
        for marker in markers_in(row["text"])
    )
    for word in evidence.ledger.officers_words:
        if count[word.marker] > 1 or (word.told and count[word.marker] != 1):
            yield f"OFFICER'S MESSAGE: {word.marker} stands {count[word.marker]} times"


def nothing_is_left_over(evidence: Evidence) -> Findings:
    """No hand-over waits, and no job is held by a worker that is dead."""
    for row in evidence.stored.tables["handovers"]:
        if row["done_at"] is None:
            yield f"HAND-OVER PENDING: {row['id']}"
    for job in evidence.stored.tables["procrastinate_jobs"]:
        # What failed for good is found by what it left undone; a job that a fault broke off is followed by another.
        if job["status"] in ("doing", "aborting") and job["queue_name"] != "upkeep":
            yield f"JOB {job['status'].upper()}: {job['task_name']} {job['id']}"


def the_audit_chain_is_whole(evidence: Evidence) -> Findings:
    """Reckoned here anew: each entry is sealed to the one before; each acknowledgement has exactly one."""
    previous, expected = bytes(32), 1
    for entry in sorted(evidence.stored.tables["audit_entries"], key=lambda row: row["number"]):
        content = json.dumps(
            [
                entry["number"],
                entry["at"].astimezone(UTC).isoformat(),
                str(entry["actor"]) if entry["actor"] else None,
                entry["action"],
                entry["subject"],
            ],
            separators=(",", ":"),
        )
        sealed = hashlib.sha256(previous + content.encode()).digest()
        if (
            entry["number"] != expected
            or bytes(entry["previous_hash"]) != previous
            or bytes(entry["hash"]) != sealed
        ):
            yield f"AUDIT CHAIN BROKEN at {entry['number']}"
            return
        previous, expected = sealed, expected + 1
    entries = Counter(
        entry["subject"]
        for entry in evidence.stored.tables["audit_entries"]
        if entry["action"] == "alert_acknowledged"
    )
    by_case = evidence.stored.by("alerts", "case_id")
    for case in evidence.stored.tables["cases"]:
        known = sum(alert["acknowledged_at"] is not None for alert in by_case[case["id"]])
        if entries[case["reference"]] != known:
            yield f"AUDIT: {case['reference']} has {known} acknowledged alerts, {entries[case['reference']]} entries"
