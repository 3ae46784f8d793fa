"""What was reported: one case for each report, with every answer under its own question."""

import json
from typing import Final

from tests.chaos.evidence import Evidence, Findings
from tests.chaos.ledger import ANYWHERE, Story
from tests.chaos.stored import Row, Stored, markers_in

ANSWERED_IN_WORDS: Final = frozenset({"why", "who", "contact_name", "safe_contact", "referral"})


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
