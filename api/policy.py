"""Policy of the force as dated data files: what counts as risk, what must be done and by when, how consent works."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from api.policy_casework import Casework
from api.policy_model import Frozen

POLICY_DIR = Path(__file__).parent.parent / "data" / "policy"
GradeName = Literal["standard", "medium", "high"]


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
    """Where it names flags, routes or grades, it belongs to the plan only where one of them holds."""

    code: str
    flags: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    grades: frozenset[GradeName] = frozenset()
    mandatory: bool = True


class DraftPolicy(Frozen):
    """How long what was not sent is kept by channel, and after which pause a person is asked how to go on."""

    web_hours: int = Field(default=24, ge=1)
    sms_hours: int = Field(default=24, ge=1)
    pause_minutes: int = Field(default=30, ge=1)


class TextsPolicy(Frozen):
    """What texts may cost, how many may leave, and how long they are tried; `casework.contact` says at which hours.

    To `network_stop_words` Twilio itself replies, and after them lets nothing of ours through.
    """

    pence_per_segment: Decimal = Decimal("4.0")
    pounds_per_day: Decimal = Decimal(50)
    same_text_per_hour: int = Field(default=15, ge=1, le=19)
    texts_per_hour: int = Field(default=60, ge=1)
    tell_officer_after_minutes: int = Field(default=30, ge=1)
    give_up_after_hours: int = Field(default=48, ge=1)
    officer_reply_hours: int = Field(default=72, ge=1)
    network_stop_words: frozenset[str] = frozenset({"stop"})


Bilingual = Mapping[Literal["cy", "en"], str]
NOT_SAID_YET: Bilingual = {"cy": "–", "en": "–"}


class Publisher(Frozen):
    """What only the force can say in the notices of the public pages."""

    force: Bilingual = NOT_SAID_YET
    legal_basis: Bilingual = NOT_SAID_YET
    retention: Bilingual = NOT_SAID_YET
    privacy_contact: Bilingual = NOT_SAID_YET
    accessibility_contact: Bilingual = NOT_SAID_YET
    prepared_on: date | None = None


class Allowance(Frozen):
    """How many calls go through at once, how many a minute after that, and how long one waits for its turn."""

    burst: int = Field(ge=1)
    per_minute: float = Field(gt=0)
    longest_wait_seconds: float = Field(ge=0, le=10)

    @property
    def spacing_seconds(self) -> float:
        """How far apart the turns of those who wait are."""
        return 60 / self.per_minute

    @property
    def places(self) -> int:
        """How many may wait at once, so that the last of them has their turn within the longest wait."""
        return max(1, int(self.longest_wait_seconds * self.per_minute / 60))


class Pace(Frozen):
    """How fast the public door may be asked: `sessions` by address, `messages` by session.

    An address whose sessions send faster than `answers` is answered after all others. Whoever is turned away keeps
    their place for so long, and is asked to come back after so long.
    """

    sessions: Allowance = Allowance(burst=300, per_minute=600, longest_wait_seconds=4)
    messages: Allowance = Allowance(burst=60, per_minute=60, longest_wait_seconds=4)
    answers: Allowance = Allowance(burst=120, per_minute=240, longest_wait_seconds=10)
    retry_after_seconds: int = Field(default=3, ge=1)
    place_kept_seconds: int = Field(default=60, ge=5)


class EscalationStep(Frozen):
    """Minutes after an alert was raised: by which means, and who. `next` has not been asked for this alert yet."""

    minutes: float = Field(ge=0)
    means: tuple[Literal["email", "sms", "webhook"], ...] = Field(min_length=1)
    whom: Literal["first", "next", "supervisor", "everybody", "control_room", "system"]


class Escalation(Frozen):
    """What follows until an alert is acknowledged. The last step is repeated without end."""

    steps: Mapping[GradeName, tuple[EscalationStep, ...]]
    repeat_minutes: Mapping[GradeName, float]


class CanaryPolicy(Frozen):
    """How often a synthetic report sets off, and after how long without its alert it is late."""

    every_minutes: float = Field(gt=0)
    late_after_minutes: float = Field(gt=0)


# Before escalation was named in them, policies meant one e-mail to whoever is on duty.
_ONE_MAIL: tuple[EscalationStep, ...] = (EscalationStep(minutes=0, means=("email",), whom="first"),)
_BEFORE_ESCALATION = Escalation(
    steps={"high": _ONE_MAIL, "medium": _ONE_MAIL, "standard": _ONE_MAIL},
    repeat_minutes={"high": 15, "medium": 60, "standard": 240},
)


class WorkspacePolicy(Frozen):
    """The clocks that officers' own work starts, and what an override of a choice may rest on."""

    victims_code: frozenset[str] = frozenset({"support_referral", "victim_update"})
    reassess_after_information: DueTime = DueTime(hours={"high": 4, "medium": 24, "standard": 24})
    reassess: DueTime = DueTime(hours={"high": 168, "medium": 336, "standard": 672})
    review_again: DueTime = DueTime(hours={"high": 168, "medium": 336, "standard": 672})
    review_after_answer: DueTime = DueTime(hours={"high": 24, "medium": 24, "standard": 48})
    partner_answer: DueTime = DueTime(working_days=5)
    referral_overrides: tuple[str, ...] = ("child_at_risk", "adult_at_risk", "life_at_risk")


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
    texts: TextsPolicy = TextsPolicy()
    publisher: Publisher = Publisher()
    pace: Pace = Pace()
    # Policies from before cases were worked here say nothing of it.
    casework: Casework | None = None
    escalation: Escalation = _BEFORE_ESCALATION
    canary: CanaryPolicy = CanaryPolicy(every_minutes=10, late_after_minutes=5)
    # Likewise what the workspace added.
    workspace: WorkspacePolicy = WorkspacePolicy()
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


def casework(on: date | None = None) -> tuple[str, Casework]:
    """How cases are worked by the policy in force on a day (today), with its version."""
    version = policy_version(on)
    rules = policy(version).casework
    if rules is None:
        raise ValueError(f"the policy of {version} does not say how cases are worked")
    return version, rules
