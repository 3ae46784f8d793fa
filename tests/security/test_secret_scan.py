"""A secret that somebody commits is found; what only looks like one is written down with a reason."""

import subprocess
from pathlib import Path

import pytest

from api.launch.check import PARTS
from api.launch.supply_chain.locked import ROOT
from api.launch.supply_chain.secret_scan import (
    Allowed,
    ScanFailed,
    load_allowed,
    scan,
    without_reason,
)

# In two halves, so that this file is no finding itself.
PLANTED = "AKIA" + "IOSFODNN7EXAMPL3"
TYPED = "Xk29-" + "vbQz7!pLm"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def commit(repository: Path, name: str, text: str) -> None:
    (repository / name).write_text(text)
    subprocess.run(["git", "add", name], cwd=repository, check=True)


def test_a_planted_secret_is_found(repository: Path) -> None:
    commit(repository, "settings.py", f'KEY = "{PLANTED}"\nSMTP_PASSWORD = "{TYPED}"\n')
    found = scan(repository)
    assert {(each.file, each.line) for each in found} == {("settings.py", 1), ("settings.py", 2)}
    assert without_reason(found, load_allowed()) == found
    # Neither the secret nor a part of it is told on.
    assert not any(TYPED in str(each) or PLANTED in str(each) for each in found)


def test_it_is_allowed_in_one_file_and_for_one_value_only(repository: Path) -> None:
    commit(repository, "a.py", f'PASSWORD = "{TYPED}"\n')
    [found] = scan(repository)
    assert without_reason([found], [Allowed("a.py", found.sha1, "made up")]) == []
    assert without_reason([found], [Allowed("b.py", found.sha1, "made up")]) == [found]
    commit(repository, "a.py", f'PASSWORD = "{TYPED}2"\n')
    assert without_reason(scan(repository), [Allowed("a.py", found.sha1, "made up")])


def test_a_made_up_secret_that_says_so_needs_no_reason(repository: Path) -> None:
    commit(repository, "a.py", 'PASSWORD = "a-password-of-the-tests-0001"\n')
    assert scan(repository) == []


def test_a_scan_that_fails_is_no_clean_one(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    (gone / ".git").write_text("gitdir: nowhere\n")
    with pytest.raises(ScanFailed):
        scan(gone)


def test_every_exception_has_a_file_and_a_reason() -> None:
    allowed = load_allowed()
    assert allowed
    for each in allowed:
        assert (ROOT / each.file).is_file(), each
        assert len(each.why) >= 8, each
        assert len(each.sha1) == 40, each


def test_the_scan_is_a_part_of_lint() -> None:
    [lint] = [part for part in PARTS if part.name == "lint"]
    assert any("api.launch.supply_chain.secret_scan" in command for command in lint.commands)
