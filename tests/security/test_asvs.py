"""The table of the standard is whole, counts what it says, and calls nothing met that no test holds."""

from collections import Counter
from typing import Final

import pytest

from tests.security.documents import ROOT, exists, named_files, named_tests, rows_of

TABLE: Final = ROOT / "docs" / "asvs.md"
STANDARD: Final = ROOT / "tests" / "security" / "asvs_5_0_0.txt"
STATUSES: Final = ("met", "partly", "not met", "not applicable")
ROWS: Final = [row for row in rows_of(TABLE) if row[0].startswith("V")]


def levels() -> dict[str, str]:
    """The level of each requirement of the first two levels."""
    lines = [line.split() for line in STANDARD.read_text().splitlines() if line[0] != "#"]
    return {
        f"{section}.{number}": level
        for section, figures in lines
        for number, level in enumerate(figures, start=1)
        if level in "12"
    }


def test_every_requirement_of_both_levels_stands_in_the_table_once() -> None:
    named = [each for row in ROWS for each in row[0].split(", ")]
    assert sorted(named) == sorted(levels())
    assert len(named) == 253


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_status_has_what_it_needs(row: list[str]) -> None:
    assert len(row) == 5, row
    _, what, status, why, held_by = row
    assert what
    assert status in STATUSES
    tests = named_tests(held_by)
    if status == "met":
        assert tests
    elif status == "partly":
        assert tests or named_files(why)
        assert len(why) >= 8 or tests
    else:
        assert len(why) >= 7, "why not?"
    assert [named for named in tests if not exists(named)] == []
    assert [name for name in named_files(why) if not (ROOT / name).exists()] == []


def test_the_figures_at_the_top_are_counted() -> None:
    level_of = levels()
    counted = {
        level: Counter(
            row[2] for row in ROWS for each in row[0].split(", ") if level_of[each] in wanted
        )
        for level, wanted in (("1", "1"), ("2", "2"), ("both", "12"))
    }
    said = {row[0]: row[1:] for row in rows_of(TABLE) if row[0] in counted}
    assert said == {
        level: [*(str(found[status]) for status in STATUSES), str(found.total())]
        for level, found in counted.items()
    }
    assert TABLE.read_text().index("| level |") < TABLE.read_text().index("## V1")
