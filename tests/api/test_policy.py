"""Policy is dated data: whole, versioned, and the newest in force."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import policy as policies
from api.policy import POLICY_DIR, Policy, policy, policy_version

VERSIONS = sorted(path.stem for path in POLICY_DIR.glob("*.yml"))


@pytest.mark.parametrize("version", VERSIONS)
def test_every_policy_is_whole(version: str) -> None:
    rules = policy(version)
    assert rules.version == date.fromisoformat(version).isoformat()
    assert 0 < rules.risk.grades["medium"] < rules.risk.grades["high"]
    assert {"first_contact", "support_referral", "acknowledge_alert"} <= set(rules.deadlines)
    codes = [item.code for item in rules.action_plan]
    assert len(codes) == len(set(codes))
    for due in (*rules.action_plan, *rules.deadlines.values()):
        assert (due.hours is None) is not (due.working_days is None), due
        if due.hours is not None:
            assert due.hours["high"] <= due.hours["medium"] <= due.hours["standard"]


@pytest.mark.parametrize("version", VERSIONS)
def test_no_answer_takes_points_away(version: str) -> None:
    risk = policy(version).risk
    assert all(item.points >= 0 for item in (*risk.questions.values(), *risk.flags.values()))


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2026-12-31", "2026-11-01"),
        ("2027-01-01", "2027-01-01"),
        ("2027-03-02", "2027-01-01"),
        ("2020-01-01", "2026-11-01"),
    ],
    ids=["before-the-change", "on-the-day", "after", "before-any"],
)
def test_the_newest_that_has_begun_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str, version: str
) -> None:
    monkeypatch.setattr(policies, "POLICY_DIR", tmp_path)
    for name in ("2026-11-01", "2027-01-01"):
        (tmp_path / f"{name}.yml").touch()
    assert policy_version(date.fromisoformat(day)) == version


def test_a_version_that_never_was_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        policy("1999-01-01")


def test_a_policy_with_a_word_too_many_is_refused() -> None:
    content = policy(VERSIONS[0]).model_dump()
    with pytest.raises(ValidationError):
        Policy.model_validate({**content, "regime": "opt_out"})


def test_a_policy_from_before_drafts_were_named_keeps_them_for_a_day() -> None:
    content = policy(VERSIONS[0]).model_dump()
    del content["drafts"]
    drafts = Policy.model_validate(content).drafts
    assert (drafts.web_hours, drafts.sms_hours, drafts.pause_minutes) == (24, 24, 30)


def test_a_policy_from_before_escalation_means_one_mail_at_once() -> None:
    content = policy(VERSIONS[0]).model_dump()
    del content["escalation"], content["canary"]
    rules = Policy.model_validate(content)
    for grade in ("high", "medium", "standard"):
        [step] = rules.escalation.steps[grade]
        assert (step.minutes, step.means, step.whom) == (0, ("email",), "first")


def test_an_escalation_goes_by_mail_at_once_and_to_the_control_room_before_the_deadline() -> None:
    rules = policy("2026-11-22")
    hours = rules.deadlines["acknowledge_alert"].hours
    assert hours is not None
    ends = []
    for grade in ("high", "medium", "standard"):
        steps = rules.escalation.steps[grade]
        minutes = [step.minutes for step in steps]
        assert minutes == sorted(minutes)
        assert ("email", "first") in {
            (step.means[0], step.whom) for step in steps if step.minutes == 0
        }
        whom = [step.whom for step in steps if step.whom != "system"]
        assert list(dict.fromkeys(whom)) == ["first", "next", "supervisor", "control_room"]
        assert minutes[-1] < hours[grade] * 60
        assert rules.escalation.repeat_minutes[grade] > 0
        ends.append(minutes[-1])
    assert ends == sorted(ends)
    assert rules.canary.late_after_minutes < rules.canary.every_minutes
