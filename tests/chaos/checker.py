"""Compares what the clients were told with what is stored. Each rule is a function; each finding one line."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

from tests.chaos.ledger import ANYWHERE, Ledger, Story
from tests.chaos.stored import Row, Stored, markers_in

Findings = Iterator[str]
LEFT: Final = frozenset({"accepted", "sent", "delivered"})
ANSWERED_IN_WORDS: Final = frozenset({"why", "who", "contact_name", "safe_contact", "referral"})
STARTED: Final = frozenset({"started", "done", "failed"})


@dataclass(frozen=True)
class Evidence:
    """Both sides, and which conversation in the database is whose."""

    ledger: Ledger
    stored: Stored
    conversations: dict[str, Any]
    quiet: bool = True

    def cases_of(self, story: Story) -> list[Row]:
        own = self.conversations.get(story.name)
        return [case for case in self.stored.tables["cases"] if case["conversation_id"] == own]


def examine(ledger: Ledger, stored: Stored) -> list[str]:
    """Every finding; an empty list where nothing was lost, doubled or taken for something else."""
    evidence = Evidence(ledger, stored, _conversations(ledger, stored))
    return [finding for rule in RULES for finding in rule(evidence)]


def _conversations(ledger: Ledger, stored: Stored) -> dict[str, Any]:
    """By the people's names, the conversation that holds what they said."""
    by_text = {
        row["text"]: row["conversation_id"]
        for row in stored.tables["messages"]
        if row["sender"] == "victim" and markers_in(row["text"])
    }
    found = {}
    for story in ledger.stories:
        for said in story.said:
            if said.marker is not None and said.text in by_text:
                found[story.name] = by_text[said.text]
                break
    return found


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


def one_case_for_each_report(evidence: Evidence) -> Findings:
    """Whoever was told a reference has that case; each report sent is one case, and no case is made of nothing."""
    for story in evidence.ledger.stories:
        cases = evidence.cases_of(story)
        sent = [case for case in cases if case["idempotency_key"] is not None]
        review = any(said.slot == "review" and said.accepted for said in story.said)
        if story.reference and story.reference not in {case["reference"] for case in sent}:
            yield f"LOST CASE: {story.name} was told {story.reference}"
        if story.finished and review and len(sent) != 1:
            yield f"CASES: {story.name} sent one report; there are {len(sent)}"
        if len(cases) > 1:
            yield f"CASES: {story.name} has {len(cases)} cases"
    reported = set(evidence.conversations.values())
    for case in evidence.stored.tables["cases"]:
        if case["conversation_id"] not in reported and not case["canary"]:
            yield f"CASE OF NOBODY: {case['reference']}"


def answers_are_in_their_fields(evidence: Evidence) -> Findings:
    """What was said to a question stands under that question, in the person's own case and in no other's."""
    reports = evidence.stored.one("reports", "case_id")
    whose = {
        said.marker: story.name
        for story in evidence.ledger.stories
        for said in story.said
        if said.marker is not None
    }
    for story in evidence.ledger.stories:
        sent = [case for case in evidence.cases_of(story) if case["idempotency_key"] is not None]
        if len(sent) != 1 or sent[0]["id"] not in reports:
            continue
        case = sent[0]
        fields = _fields(evidence.stored, case, reports[case["id"]])
        for said in story.said:
            if said.marker is None or said.slot == "addition":
                continue
            wanted = said.slot or ANYWHERE
            if story.words.get(wanted, said.marker) != said.marker:
                continue  # Said once more to the same question, which then took the newer answer.
            places = [name for name, text in fields.items() if said.marker in text]
            if wanted == ANYWHERE:
                # That it stands in the conversation is another rule; here it is an answer to nothing.
                for name in set(places) & ANSWERED_IN_WORDS:
                    yield f"WRONG QUESTION: {said.marker} of {story.name} was no answer to {name}"
            elif not places:
                yield f"LOST ANSWER: {said.marker} of {story.name} to {wanted} is not in the case"
            elif wanted not in places:
                yield f"WRONG QUESTION: {said.marker} of {story.name} to {wanted} is in {places}"
        for name, text in fields.items():
            for marker in markers_in(text):
                if whose.get(marker) != story.name:
                    yield f"WRONG PERSON: {marker} of {whose.get(marker)} is in {name} of {story.name}"
        yield from _choices(evidence.stored, case, story)


def _fields(stored: Stored, case: Row, report: Row) -> dict[str, str]:
    """The words of a case by the question that they answer."""

    def of(table: str, column: str) -> str:
        rows = stored.by(table, "case_id")[case["id"]]
        return "\n".join(str(row[column] or "") for row in rows)

    return {
        "account": report["text"] or "",
        "why": report["why_text"] or "",
        "when": report["when_text"] or "",
        "where": report["where_text"] or "",
        "evidence": report["evidence_text"] or "",
        "who": of("people_involved", "description"),
        "contact_name": of("people", "name"),
        "safe_contact": of("people", "safe_contact_text"),
        "referral": of("consents", "words"),
    }


def _choices(stored: Stored, case: Row, story: Story) -> Findings:
    """The codes that stand in a case for what was chosen."""
    assessment = min(
        (
            row
            for row in stored.by("risk_assessments", "case_id")[case["id"]]
            if row["source"] == "report"
        ),
        key=lambda row: row["assessed_at"],
    )
    risks = json.loads(assessment["answers"])
    found = {f"risk_{code}": answer for code, answer in risks.items()}
    people = stored.by("people", "case_id")[case["id"]]
    consents = sorted(
        stored.by("consents", "case_id")[case["id"]], key=lambda row: row["recorded_at"]
    )
    found["contact_method"] = people[0]["contact_method"]
    found["contact_hours"] = people[0]["contact_hours"]
    found["referral"] = consents[0]["decision"]
    for slot, code in story.answers.items():
        if found.get(slot) != code:
            yield f"WRONG ANSWER: {story.name} said {code} to {slot}; stored is {found.get(slot)}"


def additions_are_there_once(evidence: Evidence) -> Findings:
    """What was said after the report was sent stands with the case, once."""
    for story in evidence.ledger.stories:
        own = {case["id"] for case in evidence.cases_of(story)}
        for marker in story.additions:
            count = sum(
                marker in (row["text"] or "")
                for row in evidence.stored.tables["additions"]
                if row["case_id"] in own
            )
            if story.finished and count != 1:
                yield f"ADDITION: {marker} of {story.name} stands {count} times"


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


RULES: Final[tuple[Callable[[Evidence], Findings], ...]] = (
    accepted_is_kept_once,
    every_message_is_answered,
    no_reply_is_said_twice,
    one_case_for_each_report,
    answers_are_in_their_fields,
    additions_are_there_once,
    every_case_is_alerted,
    danger_shows_its_card,
    every_text_left_once,
    officers_words_arrive_once,
    nothing_is_left_over,
    the_audit_chain_is_whole,
)
