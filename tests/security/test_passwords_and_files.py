"""Passwords as people choose them, fields as password managers fill them, and directories that list nothing."""

import re
import time

import httpx
import pytest

from api.officers.accounts import PasswordTooWeak, refuse_weak
from api.officers.common_passwords import is_common
from api.officers.passwords import LONGEST_PASSWORD, new_password
from api.scrutiny.redaction import redacted
from tests.api.conftest import door, public, public_app, staff_app
from tests.api.staff_visitor import StaffDoor
from tests.security.test_source import TEMPLATES, imports

__all__ = ["door", "public", "public_app", "staff_app"]


@pytest.mark.parametrize(
    "password",
    [
        "tri gair gwahanol",
        "ŵyneb-ffŵl-môr-tŷ",
        "830174659213",
        "heddlu oren crwban",
        "correct horse battery staple",
        "x9-kd2-w0p-zq",
        "pabi " * 2 + "ysgub felen ar ben y mynydd yn canu drwy'r nos heb neb i'w chlywed hi",
    ],
)
def test_a_password_may_be_of_any_letters_and_long(password: str) -> None:
    refuse_weak(password, "megan")


@pytest.mark.parametrize("password", ["byr", "megan1234567890", "MEGAN" * 3])
def test_a_short_one_and_ones_own_name_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        refuse_weak(password, "megan")


@pytest.mark.parametrize(
    "password",
    [
        "password12345",
        "P@ssw0rd2026!",
        "Cyfrinair123!",
        "heddlu-dyfed-powys",
        "LlaisCymru2026",
        "Croeso1Croeso1",
        "qwertyuiop123",
        "1qaz2wsx3edc",
        "abcdefghijklm",
        "123456789012",
        "098765432109",
        "aaaaaaaaaaaa",
        "abababababab",
        "megan.davies.police",
        "Ha$Cr1me!2026",
        "letmeinletmein",
        "iloveyou12345",
        "Liverpool2026!",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak) as refusal:
        refuse_weak(password, "megan.davies")
    assert refusal.value.problem_type in ("password-common", "password-name")


def test_passwords_that_we_make_are_never_among_them() -> None:
    for _ in range(300):
        refuse_weak(new_password(), "megan")


def test_looking_takes_no_time_however_long_the_password() -> None:
    for seed in ("a", "ab", "abcabd", "password", "1", "qwerty", "é"):
        started = time.process_time()
        is_common((seed * LONGEST_PASSWORD)[: LONGEST_PASSWORD - 1] + "!", "megan")
        assert time.process_time() - started < 1


async def test_a_password_counts_as_it_was_typed(door: StaffDoor) -> None:
    await door.add_officer("megan", language="en")
    own = door.passwords["megan"]
    async with door.visitor() as visitor:
        for other in (own.upper(), f"{own} ", own[:-1], f"{own}x"):
            answer = await visitor.client.post(
                "/v1/token", data={"username": "megan", "password": other}
            )
            assert answer.status_code == 401
            assert answer.json()["type"].endswith("credentials-refused")
        right = await visitor.client.post("/v1/token", data={"username": "megan", "password": own})
    assert right.status_code in (200, 429)


def test_every_field_for_a_password_is_masked_and_may_be_filled_by_a_manager() -> None:
    fields = [
        line
        for template in TEMPLATES
        for line in re.findall(r"<input[^>]*>|field\([^\n]*\)", template.read_text())
        if re.search(
            r"name=\"(password|repeated|current)|field\('(password|repeated|current)", line
        )
    ]
    assert fields
    for field in fields:
        # The macro takes the kind of field after its label.
        assert re.search(r"""(type=|\), )["']password["']""", field), field
        assert "onpaste" not in field
        assert not re.search(r"""autocomplete=["']off["']""", field), field


async def test_no_directory_lists_what_is_in_it(public: httpx.AsyncClient, door: StaffDoor) -> None:
    async with door.visitor() as visitor:
        answers = [
            await public.get("/chat/"),
            await public.get("/styles/"),
            await visitor.client.get("/static/"),
            await public.get("/chat/../../config.py"),
            await public.get("/chat/%2e%2e/words.yml"),
            await public.get("/.git/config"),
        ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)


def test_a_known_name_is_letters_and_no_pattern() -> None:
    assert redacted("Dai wrote this", [".*", "D.i", "[A-Z]+"]) == "Dai wrote this"
    assert "Dai" not in redacted("Dai wrote this", ["Dai"])


def test_secrets_come_from_the_systems_own_randomness() -> None:
    assert not [name for name, module in imports() if module in {"random", "numpy.random"}]
