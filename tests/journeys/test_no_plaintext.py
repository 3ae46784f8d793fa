"""Of a name, a number and a story that were told to the whole product, nothing is readable in any file that it leaves.

Looked through are database files and write-ahead log, the queue, Rasa's tracker, every log, captured mail, whatever
else a process of the product has open, and what Prometheus is told: for the words as they are and as they would look
in other encodings.
"""

import base64
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest

from tests.journeys.product import ROOT, ApiOfficer, Product, TextVictim, WebVictim
from tests.journeys.product_processes import family, owners_database_url
from tests.journeys.test_english_by_text import report_in_english
from tests.serving import free_port

NAME: Final = "Gwenhwyfarŵ"
NUMBER: Final = "+447700900787"
PLACE: Final = "Ffigysbrenllys"
OFFICERS_WORDS: Final = "Cysgodfryn"
EMAIL: Final = "pendefigfardd@example.org"
CANARIES: Final = (NAME, NUMBER, "7700900787", "07700 900787", PLACE, OFFICERS_WORDS, EMAIL)
# Anything shorter is found by chance in what is encrypted.
SHORTEST_FORM: Final = 8
METRICS_TOKEN: Final = "the-token-of-prometheus-alone"
PATIENCE_SECONDS: Final = 60


def forms_of(canary: str) -> set[bytes]:
    """How the words would look as they are, or encoded; in small letters."""
    plain = canary.encode()
    forms = {
        plain,
        *(canary.encode(encoding, "ignore") for encoding in ("utf-16-le", "utf-16-be", "latin-1")),
        plain.hex().encode(),
        quote(canary, safe="").encode(),
        canary.encode("unicode_escape"),
        *(_inside_base64(plain, before) for before in range(3)),
    }
    return {form.lower() for form in forms if len(form) >= SHORTEST_FORM}


def _inside_base64(plain: bytes, before: int) -> bytes:
    """What base64 makes of the words after some other bytes: the letters that depend on these words alone."""
    encoded = base64.b64encode(b"x" * before + plain)
    return encoded[-(-before * 4 // 3) : len(before * b"x" + plain) // 3 * 4]


def files_of(product: Product) -> list[Path]:
    """What the product keeps, and what its processes have open elsewhere."""
    kept = {path for path in product.directory.rglob("*") if path.is_file()}
    for process in family(product):
        try:
            kept |= {Path(opened.path) for opened in process.open_files()}
        except psutil.Error:
            continue
    return sorted(path for path in kept if ROOT not in path.parents)


@contextmanager
def second_staff_door(product: Product, **settings: str) -> Iterator[str]:
    """One more staff door of the running product, with settings that its own does not have; its address."""
    [door] = [one for one in family(product) if one.cmdline()[-2:] == ["api.serve", "staff"]]
    port = free_port()
    environment = {**door.environ(), **settings, "LLAIS_STAFF_PORT": str(port)}
    with subprocess.Popen(door.cmdline(), cwd=ROOT, env=environment) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _await_answer(f"{address}/health")
            yield address
        finally:
            process.terminate()


def _await_answer(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(address).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise AssertionError(f"nobody answers at {address}")


def readable_in(files: Iterable[Path]) -> list[str]:
    """Where a canary stands, and what stands around it."""
    forms = {form for canary in CANARIES for form in forms_of(canary)}
    found = []
    for path in files:
        try:
            content = path.read_bytes().lower()
        except OSError:
            # A part of the write-ahead log that was taken away meanwhile.
            continue
        for form in forms:
            place = content.find(form)
            if place >= 0:
                found.append(f"{path.name}: {content[max(0, place - 60) : place + 60]!r}")
    return found


def write_everything_down(product: Product) -> None:
    with psycopg.connect(owners_database_url(product), autocommit=True) as connection:
        connection.execute("checkpoint")


@pytest.fixture(scope="module")
def told(product: Product) -> Product:
    """The canaries told by web, by text and by an officer, sent, answered, searched for, and refused."""
    texting = TextVictim(product, number=NUMBER)
    reference = report_in_english(texting)
    texting.send(f"my name is {NAME}, I was at {PLACE}, write to {EMAIL}")
    chatting = WebVictim(product, "cy")
    chatting.say(f"Gwaeddodd dyn enwau hiliol arna i yn {PLACE} ddoe, {NAME} ydw i")
    chatting.say(f"fy rhif yw {NUMBER} a fy e-bost yw {EMAIL}")
    chatting.send(f"Mae dyn gyda chyllell tu allan i fy nrws nawr yn {PLACE}")
    chatting.wait_for(lambda message: message["kind"] == "emergency")
    officer = ApiOfficer(product)
    officer.get(f"/v1/cases/{reference}")
    officer.get(f"/v1/cases?q={quote(NUMBER)}")
    written = officer.post(
        f"/v1/cases/{reference}/messages",
        {"text": f"We can meet at {OFFICERS_WORDS} tomorrow, {NAME}.", "language": "en"},
    )
    assert written.status_code == 201, written.text
    texting.wait_for(OFFICERS_WORDS)
    refused = (
        httpx.post(f"{product.public}/sms/inbound", data={"Body": PLACE, "From": NUMBER}),
        httpx.post(f"{product.public}/v1/chat/sessions", json={"language": PLACE}),
        httpx.get(f"{product.public}/{PLACE}?q={EMAIL}"),
        httpx.post(f"{product.staff}/v1/token", data={"username": EMAIL, "password": PLACE}),
    )
    assert all(400 <= answer.status_code < 500 for answer in refused)
    # The alerts' mail, and what waits to be written.
    time.sleep(3)
    write_everything_down(product)
    return product


def test_nothing_that_was_told_is_readable_in_any_file(told: Product) -> None:
    files = files_of(told)
    assert {"postgres.log", "rasa.log", "worker.log"} <= {path.name for path in files}
    assert any("pg_wal" in path.parts for path in files)
    assert any(path.suffix == ".eml" for path in files)
    assert readable_in(files) == []


def test_nothing_that_was_told_is_readable_in_any_column(told: Product) -> None:
    """As the owner reads them: text of every row of every table, the queue's and the tracker's too."""
    forms = {form for canary in CANARIES for form in forms_of(canary)}
    with psycopg.connect(owners_database_url(told)) as connection:
        tables = connection.execute(
            "select format('%I.%I', table_schema, table_name) from information_schema.tables"
            " where table_type = 'BASE TABLE'"
            " and table_schema not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        kept = {
            table: "\n".join(row for (row,) in connection.execute(f"select t::text from {table} t"))
            for (table,) in tables
        }
    assert kept["rasa.events"]
    assert kept["public.messages"]
    readable = [
        table
        for table, rows in kept.items()
        if any(form in rows.encode().lower() for form in forms)
    ]
    assert readable == []


def test_nothing_that_was_told_is_readable_in_the_metrics(told: Product, tmp_path: Path) -> None:
    with second_staff_door(told, LLAIS_METRICS_TOKEN=METRICS_TOKEN) as staff:
        answer = httpx.get(f"{staff}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.status_code == httpx.codes.OK
    # The report that was told is among what is counted.
    assert re.search(r"^llais_alert\w*_count\{[^}]*\} [1-9]", answer.text, re.MULTILINE), (
        answer.text
    )
    scraped = tmp_path / "metrics"
    scraped.write_bytes(answer.content)
    assert readable_in([scraped]) == []


def test_a_statement_that_fails_leaves_its_values_in_no_log(told: Product) -> None:
    """A value that cannot be cast, one that is there already, one that breaks a rule: each error would quote it."""
    with psycopg.connect(owners_database_url(told), autocommit=True) as connection:
        connection.execute("create temp table tried (value text unique check (value <> 'x'))")
        for statement in (
            "select cast(%s as integer)",
            "insert into tried values (%s), (%s)",
            f"select '{PLACE}' where 1 / 0 = 1 and %s = ''",
            "select decode(%s, 'hex')",
            f"do $$ begin raise warning '{PLACE}'; end $$",
        ):
            values = [PLACE] * statement.count("%s")
            try:
                connection.execute(statement, values or None)
            except psycopg.Error:
                continue
    logs = told.logs()
    assert "database system is ready" in logs
    assert PLACE not in logs


def test_the_looking_finds_what_is_there(tmp_path: Path) -> None:
    """A canary left in a file on purpose, in each of its forms and anywhere in what base64 encodes, is found."""
    left = tmp_path / "left-on-purpose"
    encoded = [base64.b64encode(b"a" * before + PLACE.encode() + b"bcd") for before in range(6)]
    for form in [*forms_of(PLACE), *encoded, PLACE.upper().encode()]:
        left.write_bytes(b"\x00before " + form + b" after\xff")
        assert readable_in([left]), form
    left.write_bytes(b"nothing of that kind")
    assert readable_in([left]) == []
