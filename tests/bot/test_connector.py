"""The connector's parser: whatever is posted, it is a message of the agreed form or it is refused."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from channels.rasa_connector import LlaisInput, _message_of, without_commands
from channels.rasa_limits import LONGEST_BODY, LONGEST_TEXT

AGREED = {
    "message_id": "1",
    "conversation_id": "2",
    "text": "helo",
    "metadata": {"channel": "web", "language": "cy"},
}
# What JSON can hold, and what is no JSON at all.
VALUES: list[Any] = [
    *(None, True, 0, -1, 1e308, "", " ", "a" * 70, "\x00", "\ud800", "ŷ\u0302", [], {}, [[]]),
    *({"channel": "web"}, {"channel": []}, {"channel": "sms", "x": "\udfff"}, "web", ["web"]),
]
BODIES = [
    *(b"", b"{", b"null", b"5", b'"a"', b"[]", b"\xff\xfe", b"NaN", b"{}" * 3),
    *(b"[" * 100_000, b'{"a":' * 30_000, b"9" * 100_000, b"\xef\xbb\xbf{}"),
]
PIECES = [
    "/",
    "//",
    " ",
    "restart",
    "intent",
    "{",
    '{"a": 1}',
    "@0.9",
    "\n",
    "a",
    "ŷ",
    "\x00",
    "/ /",
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body[:12]))
def test_what_is_no_message_is_refused(body: bytes) -> None:
    assert _message_of(body) is None


@pytest.mark.parametrize("field", [*AGREED, "channel"])
def test_any_value_in_any_field_is_taken_or_refused(field: str) -> None:
    for value in VALUES:
        content: dict[str, Any] = {**AGREED, "metadata": dict(AGREED["metadata"])}  # type: ignore[call-overload]
        (content["metadata"] if field == "channel" else content)[field] = value
        message = _message_of(json.dumps(content).encode())
        if message is None:
            continue
        for part in (message.text, message.sender_id, message.message_id):
            assert isinstance(part, str)
            # What cannot be written in UTF-8 could be kept nowhere, and would fail in the middle of a turn.
            part.encode()
            assert part
        assert message.input_channel in ("web", "sms")
        assert len(message.text) <= LONGEST_TEXT


@pytest.mark.parametrize("letter", ["a", "ŵ", "👩", "\x01", '"', "\n"])
def test_the_longest_text_fits_into_a_body_however_json_writes_it(letter: str) -> None:
    text = "a" + letter * (LONGEST_TEXT - 2) + "a"
    content = {**AGREED, "conversation_id": "c" * 64, "text": text}
    for plainly in (True, False):
        body = json.dumps(content, ensure_ascii=plainly).encode()
        assert len(body) <= LONGEST_BODY
        message = _message_of(body)
        assert message is not None
        assert message.text == text


def test_half_a_letter_is_refused() -> None:
    assert _message_of(json.dumps({**AGREED, "text": "\ud800"}).encode()) is None
    assert _message_of(json.dumps({**AGREED, "message_id": "\ud800"}).encode()) is None


def test_no_text_is_a_command_to_rasa() -> None:
    made = random.Random(20261122)
    for _ in range(5_000):
        text = "".join(made.choice(PIECES) for _ in range(made.randint(1, 8)))
        taken = without_commands(text)
        assert taken
        assert not taken.lstrip().startswith("/"), repr(text)
        assert without_commands(taken) == taken
        if not text.lstrip().startswith("/"):
            assert taken == text


class Asked:
    """A request with a header, as Sanic reads one: bytes that are no UTF-8 stand as halves of letters."""

    def __init__(self, authorization: str) -> None:
        self.headers = {"authorization": authorization}


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "bearer " + "t" * 24, "Bearer \udcff", "ŷ"]
)
def test_only_the_token_lets_in_and_no_header_is_a_fault(given: str) -> None:
    door = LlaisInput("t" * 24)
    assert door._may_enter(Asked(given)) is False  # type: ignore[arg-type]
    assert door._may_enter(Asked("Bearer " + "t" * 24)) is True  # type: ignore[arg-type]
