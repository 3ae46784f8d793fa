"""Two of every process on one database: nothing is sticky, nothing is only in memory, and either of two may die."""

import faulthandler
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.journeys.product import ApiOfficer
from tests.journeys.two_of_each import (
    SECRETS,
    RovingTextVictim,
    RovingWebVictim,
    TwoOfEach,
    running_two_of_each,
)

REFERENCE = re.compile(r"LL-[0-9A-Z]{4}-[0-9A-Z]{4}")
# What is said, what must come back, and which process dies while the answer is being made.
WELSH = [
    ("Gwaeddodd dyn enwau hiliol arna i ar y bws yn Llanelli neithiwr", "rhywbeth arall", ""),
    ("Dyna'r cyfan am y tro", "Pam, yn eich barn chi", "rasa-1"),
    ("achos lliw fy nghroen", "Gafodd rhywun ei frifo", ""),
    ("Naddo, dim brifo nac arf", "Wnaethon nhw fygwth", "actions-1"),
    ("naddo", "Ydy hyn wedi digwydd o'r blaen", "public-1"),
    ("do, sawl gwaith", "ble rydych chi'n byw", "worker-1"),
    ("sa i'n gwbod", "Ydy pethau'n gwaethygu", ""),
    ("Neidio dros y rhain", "Pwy wnaeth hyn", ""),
    ("Dydw i ddim yn gwybod pwy", "Oes rhywun arall a welodd hyn", ""),
    ("oes, gwelodd fy ffrind e", "Beth hoffech chi i ni eich galw chi", ""),
    ("Siân", "Sut hoffech chi i'r swyddog gysylltu", ""),
    ("Yma, yn y sgwrs hon", "Pa iaith hoffech chi ei defnyddio", ""),
    ("Cymraeg", "haws i chi siarad gyda ni", ""),
    ("Dim byd", "Eich dewis chi yw e", "staff-1"),
    ("Iawn, pasiwch fy manylion ymlaen", "Dyma beth fydda i'n ei anfon", ""),
    ("Anfon", "Eich cyfeirnod yw", ""),
]
ENGLISH = [
    ("a man spat at me outside the mosque in Haverfordwest yesterday", "anything else to say", ""),
    ("that is all", "Why do you think", "public-2"),
    ("they shouted about my headscarf", "Was anybody hurt", "rasa-2"),
    ("2", "Did they threaten", "worker-2"),
    ("no", "Has this happened before", ""),
    ("not sure", "know where you live", ""),
    ("skip", "somebody close who does this", "actions-2"),
    ("no", "Who did this", ""),
    ("never seen him before", "like us to call you", ""),
    ("Amina", "like the officer to contact you", ""),
    ("1", "may we say that it is the police", ""),
    ("yes", "It is your choice", "staff-2"),
    ("no thanks", "This is what I will send", ""),
    ("send", "Your reference is", ""),
]


@pytest.fixture(autouse=True)
def no_watchdog() -> None:
    """Ten processes on a busy machine take longer than pytest lets a test take; every wait here has an end."""
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOfEach]:
    # This fixture comes before that one, whose test's watch has begun.
    faulthandler.cancel_dump_traceback_later()
    with running_two_of_each(tmp_path_factory.mktemp("two_of_each")) as running:
        yield running


def reference_in(said: str) -> str:
    found = REFERENCE.search(said)
    assert found is not None
    return found[0]


def told(two: TwoOfEach, query: str, *values: str) -> list[tuple[object, ...]]:
    with psycopg.connect(two.database_url) as connection:
        return connection.execute(query, values).fetchall()


def mails_about(two: TwoOfEach, reference: str) -> int:
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default).as_string()
        for path in (two.directory / "data/mail").glob("*.eml")
    ]
    return sum(reference in mail for mail in mails)


def once_and_answered(two: TwoOfEach, reference: str, heard: Callable[[str], object]) -> None:
    """The report arrived exactly once, and an officer acknowledges it and is heard."""
    officer = ApiOfficer(two.product)
    assert [case["reference"] for case in officer.get("/v1/cases")["cases"]].count(reference) == 1
    about = "from cases c join reports r on r.case_id = c.id where c.reference = %s"
    assert told(two, f"select count(*) {about}", reference) == [(1,)]
    alerts = officer.get(f"/v1/cases/{reference}")["alerts"]
    assert [alert["reason"] for alert in alerts] == ["report"]
    deadline = time.monotonic() + 40
    while not mails_about(two, reference) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert mails_about(two, reference) == 1
    acknowledged = officer.post(f"/v1/alerts/{alerts[0]['id']}/acknowledge")
    assert acknowledged.status_code == 200
    written = officer.post(
        f"/v1/cases/{reference}/messages", {"text": "Diolch. Thank you.", "language": "cy"}
    )
    assert written.status_code == 201
    heard("Diolch. Thank you.")
    assert officer.get("/v1/audit/verify")["intact"] is True


def nothing_was_answered_twice(two: TwoOfEach, reference: str) -> None:
    """Each turn is remembered once by the assistant, and no reply was kept twice."""
    conversation = told(two, "select conversation_id from cases where reference = %s", reference)
    of_it = str(conversation[0][0])
    turns = told(two, "select count(*) from turns where conversation_id = %s", of_it)
    heard = told(
        two,
        "select count(*) from rasa.events where sender_id = %s and type_name = 'user'",
        of_it,
    )
    assert heard == turns


def test_a_welsh_report_survives_the_death_of_the_first_of_each(two: TwoOfEach) -> None:
    victim = RovingWebVictim(two, "cy")
    said = ""
    for words, expected, dies in WELSH:
        sent = victim.send(words)
        if dies:
            two.kill(dies)
        said = ""
        while expected not in said:
            replies = victim.wait_for(lambda message, sent=sent: message["reply_to"] == sent)
            said += "\n".join(message["text"] for message in replies)
    reference = reference_in(said)
    once_and_answered(
        two,
        reference,
        lambda words: victim.wait_for(lambda message: words in message["text"]),
    )
    nothing_was_answered_twice(two, reference)
    assert len({message["id"] for message in victim.seen}) == len(victim.seen)


def test_an_english_report_survives_the_death_of_the_second_of_each(two: TwoOfEach) -> None:
    # A supervisor has brought the others back.
    for name, process in two.running.items():
        if process.poll() is not None:
            two.start(name)
    two.wait_until_ready()
    victim = RovingTextVictim(two, "+447700900125")
    said = ""
    for words, expected, dies in ENGLISH:
        assert victim.send(words).status_code == 200
        if dies:
            two.kill(dies)
        said = victim.wait_for(expected)
    reference = reference_in(said)
    once_and_answered(two, reference, victim.wait_for)
    nothing_was_answered_twice(two, reference)
    texts = victim.received()
    assert len(set(texts)) == len(texts)


def test_who_waits_at_one_door_hears_what_came_in_by_the_other(two: TwoOfEach) -> None:
    for name, process in two.running.items():
        if process.poll() is not None:
            two.start(name)
    two.wait_until_ready()
    first, second = (f"http://127.0.0.1:{port}" for port in two.doors())
    opened = httpx.post(f"{first}/v1/chat/sessions", json={"language": "cy"}).json()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(
            httpx.get,
            f"{first}/v1/chat/messages",
            params={"after": opened["cursor"], "wait": "20"},
            headers=headers,
            timeout=30,
        )
        time.sleep(0.5)
        begun = time.monotonic()
        sent = httpx.post(
            f"{second}/v1/chat/messages",
            json={"id": "0b8f2d5e-0000-4000-8000-000000000001", "text": "shwmae"},
            headers=headers,
        )
        assert sent.status_code == 202
        heard = waiting.result(30).json()["messages"]
    assert heard
    assert time.monotonic() - begun < 10


def test_both_rasa_servers_asked_for_one_turn_at_once_answer_it_once(two: TwoOfEach) -> None:
    for name, process in two.running.items():
        if process.poll() is not None:
            two.start(name)
    two.wait_until_ready()
    conversation, calm = str(uuid4()), {"danger": "none", "suicide": "none", "flags": []}
    metadata = {"language": "cy", "channel": "web", "question": None, "safety": calm}
    turns = ["shwmae", "Gwaeddodd dyn arna i ar y bws", "Dyna'r cyfan am y tro", "naddo"]
    for words in turns:
        turn = {"message_id": str(uuid4()), "conversation_id": conversation, "text": words}
        with ThreadPoolExecutor() as pool:
            asked = [
                pool.submit(
                    httpx.post,
                    f"http://127.0.0.1:{two.ports[name]}/webhooks/llais/turn",
                    json={**turn, "metadata": metadata},
                    headers={"Authorization": f"Bearer {SECRETS['LLAIS_RASA_TOKEN']}"},
                    timeout=60,
                )
                for name in ("rasa-1", "rasa-2")
            ]
        first, second = (answer.result().raise_for_status().json() for answer in asked)
        assert first == second
        assert first["replies"]
    heard = told(
        two,
        "select count(*) from rasa.events where sender_id = %s and type_name = 'user'",
        conversation,
    )
    assert heard == [(len(turns),)]


def test_no_log_of_any_of_them_carries_what_was_said(two: TwoOfEach) -> None:
    logs = two.logs()
    for words in ("Llanelli", "headscarf", "Siân", "Amina", "7700900125"):
        assert words not in logs
