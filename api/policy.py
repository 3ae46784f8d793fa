"""Policy of the force as dated data files: what counts as risk, what must be done and by when, how consent works."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

POLICY_DIR = Path(__file__).parent.parent / "data" / "policy"
GradeName = Literal["standard", "medium", "high"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Asked = Mapping[Literal["victim", "under_18", "witness", "on_behalf"], tuple[str, ...]]


class RiskItem(Frozen):
    """What a flag, or the answer "yes", counts for."""

    points: int = 0
    red_flag: bool = False


class RiskQuestion(RiskItem):
    """`levels` are the points of further answers; `after` are answers without which it makes no sense."""

    levels: Mapping[str, int] = {}
    after: Mapping[str, frozenset[str]] = {}


class Combination(RiskItem):
    """Counts when each of these questions has one of these answers."""

    answers: Mapping[str, frozenset[str]]


class Risk(Frozen):
    """`asked` is for the assistant: which questions, in which order, by channel and route."""

    questions: Mapping[str, RiskQuestion]
    combinations: Mapping[str, Combination] = {}
    asked: Mapping[Literal["web", "sms"], Asked] = {}
    flags: Mapping[str, RiskItem]
    grades: Mapping[Literal["medium", "high"], int]


class ConsentPolicy(Frozen):
    wording_version: str
    regime: Literal["opt_out", "opt_in"]
    opt_in_routes: frozenset[str]
    opt_in_flags: frozenset[str]
    opt_in_answers: frozenset[str] = frozenset()
    opt_in_anonymous: bool


class DueTime(Frozen):
    """Either clock hours by grade or working days."""

    hours: Mapping[GradeName, float] | None = None
    working_days: int | None = None


class PlanItem(DueTime):
    """Where it names flags, it belongs to the plan only when one of them was raised."""

    code: str
    flags: frozenset[str] = frozenset()


class DraftPolicy(Frozen):
    """How long what was not sent is kept by channel, and after which pause a person is asked how to go on."""

    web_hours: int = Field(default=24, ge=1)
    sms_hours: int = Field(default=24, ge=1)
    pause_minutes: int = Field(default=30, ge=1)


class StaffAccess(Frozen):
    """How long what staff hold stays open: sessions, API tokens, links by mail, emergency openings."""

    idle_minutes: int = Field(default=30, ge=1)
    longest_hours: int = Field(default=12, ge=1)
    api_token_minutes: int = Field(default=60, ge=1)
    invitation_hours: int = Field(default=72, ge=1)
    reset_hours: int = Field(default=2, ge=1)
    emergency_hours: int = Field(default=8, ge=1)


class Policy(Frozen):
    version: str
    risk: Risk
    consent: ConsentPolicy
    action_plan: tuple[PlanItem, ...]
    deadlines: Mapping[str, DueTime]
    # Policies from before drafts were named in them keep what was a constant then.
    drafts: DraftPolicy = DraftPolicy()
    staff_access: StaffAccess = StaffAccess()


@cache
def policy(version: str) -> Policy:
    """The policy of one version. Raises FileNotFoundError for a version that never was."""
    content = yaml.safe_load((POLICY_DIR / f"{version}.yml").read_text())
    return Policy(version=version, **content)


def policy_version(on: date | None = None) -> str:
    """The version in force on a day (today): the latest whose date is not after it."""
    day = (on or date.today()).isoformat()
    versions = sorted(path.stem for path in POLICY_DIR.glob("*.yml"))
    in_force = [version for version in versions if version <= day]
    # Before the first policy took effect there is nothing better than the first.
    return in_force[-1] if in_force else versions[0]
