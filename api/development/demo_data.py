"""Fills a development copy with made-up cases: `python -m api.development.demo_data`, or `make demo-data`.

The cases go through the same services as real ones, and are then moved back in time. Loading them again changes
nothing. It refuses to run anywhere but in development.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.alerts.service import raise_urgent_alert
from api.cases.models import Case
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.config import Settings
from api.conversations.models import Channel, Conversation, Message, Sender, Turn, TurnState
from api.conversations.say import say
from api.database import new_id, utc_now
from api.development.demo_steps import acknowledge, close, decide, move_back, work
from api.officers.add import OfficerExists, add_officer
from api.officers.models import Officer, Role
from api.policy import policy, policy_version
from api.runtime import Runtime, open_runtime
from api.words import Words

CASES_DIR: Final = Path(__file__).parent / "demo_cases"
WORDS_FILE: Final = Path(__file__).parent / "demo_words.yml"
# They sign nobody in: their passwords are generated and told to nobody.
OFFICERS: Final = {
    "elin.prys": ("Elin Prys", Role.OFFICER, "cy"),
    "gareth.wynn": ("Gareth Wynn", Role.SUPERVISOR, "en"),
}
# How many of the four steps a case has behind it, by its place here; closed has the decision and the closing.
STAGES: Final = ("new", "acknowledged", "open", "decided", "closed")
# Days.
SOON: Final = 0.004
HALF_A_DAY: Final = 0.5


class DevelopmentOnly(Exception):
    """Made-up cases must never stand among real ones."""


def demo_cases() -> dict[str, dict[str, Any]]:
    """Every made-up case by its name, which makes loading it twice harmless."""
    return {
        f"demo:{path.stem}:{number}": entry
        for path in sorted(CASES_DIR.glob("*.yml"))
        for number, entry in enumerate(yaml.safe_load(path.read_text()), start=1)
    }


async def load_demo_data(runtime: Runtime) -> int:
    """Load what is not there yet; returns how many cases were new. Raises DevelopmentOnly."""
    if not runtime.settings.development:
        raise DevelopmentOnly("made-up cases are for development only")
    officers = await _officers(runtime)
    words = Words.load(WORDS_FILE)
    made = 0
    for number, (name, entry) in enumerate(demo_cases().items()):
        async with runtime.database.session() as session:
            if await session.scalar(select(Case.id).where(Case.idempotency_key == name)):
                continue
            await _make(session, runtime, words, officers[number % len(officers)], name, entry)
            await session.commit()
            made += 1
    return made


async def _officers(runtime: Runtime) -> list[Officer]:
    for username, (name, role, language) in OFFICERS.items():
        try:
            await add_officer(
                runtime.database,
                username=username,
                name=name,
                email=f"{username}@localhost",
                role=role,
                language=language,
            )
        except OfficerExists:
            continue
    async with runtime.database.session() as session:
        found = await session.scalars(
            select(Officer).where(Officer.username.in_(OFFICERS)).order_by(Officer.username)
        )
        return list(found)


async def _make(
    session: AsyncSession,
    runtime: Runtime,
    words: Words,
    officer: Officer,
    name: str,
    entry: Mapping[str, Any],
) -> None:
    conversation = await _conversation(session, runtime, name, entry)
    if entry["stage"] == "urgent":
        case, _ = await raise_urgent_alert(session, runtime, conversation)
        # What marks it as loaded; no report will ever come of a made-up conversation.
        case.idempotency_key = name
        await session.flush()
        await move_back(session, case, entry["days"])
        return
    await submit_report(session, runtime, _submission(entry, conversation), name)
    case = (await session.scalars(select(Case).where(Case.idempotency_key == name))).one()
    await say(
        session,
        runtime,
        conversation,
        words.say("demo_sent", entry["language"], reference=case.reference),
    )
    await session.flush()
    left = float(entry["days"])
    steps = ((acknowledge, SOON), (work, HALF_A_DAY), (decide, left / 2), (close, left / 4))
    for step, wait in steps[: STAGES.index(entry["stage"])]:
        if left > wait:
            # Time passes before each step; what is left has passed since the last.
            await move_back(session, case, wait)
            left -= wait
        await step(session, runtime, officer, case, entry)
    await move_back(session, case, left)


async def _conversation(
    session: AsyncSession, runtime: Runtime, name: str, entry: Mapping[str, Any]
) -> Conversation:
    """The conversation in which it was told, answered already so that the assistant leaves it alone."""
    channel = Channel(entry.get("channel", "web"))
    keyring = runtime.database.keyring
    # Numbers that Ofcom keeps free for made-up people; one each, by the order of the cases.
    phone = f"+447700901{list(demo_cases()).index(name):03d}" if channel == Channel.SMS else None
    conversation = Conversation(
        id=new_id(),
        channel=channel,
        language=entry["language"],
        phone=phone,
        phone_hash=keyring.look_up_hash("phone", phone) if phone else None,
    )
    turn = Turn(
        id=new_id(),
        conversation_id=conversation.id,
        state=TurnState.ANSWERED,
        answered_at=utc_now(),
    )
    session.add(conversation)
    await session.flush()
    session.add(turn)
    await session.flush()
    for said in entry.get("said") or [entry["text"]]:
        session.add(
            Message(
                conversation_id=conversation.id,
                sender=Sender.VICTIM,
                audience="victim",
                text=said,
                language=entry["language"],
                turn_id=turn.id,
            )
        )
        await session.flush()
    return conversation


def _submission(entry: Mapping[str, Any], conversation: Conversation) -> ReportSubmission:
    told = {
        "why": "why_text",
        "types": "incident_types",
        "when": "when_text",
        "where": "where_text",
    }
    report = {"text": entry["text"], "text_language": entry["language"]}
    for name in ("why", "strands", "types", "when", "where", "place", "online"):
        if name in entry:
            report[told.get(name, name)] = entry[name]
    wording = policy(policy_version()).consent.wording_version
    return ReportSubmission.model_validate(
        {
            "conversation_id": conversation.id,
            "language": entry["language"],
            "channel": conversation.channel.value,
            "route": entry.get("route", "victim"),
            "report": report,
            "reporter": {**entry.get("reporter", {}), "under_18": entry.get("young")},
            "risk_answers": entry.get("risk", {}),
            "flags": entry.get("flags", []),
            "referral": {
                "decision": entry["referral"],
                "wording_version": wording,
                "language": entry["language"],
            },
            "contact": entry["contact"],
        }
    )


async def _load_from_command_line() -> int:
    settings = Settings()
    if not settings.development:
        sys.stderr.write("Made-up cases are for development only.\n")
        return 1
    async with open_runtime(settings) as runtime:
        made = await load_demo_data(runtime)
    sys.stdout.write(f"{made} made-up cases are new; {len(demo_cases())} are there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_load_from_command_line()))
