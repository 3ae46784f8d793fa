"""Whatever letters somebody sends, by web, form or text: kept or refused with a reason, and read the same."""

import json
import time
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.conversations.language import LanguageDecider
from api.conversations.safety import SafetyLayer
from api.conversations.typed_code import code_in
from api.texts.router import Situation, route
from channels.sms import IncomingText, MalformedWebhook, StatusReport, parse_incoming, parse_status
from channels.written import as_kept, as_read
from tests.api.public_visitor import ChatVisitor
from tests.api.texts.twilio import Webhooks, said

MODEL_DIR = Path(".build/model")
LARGEST_INTEGER = 2**31 - 1
# Halves of letters too: Python has them, UTF-8 has not.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
WELSH = st.text("aeiouwyâêîôûŵŷÂŴŶáèïöbcdfghlmnrst '’.!?\n", max_size=200)
FIELDS = st.dictionaries(
    st.sampled_from(["MessageSid", "From", "Body", "NumMedia", "OptOutType", "To"])
    | st.text(max_size=5),
    ANYTHING,
)
# An account of self-harm and one of danger, in Welsh, whose letters with accents tell them from harmless ones.
TOLD_IN_WELSH = [
    "ma'r bachgen yn niweidio'i hunan ar ôl beth ddigwyddodd yn yr ysgol",
    "ma gin i ofn mynd i'r siop ar ben fy hun rŵan",
    "rwyf wedi penderfynu tynnu fy nghwyn yn ôl",
    "nôl un",
    "Ffordd y Môr",
]
STRANGE = [
    "a\x00b",
    "ty\u0302 mawr",
    "\u202ehello\u202c",
    "\u200b\u200d\ufeff",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ",
    "\u0600\uffff\U0010ffff\ue000",
    "'; drop table messages; --",
    "{{7*7}} ${7*7} %s %(x)s {0}",
    "<script>alert(1)</script>",
    "\x01\x1b[31m\x7f\x85",
    "a\u2028b\u2029c",
    "ﷺ" * 1000,
    "👩" * 4000,
    "ŵ" * 4000,
]
HALVES = ["\\ud800", "\\udfff", "tŷ \\udc00 mawr", "\\ude00\\ud83d"]


class TestOneForm:
    @given(ANYTHING)
    @example("\ud800\x00")
    def test_what_is_kept_is_kept_once_and_for_all(self, text: str) -> None:
        kept = as_kept(text)
        assert as_kept(kept) == kept
        assert "\x00" not in kept

    @given(st.text())
    def test_letters_in_pieces_are_kept_as_the_same_letters_whole(self, text: str) -> None:
        assert as_kept(unicodedata.normalize("NFD", text)) == as_kept(text)

    def test_what_cannot_be_seen_does_not_cut_a_word(self) -> None:
        assert as_read("cy\u00adll\u200bell\ufeff") == "cyllell"


class TestLanguageAndDanger:
    @settings(max_examples=60, deadline=None)
    @given(WELSH)
    def test_are_the_same_however_accents_are_sent(self, text: str) -> None:
        apart = unicodedata.normalize("NFD", text)
        assert SafetyLayer.load(MODEL_DIR).assess(apart) == SafetyLayer.load(MODEL_DIR).assess(text)
        decider = LanguageDecider.load(MODEL_DIR)
        assert decider.decide(apart, None) == decider.decide(text, None)

    @pytest.mark.parametrize("text", TOLD_IN_WELSH)
    def test_are_the_same_for_what_people_told(self, text: str) -> None:
        apart = unicodedata.normalize("NFD", text)
        assert apart != text
        assert SafetyLayer.load(MODEL_DIR).assess(apart) == SafetyLayer.load(MODEL_DIR).assess(text)
        decider = LanguageDecider.load(MODEL_DIR)
        assert decider.decide(apart, None) == decider.decide(text, None)

    @settings(max_examples=60, deadline=None)
    @given(ANYTHING)
    @example("\ud800" * 50)
    @example("\u0301" * 10_000)
    @example("\x00" * 10_000)
    @example("'" * 10_000)
    def test_are_decided_for_anything(self, text: str) -> None:
        decision = LanguageDecider.load(MODEL_DIR).decide(text, None)
        assert decision.language in ("cy", "en")
        assert SafetyLayer.load(MODEL_DIR).assess(text).danger in ("none", "soft", "card")


class TestTheWebhooksParser:
    @given(FIELDS)
    @example({"MessageSid": "SM1", "From": "+447700900123", "Body": "\x00\ud800"})
    @example({"MessageSid": "S\x00M", "From": "+447700900123"})
    @example({"MessageSid": "SM" * 40, "From": "+447700900123"})
    @example({"MessageSid": "SM1", "From": "+44\x007700900123"})
    @example({"MessageSid": "SM1", "From": "1", "NumMedia": "²"})
    def test_reads_a_text_or_says_that_it_is_malformed(self, fields: dict[str, str]) -> None:
        try:
            text = parse_incoming(fields)
        except MalformedWebhook:
            return
        assert isinstance(text, IncomingText)
        assert "\x00" not in text.message_sid + text.sender + text.text
        assert 0 < len(text.message_sid) <= 40
        assert 0 <= text.media_count < 1000

    @given(ANYTHING, ANYTHING, st.from_regex(r"\A[0-9]{0,5000}\Z") | ANYTHING)
    @example("SM1", "failed", "9" * 5000)
    @example("SM1", "failed", "2147483648")
    @example("SM\x00", "failed", "30003")
    @example("S" * 65, "failed", "30003")
    def test_reads_a_fate_that_can_be_stored_or_says_that_it_is_malformed(
        self, sid: str, status: str, code: str
    ) -> None:
        fields = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": code}
        try:
            report = parse_status(fields)
        except MalformedWebhook:
            return
        assert isinstance(report, StatusReport)
        assert "\x00" not in report.message_sid
        assert len(report.message_sid) <= 40
        assert report.error_code is None or 0 <= report.error_code <= LARGEST_INTEGER

    @pytest.mark.parametrize("piece", ["1 ", "go on by text ", "123456789012", "'", " .!", "ŷ"])
    def test_and_the_router_read_in_time_with_the_length(self, piece: str) -> None:
        def seconds(text: str) -> float:
            started = time.process_time()
            for _ in range(20):
                route(text, 0, Situation())
                code_in(text, "resume_code")
            return time.process_time() - started

        short, long = piece * (2000 // len(piece)), piece * (8000 // len(piece))
        # Four times the text: twice sixteen would be the square. The rest is the noise of a busy machine.
        assert min(map(seconds, [long] * 3)) < 12 * min(map(seconds, [short] * 3)) + 0.05


class TestThroughTheDoor:
    @pytest.fixture
    async def webhooks(self, public_app: FastAPI, public: httpx.AsyncClient) -> Webhooks:
        return Webhooks(public)

    async def test_the_chat_keeps_it_and_shows_it_again(self, public: httpx.AsyncClient) -> None:
        victim = await ChatVisitor.arrive(public)
        for text in STRANGE:
            answer = await victim.say(text)
            assert answer.status_code == 202, ascii(text[:40])
        polled = await victim.poll(after="0")
        shown = [each["text"] for each in polled["messages"] if each["from"] == "victim"]
        assert shown == [as_kept(text) for text in STRANGE]

    @pytest.mark.parametrize("half", HALVES)
    async def test_half_a_letter_is_refused_as_a_problem(
        self, public: httpx.AsyncClient, half: str
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        answer = await public.post(
            "/v1/chat/messages",
            content=f'{{"id": "{uuid4()}", "text": "{half}"}}'.encode(),
            headers={**victim.headers, "Content-Type": "application/json"},
        )
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"

    async def test_a_text_is_kept(self, webhooks: Webhooks, public_app: FastAPI) -> None:
        for number, text in enumerate(STRANGE):
            answer = await webhooks.text(sid=f"SM{number}", Body=text)
            assert answer.status_code == 200, ascii(text[:40])
        assert await said(public_app.state.runtime) == [as_kept(text) for text in STRANGE]

    @pytest.mark.parametrize(
        "fields",
        [
            {"sid": "SM\x00"},
            {"sid": "S" * 65},
            {"From": "+44\x007700900123"},
            {"From": "1" * 65},
            {"NumMedia": "9" * 5000},
        ],
    )
    async def test_a_strange_webhook_is_no_fault(
        self, webhooks: Webhooks, fields: dict[str, Any]
    ) -> None:
        assert (await webhooks.text(**fields)).status_code in (200, 422)

    @pytest.mark.parametrize(
        ("sid", "code"), [("SM\x00", "30003"), ("S" * 65, "30003"), ("SM1", "9" * 5000)]
    )
    async def test_a_strange_fate_is_no_fault(
        self, webhooks: Webhooks, sid: str, code: str
    ) -> None:
        answer = await webhooks.status(sid, "failed", ErrorCode=code)
        assert answer.status_code in (204, 422)

    @pytest.fixture
    def unhurried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody answers here, so no page needs to wait for an answer."""
        monkeypatch.setattr("api.conversations.form_page.WAIT_SECONDS", 0.01)

    async def test_the_form_keeps_it(self, public: httpx.AsyncClient, unhurried: None) -> None:
        victim = await ChatVisitor.arrive(public)
        for text in STRANGE:
            page = await public.post(
                "/en/form",
                data={"session": victim.token, "message_id": str(uuid4()), "text": text},
            )
            assert page.status_code == 200, ascii(text[:40])
            assert "<script>alert" not in page.text
        polled = await victim.poll(after="0")
        shown = [each["text"] for each in polled["messages"] if each["from"] == "victim"]
        assert shown == [as_kept(text) for text in STRANGE]

    async def test_fields_of_the_form_that_are_no_utf_8_are_no_fault(
        self, public: httpx.AsyncClient, unhurried: None
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        for field in ("text", "session", "message_id", "choice", "do", "code", "before"):
            for value in (b"%ED%A0%80", b"%FF%FE", b"%00", b"9" * 30):
                body = f"session={victim.token}&".encode() + field.encode() + b"=" + value
                page = await public.post(
                    "/en/form",
                    content=body,
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )
                assert page.status_code < 500, (field, value)

    @pytest.mark.parametrize("place", [b"x", b"-1", b"9" * 19, b"\xb2", b"\xff", b"1e3", b" "])
    async def test_a_strange_place_in_the_stream_or_the_poll_is_refused(
        self, public: httpx.AsyncClient, place: bytes
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        headers = {b"Authorization": f"Bearer {victim.token}".encode(), b"Last-Event-ID": place}
        streamed = await public.get("/v1/chat/events", headers=headers)
        polled = await public.get(
            "/v1/chat/messages?" + urlencode({"after": place}), headers=victim.headers
        )
        assert (streamed.status_code, polled.status_code) == (400, 400)

    async def test_json_that_is_deep_large_or_odd_is_no_fault(
        self, public: httpx.AsyncClient
    ) -> None:
        victim = await ChatVisitor.arrive(public)
        bodies = [
            b"[" * 100_000,
            b'{"a":' * 20_000,
            b"1" * 100_000,
            b"-1e99999",
            b"NaN",
            b'{"id": NaN, "text": Infinity}',
            b'"\\ud800"',
            json.dumps({"id": str(uuid4()), "text": "a" * 4001}).encode(),
            b"\xef\xbb\xbf{}",
        ]
        for body in bodies:
            answer = await public.post(
                "/v1/chat/messages",
                content=body,
                headers={**victim.headers, "Content-Type": "application/json"},
            )
            assert answer.status_code in (400, 413, 422), body[:20]
