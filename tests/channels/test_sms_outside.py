"""Held against what others publish: Twilio's segment calculator, and the shapes that Twilio's library is made for.

Twilio's OpenAPI description itself is in no package; the `twilio` library is generated from it.
"""

import json
import random
import re
from inspect import getsource
from pathlib import Path
from shutil import copyfile

import pytest
from twilio.rest.api.v2010.account.message import MessageInstance

from api.development.sent_texts import SentText
from api.launch.npm import bring_packages, run_node
from api.texts.fates import REPORTED_STATES
from channels.sms import GSM_EXTENSION, GSM_LETTERS, as_sent, fits_gsm, segments
from tests.wording.catalogue import ROOT, everything_said

COUNTER = Path(__file__).with_name("count_segments.js")
TWILIOS_STATES = {
    value for name, value in vars(MessageInstance.Status).items() if not name.startswith("_")
}
LETTERS = sorted(GSM_LETTERS - {"\r"}) + sorted(GSM_EXTENSION - {"\f"})
DEAR = list("âêîôûŵŷáíóúïë\u2019🙂")


@pytest.fixture(scope="module")
def modules() -> Path:
    return bring_packages(Path(__file__).parent, ROOT / ".build" / "segments")


def counted(modules: Path, texts: list[str], directory: Path) -> list[tuple[int, str]]:
    """What Twilio's calculator says of texts."""
    script = modules.parent / COUNTER.name
    copyfile(COUNTER, script)
    asked = directory / "texts.json"
    asked.write_text(json.dumps(texts), encoding="utf-8")
    result = run_node([str(script), str(asked)], modules.parent)
    assert result.returncode == 0, result.stderr
    return [(count, encoding) for count, encoding in json.loads(result.stdout)]


def agree(modules: Path, texts: list[str], directory: Path) -> None:
    ours = [(segments(text), "GSM-7" if fits_gsm(text) else "UCS-2") for text in texts]
    theirs = counted(modules, texts, directory)
    wrong = [
        (text, one, other)
        for text, one, other in zip(texts, ours, theirs, strict=True)
        if one != other
    ]
    assert wrong == []


def test_everything_the_product_says_is_counted_as_twilio_counts_it(
    modules: Path, tmp_path: Path
) -> None:
    texts = sorted({as_sent(said.text) for said in everything_said()} - {""})
    assert len(texts) > 500
    agree(modules, texts, tmp_path)


def test_texts_of_any_length_and_letters_are_counted_as_twilio_counts_them(
    modules: Path, tmp_path: Path
) -> None:
    dice = random.Random(2018)
    texts = [
        "".join(dice.choices(LETTERS + (DEAR if dear else []), k=length))
        for dear in (False, True)
        for length in (
            1,
            66,
            67,
            68,
            69,
            70,
            71,
            133,
            134,
            135,
            152,
            153,
            154,
            159,
            160,
            161,
            306,
            307,
            700,
        )
        for _ in range(12)
    ]
    agree(modules, texts, tmp_path)


def fields_read_by_the_library() -> set[str]:
    """The members of a message that Twilio's library reads from an answer."""
    return set(re.findall(r'payload\.get\(\s*"(\w+)"', getsource(MessageInstance.__init__)))


def test_the_stand_in_answers_with_every_member_that_twilio_documents() -> None:
    fields = fields_read_by_the_library()
    assert {"sid", "status", "error_code", "num_segments", "date_created"} <= fields
    answered = SentText("AC0", "+447700900123", "+447700900000", "Helo ŵ").as_twilio()
    assert fields <= set(answered)


def test_the_stand_in_answers_what_the_library_can_read() -> None:
    answered = SentText("AC0", "+447700900123", "+447700900000", "Helo ŵ").as_twilio()
    read = MessageInstance(None, answered, account_sid="AC0")
    assert (read.body, read.to, read.num_segments) == ("Helo ŵ", "+447700900123", "1")
    assert read.date_created is not None
    assert read.status in TWILIOS_STATES


def test_the_states_we_know_are_twilios_and_we_know_every_last_one() -> None:
    assert set(REPORTED_STATES) <= TWILIOS_STATES
    # What may come before these says no more than we know, and these are not for texts that we send.
    rest = {"queued", "sending", "accepted", "scheduled"} | {"receiving", "received", "read"}
    assert {*REPORTED_STATES, *rest, "partially_delivered", "canceled"} == TWILIOS_STATES
