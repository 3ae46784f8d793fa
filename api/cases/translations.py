"""Translations of an account, made by people. The account in its own language stays the record."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.service import record
from api.cases.casework_models import Translation
from api.cases.models import Case, Report
from api.database import utc_now
from api.officers.models import Officer
from api.problems import Conflict, UnusableContent


async def translations_of(session: AsyncSession, case: Case) -> Sequence[Translation]:
    """Every translation, oldest first."""
    found = await session.scalars(
        select(Translation).where(Translation.case_id == case.id).order_by(Translation.added_at)
    )
    return found.all()


async def add_translation(
    session: AsyncSession,
    officer: Officer,
    case: Case,
    text: str,
    translator: str,
    made_on: date,
) -> Translation:
    """Keep a translation of the account into the other language when the caller commits.

    Raises Conflict where there is no account yet, UnusableContent where text, translator or a day that has been is
    missing.
    """
    report = await session.get(Report, case.id)
    if report is None:
        raise Conflict("There is no account to translate.", type="no-account")
    if not text.strip() or not translator.strip():
        raise UnusableContent("A translation needs its text and its translator.", type="incomplete")
    if made_on > utc_now().date():
        raise UnusableContent("The day is still to come.", type="made-in-future")
    translation = Translation(
        case_id=case.id,
        language="en" if report.text_language == "cy" else "cy",
        text=text.strip(),
        translator=translator.strip(),
        made_on=made_on,
        source_sha256=report.text_sha256,
        added_by=officer.id,
    )
    session.add(translation)
    await record(session, officer.id, "translation_added", case.reference)
    return translation
