"""The command that brings a database up to date before new code starts: it needs no key, and says what is wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest

from api.migrations.product_role import make_role

ROLE, PASSWORD = "llais_product_of_apply", "password-of-apply"


@pytest.fixture
def owner_url(database_server: str) -> Iterator[str]:
    name = f"apply_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield urlsplit(database_server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def apply(directory: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run it with these settings and no others."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LLAIS_")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "api.migrations.apply"],
        cwd=directory,
        env={**clean, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_migrates_and_gives_the_products_role_its_rights(owner_url: str, tmp_path: Path) -> None:
    make_role(owner_url, ROLE, PASSWORD)
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    product_url = parts._replace(netloc=f"{ROLE}:{quote(PASSWORD)}@{host}").geturl()
    settings = {"LLAIS_DATABASE_OWNER_URL": owner_url, "LLAIS_DATABASE_URL": product_url}
    for _ in range(2):
        done = apply(tmp_path, **settings)
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n"), done.stderr
    with psycopg.connect(product_url) as connection:
        assert connection.execute("select count(*) from cases").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from audit_entries")


def test_it_refuses_a_product_that_would_own_the_tables(owner_url: str, tmp_path: Path) -> None:
    done = apply(tmp_path, LLAIS_DATABASE_OWNER_URL=owner_url, LLAIS_DATABASE_URL=owner_url)
    assert done.returncode == 1
    assert "must name a role that owns nothing" in done.stderr


def test_it_says_in_a_line_what_is_wrong_and_no_password(tmp_path: Path) -> None:
    away = apply(tmp_path, LLAIS_DATABASE_URL="postgresql://llais:pass-canary@127.0.0.1:9/llais")
    assert (away.returncode, away.stderr) == (1, "The database does not answer.\n")
    nothing = apply(tmp_path)
    assert nothing.returncode == 1
    assert "must be set" in nothing.stderr
