"""Text messages: numbers, keywords, lengths, forms, signatures, and Twilio's every answer."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from threading import Thread
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from channels.sms import (
    GSM_EXTENSION,
    GSM_LETTERS,
    PASSING_CODES,
    Keyword,
    MalformedWebhook,
    SendingInterrupted,
    SendingRefused,
    TwilioTexts,
    as_sent,
    form_fields,
    is_from_twilio,
    keyword,
    normal_number,
    parse_incoming,
    parse_status,
    segments,
    with_choices,
)

TO = "+447700900123"


class TestNumbers:
    @pytest.mark.parametrize(
        "written",
        ["+447700900123", "07700900123", "07700 900 123", "+44 (0)7700 900123", "00447700900123"],
    )
    def test_however_written_it_is_one_number(self, written: str) -> None:
        assert normal_number(written) == TO

    def test_a_number_from_abroad_keeps_its_country(self) -> None:
        assert normal_number("+1 202 555 0123") == "+12025550123"

    @pytest.mark.parametrize("name", ["60777", "82228", "999", "LLAIS", "GOV.UK", "", "+"])
    def test_what_is_no_telephone_number_stays_as_it_stands(self, name: str) -> None:
        assert normal_number(name) == name

    @given(st.text(max_size=30) | st.from_regex(r"\A\+?[0-9 ()-]{0,16}\Z"))
    def test_normal_is_normal_already(self, number: str) -> None:
        normal = normal_number(number)
        assert normal_number(normal) == normal
        assert normal == number or normal.startswith("+")


class TestKeywords:
    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("STOP", Keyword.STOP),
            (" stop. ", Keyword.STOP),
            ("Stopio!", Keyword.STOP),
            ("STOPIWCH", Keyword.STOP),
            ("START", Keyword.START),
            ("Dechrau", Keyword.START),
            ("CYMORTH", Keyword.HELP),
            ("help?", Keyword.HELP),
            ("Statws", Keyword.STATUS),
            ("adroddiad  newydd", Keyword.NEW),
            ("cymorth i fy mam", None),
            ("please stop him", None),
            ("stop it", None),
            ("", None),
        ],
    )
    def test_a_keyword_stands_alone(self, text: str, meaning: Keyword | None) -> None:
        assert keyword(text) is meaning


class TestWhatLeaves:
    @given(st.text(alphabet=sorted(GSM_LETTERS | set("âêîôûŵŷáíóúïë\u2019\u2013\u201c🙂"))))
    def test_keeps_every_letter_and_never_costs_more(self, text: str) -> None:
        left = as_sent(text)
        letters = [letter for letter in text if letter.isalnum()]
        assert [letter for letter in left if letter.isalnum()] == letters
        assert segments(left) <= segments(text)
        assert left.count("?") == text.count("?"), "nothing becomes a question mark"

    def test_a_sign_of_a_word_processor_does_not_make_a_text_twice_as_long(self) -> None:
        text = "Mae\u2019r swyddog yn ffonio fory. " * 5
        assert (segments(text), segments(as_sent(text))) == (3, 1)

    def test_beside_a_letter_that_costs_anyway_signs_stay(self) -> None:
        assert as_sent("tŷ\u2019r ysgol") == "tŷ\u2019r ysgol"


class TestSegments:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", 1),
            ("a" * 160, 1),
            ("a" * 161, 2),
            ("a" * 306, 2),
            ("a" * 307, 3),
            ("€" * 80, 1),
            ("€" * 81, 2),
            ("ŵ" * 70, 1),
            ("ŵ" * 71, 2),
            ("a" * 69 + "ŷ", 1),
            ("a" * 70 + "ŷ", 2),
            ("ŵ" * 134, 2),
            ("ŵ" * 135, 3),
            ("🙂" * 35, 1),
            ("🙂" * 36, 2),
            ("é" * 160, 1),
            ("â" * 160, 3),
        ],
    )
    def test_are_counted_as_the_networks_count(self, text: str, expected: int) -> None:
        assert segments(text) == expected

    @given(st.text(alphabet=sorted(GSM_LETTERS | GSM_EXTENSION | set("âêîôûŵŷ🙂")), max_size=400))
    def test_one_more_letter_never_costs_less(self, text: str) -> None:
        assert segments(text) <= segments(text + "a") <= segments(text + "aŵ")


@pytest.mark.parametrize(
    ("choices", "expected"),
    [([], "Ble?"), ([{"label": "Tŷ", "value": "ty"}], "Ble?\n1 Tŷ")],
)
def test_choices_stand_below_the_question(choices: list[dict[str, str]], expected: str) -> None:
    assert with_choices("Ble?", choices) == expected


class TestForms:
    @given(st.dictionaries(st.text(min_size=1), st.text()))
    def test_what_was_posted_is_read(self, fields: dict[str, str]) -> None:
        assert form_fields(urlencode(fields, errors="replace").encode()) == {
            name.encode(errors="replace").decode(): value.encode(errors="replace").decode()
            for name, value in fields.items()
        }

    @given(st.binary(max_size=300))
    def test_no_bytes_are_a_fault(self, body: bytes) -> None:
        for name, value in form_fields(body).items():
            (name + value).encode()

    @pytest.mark.parametrize("body", [b"Body=t\xff", b"Body=t%FF", b"Body=%ED%A0%80"])
    def test_invalid_utf_8_is_replaced_and_so_fails_the_signature(self, body: bytes) -> None:
        fields = form_fields(body)
        assert "\ufffd" in fields["Body"]
        url = "https://llais.test/sms/inbound"
        signature = RequestValidator("token").compute_signature(url, {"Body": "t"})
        assert not is_from_twilio("token", url, fields, signature)

    def test_an_empty_value_is_kept(self) -> None:
        assert form_fields(b"Body=&From=x") == {"Body": "", "From": "x"}


class TestTheSignature:
    URL = "https://llais.test/sms/inbound"

    @given(st.dictionaries(st.text(min_size=1), st.text()).map(lambda f: {**f, "Body": "ŵ"}))
    def test_of_twilio_fits_and_no_other_does(self, fields: dict[str, str]) -> None:
        try:
            signature = RequestValidator("token").compute_signature(self.URL, fields)
        except UnicodeEncodeError:
            return
        assert is_from_twilio("token", self.URL, fields, signature)
        assert not is_from_twilio("other", self.URL, fields, signature)
        assert not is_from_twilio("token", self.URL + "x", fields, signature)
        assert not is_from_twilio("token", self.URL, {**fields, "Body": "w"}, signature)

    @pytest.mark.parametrize(
        ("settings", "algorithm"),
        [
            ("", None),
            ("key=webhooks_1,algorithm=HMAC_SHA1", "HMAC_SHA1"),
            ("key=webhooks_1,algorithm=HMAC_SHA256", "HMAC_SHA256"),
            ("algorithm=hmac_sha256", "HMAC_SHA256"),
        ],
    )
    @pytest.mark.parametrize(
        "url", [URL, "https://llais.test:8443/sms/inbound", "https://llais.test/a/sms/inbound?x=1"]
    )
    def test_is_checked_by_the_algorithm_that_is_named(
        self, settings: str, algorithm: str | None, url: str
    ) -> None:
        fields = {"Body": "ŵ", "From": TO}
        signature = RequestValidator("token").compute_signature(url, fields, algorithm)
        assert is_from_twilio("token", url, fields, signature, settings)
        assert not is_from_twilio("other", url, fields, signature, settings)
        other = "algorithm=HMAC_SHA256" if algorithm in (None, "HMAC_SHA1") else ""
        assert not is_from_twilio("token", url, fields, signature, other)

    def test_by_an_algorithm_that_nobody_knows_nothing_fits(self) -> None:
        signature = RequestValidator("token").compute_signature(self.URL, {})
        assert not is_from_twilio("token", self.URL, {}, signature, "algorithm=NONE")

    def test_without_a_token_of_ours_nothing_fits(self) -> None:
        signature = RequestValidator("").compute_signature(self.URL, {})
        assert not is_from_twilio("", self.URL, {}, signature)


class TestWebhooks:
    def test_a_text_is_read(self) -> None:
        text = parse_incoming(
            {"MessageSid": "SM1", "From": "07700900123", "Body": " b\x00ore da ", "NumMedia": "2"}
        )
        assert (text.message_sid, text.sender, text.text) == ("SM1", TO, "bore da")
        assert text.media_count == 2

    @pytest.mark.parametrize("count", ["", "x", "-1", "²", "1" * 5])
    def test_a_strange_count_of_pictures_is_none(self, count: str) -> None:
        assert parse_incoming({"MessageSid": "S", "From": TO, "NumMedia": count}).media_count == 0

    @pytest.mark.parametrize(
        "fields",
        [{}, {"From": TO}, {"MessageSid": "S"}, {"MessageSid": "S" * 65, "From": TO}],
    )
    def test_without_sid_or_sender_it_is_malformed(self, fields: dict[str, str]) -> None:
        with pytest.raises(MalformedWebhook):
            parse_incoming(fields)

    @pytest.mark.parametrize(("code", "read"), [("30003", 30003), ("", None), ("x", None)])
    def test_a_status_is_read(self, code: str, read: int | None) -> None:
        report = parse_status({"MessageSid": "S", "MessageStatus": "failed", "ErrorCode": code})
        assert (report.status, report.error_code) == ("failed", read)


class Twilio:
    """A server that answers its next requests as told, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: deque[tuple[int, str]] = deque()
        self.address = ""

    def messages(self, *texts: tuple[str, str, datetime]) -> None:
        """Answer with these texts: id, words, and when Twilio took them; none has left yet."""
        listed = [
            {
                "sid": sid,
                "body": body,
                "to": TO,
                "date_created": format_datetime(created),
                "date_sent": None,
            }
            for sid, body, created in texts
        ]
        page = {"messages": listed, "next_page_uri": None, "uri": "/x", "page_size": 50}
        self.answers.append((200, dumps(page)))


@contextmanager
def running_twilio() -> Iterator[Twilio]:
    twilio = Twilio()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            twilio.asked.append(self.path)
            status, body = twilio.answers.popleft()
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        twilio.address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield twilio
        server.shutdown()


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with running_twilio() as server:
        yield server


@pytest.fixture
def texts(twilio: Twilio) -> TwilioTexts:
    return TwilioTexts("AC1", "token", "+447700900000", twilio.address)


class TestSending:
    def test_what_is_taken_has_twilios_id(self, twilio: Twilio, texts: TwilioTexts) -> None:
        twilio.answers.append((201, '{"sid": "SM1", "status": "queued"}'))
        assert texts.send(TO, "Helo", "http://llais.test/sms/status") == "SM1"
        assert twilio.asked == ["/2010-04-01/Accounts/AC1/Messages.json"]

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (500, '{"code": 20500}'),
            (503, "<html>"),
            (429, '{"code": 20429}'),
            (401, '{"code": 20003}'),
            (404, '{"code": 20404}'),
            (201, "not json"),
            (201, "{}"),
            (201, '{"sid": null}'),
            (201, "[]"),
            (0, ""),
        ],
        ids=[
            "500",
            "503",
            "429",
            "401",
            "404",
            "malformed",
            "empty",
            "no-sid",
            "a-list",
            "cut-off",
        ],
    )
    def test_what_may_pass_is_an_interruption(
        self, twilio: Twilio, texts: TwilioTexts, status: int, body: str
    ) -> None:
        # The library may ask again on a line that was cut.
        twilio.answers.extend([(status, body)] * 3)
        with pytest.raises(SendingInterrupted):
            texts.send(TO, "Helo", "http://llais.test/sms/status")

    @pytest.mark.parametrize("code", sorted(PASSING_CODES))
    def test_what_passes_although_it_comes_as_a_bad_request_is_an_interruption(
        self, twilio: Twilio, texts: TwilioTexts, code: int
    ) -> None:
        twilio.answers.append((400, dumps({"code": code, "message": "x", "status": 400})))
        with pytest.raises(SendingInterrupted):
            texts.send(TO, "Helo", "http://llais.test/sms/status")

    @pytest.mark.parametrize("code", [21610, 21211, 21614, 21617])
    def test_what_stays_is_a_refusal_with_its_code(
        self, twilio: Twilio, texts: TwilioTexts, code: int
    ) -> None:
        twilio.answers.append((400, dumps({"code": code, "message": "x", "status": 400})))
        with pytest.raises(SendingRefused) as refused:
            texts.send(TO, "Helo", "http://llais.test/sms/status")
        assert refused.value.code == code

    def test_nobody_listening_is_an_interruption(self) -> None:
        texts = TwilioTexts("AC1", "token", "+447700900000", "http://127.0.0.1:9")
        with pytest.raises(SendingInterrupted):
            texts.send(TO, "Helo", "http://llais.test/sms/status")


class TestFindingWhatWasSent:
    NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def test_it_is_the_one_with_the_words_taken_since_and_not_known(
        self, twilio: Twilio, texts: TwilioTexts
    ) -> None:
        listed = [
            ("SM4", "Nos da", self.NOW),
            ("SM3", "Helo", self.NOW),
            ("SM2", "Helo", self.NOW),
            ("SM1", "Helo", self.NOW - timedelta(hours=1)),
        ]
        since = self.NOW - timedelta(minutes=1)
        for known, found in (
            (set(), "SM3"),
            ({"SM3"}, "SM2"),
            ({"SM2", "SM3"}, None),
        ):
            twilio.messages(*listed)
            assert texts.find_sent(TO, "Helo", since, known) == found

    def test_a_text_that_has_not_left_yet_is_found(
        self, twilio: Twilio, texts: TwilioTexts
    ) -> None:
        twilio.messages(("SM1", "Helo", self.NOW))
        assert texts.find_sent(TO, "Helo", self.NOW) == "SM1"
        assert "DateSent" not in twilio.asked[0]

    def test_the_number_stands_in_no_address(self, twilio: Twilio, texts: TwilioTexts) -> None:
        twilio.messages(("SM1", "Helo", self.NOW))
        assert texts.find_sent(TO, "Helo", self.NOW) == "SM1"
        assert "7700900123" not in twilio.asked[0]

    def test_the_same_words_to_somebody_else_are_another_text(
        self, twilio: Twilio, texts: TwilioTexts
    ) -> None:
        twilio.messages(("SM1", "Helo", self.NOW))
        assert texts.find_sent("+447700900999", "Helo", self.NOW) is None

    @pytest.mark.parametrize(("status", "body"), [(500, "{}"), (401, "{}"), (200, "not json")])
    def test_not_knowing_is_an_interruption_and_never_a_no(
        self, twilio: Twilio, texts: TwilioTexts, status: int, body: str
    ) -> None:
        twilio.answers.append((status, body))
        with pytest.raises(SendingInterrupted):
            texts.find_sent(TO, "Helo", self.NOW)
