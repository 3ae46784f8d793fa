"""The threat model names real tests and real files, and every threat has a test or a reason."""

import re
from pathlib import Path

import pytest

from tests.security.documents import ROOT, exists, named_files, named_tests, rows_of

MODEL = ROOT / "docs" / "threat-model.md"
ACTORS = {"Abuser", "Attacker", "Insider", "Rasa", "Thief", "Supplier"}
THREATS = rows_of(MODEL)
# A reason is a sentence, not a word.
REASON = re.compile(r"\b(accepted|open): .{20,}")


@pytest.mark.parametrize("threat", THREATS, ids=lambda row: row[0])
def test_every_threat_is_held_by_a_test_or_says_why_not(threat: list[str]) -> None:
    assert len(threat) == 5, threat
    _, what, who, control, held_by = threat
    assert who in ACTORS
    assert len(what) > 10
    assert len(control) > 10
    assert named_tests(held_by) or REASON.search(held_by), held_by
    missing = [named for named in named_tests(held_by) if not exists(named)]
    assert missing == []


@pytest.mark.parametrize("threat", THREATS, ids=lambda row: row[0])
def test_every_file_that_is_named_is_there(threat: list[str]) -> None:
    missing = [name for cell in threat for name in named_files(cell) if not (ROOT / name).exists()]
    assert missing == []


def test_no_two_threats_share_an_id() -> None:
    ids = [threat[0] for threat in THREATS]
    assert len(ids) > 50
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Z]\d+", each) for each in ids)


def test_a_test_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    here = "tests/security/test_threat_model.py"
    assert exists(f"{here}::test_no_two_threats_share_an_id")
    assert not exists(f"{here}::test_nothing_ever_goes_wrong")
    assert not exists("tests/security/test_nowhere.py::test_a")
    # A test of a class is not one of the file, nor the other way about.
    scan = "tests/security/test_supply_chain.py"
    assert exists(f"{scan}::TestTheStatus::test_is_0_when_everything_was_asked_and_explained")
    assert not exists(f"{scan}::test_is_0_when_everything_was_asked_and_explained")
