"""The documented scripts take a backup, archive what follows, and bring a moment back: cases, audit log, dead keys."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import select

from api.audit.service import record
from api.audit.verify import examine
from api.cases.models import Case, Report
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.config import Settings
from api.content_keys import destroy_keys
from api.launch import embedded_postgres
from api.migrations.migrate import migrate
from api.migrations.product_role import grant_to_product
from api.runtime import Runtime, open_runtime
from api.security import ContentDestroyed
from tests.api.staff_visitor import a_report
from tests.conftest import settings_for
from tests.external_postgres import ROLE, ExternalPostgres, external_postgres

SCRIPTS = Path(__file__).resolve().parents[2] / "deploy" / "backup"


@dataclass
class Backups:
    """A server that archives, and the scripts as an administrator runs them."""

    server: ExternalPostgres
    directory: Path
    settings: Settings

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        database = psycopg.conninfo.conninfo_to_dict(self.server.owner_url)
        environment = {
            "PATH": f"{embedded_postgres.binaries()}:{os.environ['PATH']}",
            "PGHOST": str(database["host"]),
            "PGPORT": str(database["port"]),
            "PGUSER": str(database["user"]),
            "PGDATABASE": str(database["dbname"]),
            "PGPASSWORD": self.server.files.password,
        }
        return subprocess.run(
            [str(SCRIPTS / script), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def do(self, script: str, *arguments: str) -> str:
        done = self.run(script, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def dump(self, path: Path) -> None:
        """As RUNBOOK.md says for a copy that is kept for longer."""
        options = ("--exclude-table-data=content_keys", "--file", str(path))
        command = [str(embedded_postgres.binaries() / "pg_dump"), *options, self.server.owner_url]
        subprocess.run(command, check=True)

    @asynccontextmanager
    async def product(self, server: ExternalPostgres | None = None) -> AsyncIterator[Runtime]:
        url = (server or self.server).product_url
        async with open_runtime(self.settings.model_copy(update={"database_url": url})) as runtime:
            yield runtime

    @contextmanager
    def restored(self, moment: str = "") -> Iterator[ExternalPostgres]:
        """A second server on what was restored, on the same port once the first one is gone."""
        data = self.directory.parent / f"restored{len(list(self.directory.parent.iterdir()))}"
        self.do("restore.sh", str(self.directory), str(data), *([moment] if moment else []))
        _give_to_server(data)
        server = replace(
            self.server, files=replace(self.server.files, data_dir=data), settings=(), process=None
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _give_to_server(directory: Path) -> None:
    """PostgreSQL's own user restores; here root does, and hands over."""
    if os.geteuid() == 0:
        for path in [directory, *directory.rglob("*")]:
            shutil.chown(path, embedded_postgres.UNPRIVILEGED)


@pytest.fixture
def backups(tmp_path: Path) -> Iterator[Backups]:
    directory = tmp_path / "backups"
    directory.mkdir()
    (tmp_path / "server").mkdir()
    command = f"archive_command={SCRIPTS / 'archive_wal.sh'} {directory} %p %f"
    with external_postgres(tmp_path / "server", "archive_mode=on", command) as server:
        migrate(server.owner_url)
        grant_to_product(server.owner_url, ROLE)
        yield Backups(server, directory, settings_for(server.product_url, tmp_path))


async def told(runtime: Runtime, words: str) -> UUID:
    """A case with these words, and a view of it in the audit log."""
    report = a_report(report={"text": words, "text_language": "en"})
    async with runtime.database.session() as session:
        submission = ReportSubmission.model_validate(report)
        await submit_report(session, runtime, submission, str(uuid4()))
        newest = select(Case.id, Case.reference).order_by(Case.created_at.desc()).limit(1)
        case_id, reference = (await session.execute(newest)).one()
        await record(session, None, "case_read", reference)
        await session.commit()
    return UUID(str(case_id))


async def accounts(runtime: Runtime, *without: UUID) -> set[str]:
    async with runtime.database.session() as session:
        texts = await session.scalars(select(Report.text).join(Case).where(Case.id.not_in(without)))
        return {str(text) for text in texts}


async def test_a_moment_comes_back_as_it_was_and_what_was_destroyed_since_is_destroyed_again(
    backups: Backups, tmp_path: Path
) -> None:
    dead_keys = tmp_path / "destroyed_keys"
    async with backups.product() as runtime:
        destroyed = await told(runtime, "told first")
        base = Path(backups.do("base_backup.sh", str(backups.directory)))
        await told(runtime, "told after the backup")
        moment = datetime.now(UTC).isoformat()
        await told(runtime, "told too late")
        async with runtime.database.session() as session:
            assert await destroy_keys(session, [destroyed]) == 1
            await session.commit()
        backups.do("destroyed_keys.sh", "save", str(dead_keys))
    assert (base / "backup_label").exists()
    assert str(destroyed) in dead_keys.read_text()
    # A clean stop archives the last of the log.
    backups.server.stop()

    with backups.restored(moment) as server:
        async with backups.product(server) as runtime:
            assert await accounts(runtime) == {"told first", "told after the backup"}
            async with runtime.database.session() as session:
                finding = await examine(session)
            assert finding.whole
            assert finding.entries >= 2
            # It came back with the moment, and goes again.
            assert backups.do("destroyed_keys.sh", "apply", str(dead_keys)) == "1"
            assert backups.do("destroyed_keys.sh", "apply", str(dead_keys)) == "0"
            assert await accounts(runtime, destroyed) == {"told after the backup"}
            with pytest.raises(ContentDestroyed):
                await accounts(runtime)

    with backups.restored() as server:
        async with backups.product(server) as runtime:
            assert await accounts(runtime, destroyed) == {"told after the backup", "told too late"}
            with pytest.raises(ContentDestroyed):
                await accounts(runtime)
            # It is no copy to look at but a server to go on with.
            await told(runtime, "told after the restore")


async def test_what_cannot_be_restored_is_refused_and_nothing_is_overwritten(
    backups: Backups, tmp_path: Path
) -> None:
    backups.do("base_backup.sh", str(backups.directory))
    early = backups.run(
        "restore.sh", str(backups.directory), str(tmp_path / "new"), "2020-01-01 00:00:00+00"
    )
    assert early.returncode == 1
    assert "no base backup from before" in early.stderr
    old = backups.server.files.data_dir
    taken = backups.run("restore.sh", str(backups.directory), str(old))
    assert taken.returncode == 1
    assert "is not empty" in taken.stderr
    assert not (old / "recovery.signal").exists()


def test_old_backups_go_and_the_newest_never_does(backups: Backups) -> None:
    first = Path(backups.do("base_backup.sh", str(backups.directory)))
    with psycopg.connect(backups.server.owner_url, autocommit=True) as connection:
        connection.execute("select pg_switch_wal()")
    wal = {path.name for path in (backups.directory / "wal").iterdir()}
    month_ago = datetime.now(UTC).timestamp() - 30 * 86400
    os.utime(first, (month_ago, month_ago))
    second = Path(backups.do("base_backup.sh", str(backups.directory), "14"))
    assert second.exists()
    assert not first.exists()
    left = {path.name for path in (backups.directory / "wal").iterdir()}
    assert wal - left, "the log of the old backup went with it"
    os.utime(second, (month_ago, month_ago))
    backups.server.stop()
    # A backup that fails deletes nothing.
    assert backups.run("base_backup.sh", str(backups.directory)).returncode != 0
    assert [path.name for path in (backups.directory / "base").iterdir()] == [second.name]


def test_a_file_is_archived_whole_once_and_never_changed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one")

    def archive() -> int:
        return subprocess.run(
            [str(SCRIPTS / "archive_wal.sh"), str(tmp_path / "b"), str(source), "0001"],
            check=False,
        ).returncode

    assert (archive(), archive()) == (0, 0)
    source.write_text("two")
    assert archive() != 0
    assert (tmp_path / "b/wal/0001").read_text() == "one"
    assert [path.name for path in (tmp_path / "b/wal").iterdir()] == ["0001"]


async def test_a_dump_without_the_keys_opens_nothing(backups: Backups, tmp_path: Path) -> None:
    """The one form in which a copy may be kept for longer than the backups (RUNBOOK, "Backups")."""
    async with backups.product() as runtime:
        await told(runtime, "told once")
    with psycopg.connect(backups.server.owner_url) as connection:
        row = connection.execute("select wrapped from content_keys").fetchone()
    assert row is not None
    dump = tmp_path / "dump.sql"
    backups.dump(dump)
    written = dump.read_text()
    assert "COPY public.cases" in written
    assert bytes(row[0]).hex() not in written
