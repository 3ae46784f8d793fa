"""The command that says whether the audit log is whole, also when its end was cut off."""

import os
import subprocess
import sys

import pytest

from api.audit.verify import End, examine
from api.runtime import Runtime
from tests.api.audit.test_service import tamper, write


async def ended(runtime: Runtime, noted: End | None = None) -> tuple[bool, End | None]:
    async with runtime.database.session() as session:
        finding = await examine(session, noted)
    return finding.whole, finding.end


def run(runtime: Runtime, *arguments: str) -> subprocess.CompletedProcess[str]:
    settings = runtime.settings
    return subprocess.run(
        [sys.executable, "-m", "api.audit.verify", *arguments],
        env={
            **os.environ,
            "LLAIS_DATABASE_URL": settings.database_url,
            "LLAIS_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
            "LLAIS_HASH_KEY": settings.hash_key.get_secret_value(),
        },
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_command_says_that_the_log_is_whole_and_where_it_is_not(runtime: Runtime) -> None:
    for number in range(3):
        await write(runtime, "case_read", f"LL-{number}")
    whole = run(runtime)
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.startswith("entries: 3\nwhole\nend: 3:")
    await tamper(runtime, "update audit_entries set subject = 'LL-9' where number = 2")
    broken = run(runtime)
    assert broken.returncode == 1
    assert "BROKEN at entry 2" in broken.stdout
    assert run(runtime, "--noted", "nonsense").returncode == 2


async def test_an_end_that_was_noted_shows_what_was_cut_off(runtime: Runtime) -> None:
    for number in range(3):
        await write(runtime, "case_read", f"LL-{number}")
    _, noted = await ended(runtime)
    assert noted is not None
    assert End.of(str(noted)) == noted
    await write(runtime, "case_read", "LL-3")
    assert (await ended(runtime, noted))[0]
    await tamper(runtime, "delete from audit_entries where number >= 3")
    # The chain alone does not know.
    assert (await ended(runtime))[0]
    assert not (await ended(runtime, noted))[0]


async def test_a_log_that_was_written_anew_is_not_the_one_that_was_noted(runtime: Runtime) -> None:
    await write(runtime, "case_read", "LL-1")
    _, noted = await ended(runtime)
    await tamper(runtime, "delete from audit_entries")
    await write(runtime, "case_read", "LL-2")
    assert not (await ended(runtime, noted))[0]


async def test_an_empty_log_has_no_end(runtime: Runtime) -> None:
    assert await ended(runtime) == (True, None)


@pytest.mark.parametrize("noted", ["", "1", "x:ff", "1:zz"])
def test_an_end_that_cannot_be_read_is_refused(noted: str) -> None:
    with pytest.raises(ValueError, match=r"noted|literal|hexadecimal"):
        End.of(noted)
