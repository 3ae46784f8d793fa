"""Reading an answer: what counts, what does not, and what is kept besides."""

import pytest

from actions.answers import Answer, is_digression, read_answer, read_choice
from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.questions import BY_SLOT, QUESTIONS, SKIPPED, UNKNOWN, Kind
from tests.actions.people import turn_of

CATALOGUE = Catalogue.load(ROOT)
UNKNOWN_METHOD = BY_SLOT["contact_method"].unknown


def _read(slot: str, text: str, intent: str = "nlu_fallback", **more: object) -> Answer | None:
    return read_answer(BY_SLOT[slot], turn_of(text, intent, **more), CATALOGUE)  # type: ignore[arg-type]


def _value(slot: str, text: str, intent: str = "nlu_fallback", **more: object) -> object:
    answer = _read(slot, text, intent, **more)
    assert answer is not None, text
    return answer.value


@pytest.mark.parametrize("language", ["cy", "en", None])
@pytest.mark.parametrize(
    ("slot", "code"),
    [(question.slot, code) for question in QUESTIONS for code in question.codes],
)
def test_every_button_is_understood_as_its_own_choice(
    slot: str, code: str, language: str | None
) -> None:
    question = BY_SLOT[slot]
    index = question.codes.index(code)
    button = CATALOGUE.buttons(f"utter_ask_{slot}", language)[index]
    for text in (button["title"], button["payload"], str(index + 1), f"{index + 1}."):
        channel = "sms" if question.kind is Kind.TEXT else "web"
        answer = read_choice(question, turn_of(text, language=language, channel=channel), CATALOGUE)
        assert answer is not None, text
        assert answer.value == ([code] if question.several else code)


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("account_done", "That is all", "done"),
        ("account_done", "dynar cyfan", "done"),
        ("account_done", "Dyna ni.", "done"),
        ("account_done", "na, dim byd arall", "done"),
        ("strands", "1 and 3", ["disability", "religion"]),
        ("strands", "1 a 3", ["disability", "religion"]),
        ("strands", "3,1, 2", ["disability", "race", "religion"]),
        ("strands", "fy hil a fy nghrefydd", ["race", "religion"]),
        ("risk_threats", "number 2 please", "no"),
        ("risk_threats", "y cyntaf", "yes"),
        ("route", "I saw or heard it", "witness"),
        ("contact_method", "FFÔN", "phone"),
        ("contact_method", "ffon", "phone"),
    ],
)
def test_choices_are_understood_however_they_are_named(slot: str, text: str, value: object) -> None:
    assert _value(slot, text) == value


@pytest.mark.parametrize("text", ["9", "0", "1 and 12", "1 or 2 of them hit me", "12:30", "2026"])
def test_numbers_that_name_no_choice_are_none(text: str) -> None:
    assert read_choice(BY_SLOT["risk_threats"], turn_of(text), CATALOGUE) is None


@pytest.mark.parametrize("text", ["ok", "OK.", "iawn", "Iawn!", "fine", "sure", "olreit", "ok ok"])
def test_having_heard_is_no_agreement(text: str) -> None:
    assert _read("referral", text, "affirm") is None


@pytest.mark.parametrize(
    ("text", "intent", "value"),
    [
        ("yes please", "affirm", "refer"),
        ("ie plîs", "affirm", "refer"),
        ("no thank you very much", "deny", "declined"),
        ("please don't give them my name", "change_referral_choice", "declined"),
        ("peidiwch â rhoi fy manylion iddyn nhw", "ask_anonymity", "declined"),
        ("don't give them my details", "out_of_scope", "declined"),
        ("yes you can pass them on", "change_referral_choice", "refer"),
        ("iawn pasiwch nhw mlaen", "change_referral_choice", "refer"),
        ("ask me another day maybe", "unsure", "ask_later"),
        ("rather not say", "skip", "ask_later"),
    ],
)
def test_a_choice_about_support_in_words(text: str, intent: str, value: str) -> None:
    assert _value("referral", text, intent) == value


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("would they pass them on?", "change_referral_choice"),
        ("yes but what if I don't like it", "affirm"),
        ("maybe they could call", "change_referral_choice"),
        ("they shouted at me", "report_hate"),
    ],
)
def test_doubt_is_never_read_as_yes(text: str, intent: str) -> None:
    answer = _read("referral", text, intent)
    assert answer is None or answer.value in (None, "declined", "ask_later")


@pytest.mark.parametrize(
    ("slot", "text", "intent", "kind", "words"),
    [
        ("when", "last monday", "repeat", "time", "last monday"),
        ("where", "in Llandeilo", "greet", "place", "Llandeilo"),
        ("why", "because I'm gay", "unsure", "strand", "gay"),
    ],
)
def test_the_fact_that_is_asked_for_is_an_answer_whatever_the_intent(
    slot: str, text: str, intent: str, kind: str, words: str
) -> None:
    assert _value(slot, text, intent, entities=((kind, words, words),)) == text


def test_a_name_is_taken_out_of_its_sentence() -> None:
    assert _value("contact_name", "My name is Carys Haf", "ask_anonymity") == "Carys Haf"
    assert _value("contact_name", "Hywel", "goodbye") == "Hywel"
    assert _value("contact_name", "rather not give my name", "ask_anonymity") == "anonymous"
    assert _value("contact_name", "I'd rather not", "deny") == "anonymous"
    assert _value("contact_name", "gwell gen i beidio", "skip") == "anonymous"


def test_skip_and_unknown_have_each_question_s_own_meaning() -> None:
    assert _value("risk_threats", "skip this one", "skip") == "rather_not"
    assert _value("risk_threats", "I really don't know", "unsure") == UNKNOWN
    assert _value("when", "pass", "skip") == SKIPPED
    assert _value("strands", "haven't a clue", "unsure") == ["not_sure"]


def test_what_is_told_beside_an_answer_goes_with_the_account() -> None:
    answer = _read("risk_threats", "yes he said he would kill me", "report_hate")
    assert answer == Answer("yes", addition=True)
    answer = _read("risk_threats", "they smashed my window the next day", "report_hate")
    assert answer == Answer(addition=True)


@pytest.mark.parametrize(
    ("text", "intent", "answer"),
    [
        ("they were drunk", "affirm", Answer(addition=True)),
        ("oedden nhw'n feddw", "affirm", Answer(addition=True)),
        ("nobody helped me at all", "deny", Answer(addition=True)),
        ("no, he ran away afterwards", "deny", Answer("done", addition=True)),
        ("no", "deny", Answer("done")),
        ("yes", "affirm", Answer("done", complaint="utter_listening")),
        ("asdf", "nlu_fallback", Answer(addition=True)),
    ],
)
def test_no_word_is_lost_where_more_may_be_told(text: str, intent: str, answer: Answer) -> None:
    assert _read("account_done", text, intent) == answer


def test_an_unsure_classifier_makes_no_digression() -> None:
    assert not is_digression(turn_of("stop", "stop", confidence=0.3))
    assert is_digression(turn_of("stop", "stop"))


def test_bad_details_are_complained_about() -> None:
    answer = _read("contact_phone", "1234")
    assert answer is not None
    assert answer.complaint == "utter_invalid_phone"
    assert _value("contact_email", "write to carys@example.org.") == "carys@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "07700900123 is not safe, use 07700900456",
        "not 07700 900123 but 07700 900456",
        "07700 900123 or 07700 900456",
        "don't ring 07700 900123, he checks it",
        "dont use 07700 900123",
        "07700 900123, but he checks it",
        "not 07700 900123",
        "my old number was 07700 900123",
        "peidiwch â ffonio 07700 900123",
        "paid â ffonio 07700 900123, mae e'n ei weld",
        "dyw 07700 900123 ddim yn saff",
        "dim 07700 900123, ond 07700 900456",
        "na ffoniwch 07700 900123",
        "nid 07700 900123",
        "07700 900123, ond mae e'n edrych arno",
    ],
)
def test_a_number_that_is_warned_of_or_one_of_two_is_not_taken(text: str) -> None:
    for intent in ("nlu_fallback", "deny", "quick_exit", "skip"):
        answer = _read("contact_phone", text, intent)
        assert answer == Answer(complaint="utter_invalid_phone"), intent
        answer = _read("contact_method", text, intent)
        assert answer == Answer(UNKNOWN_METHOD, complaint="utter_choose_one"), intent


@pytest.mark.parametrize(
    "text",
    [
        "my number is 07700 900123 thanks",
        "no, 07700 900123",
        "phone no: 07700 900123",
        "you could ring me on 07700 900123, no problem",
        "it's 07700 900123. 07700900123",
        "Ffoniwch fi ar 07700 900123 os gwelwch yn dda",
        "na, 07700 900123 yw'r rhif",
        "dim ond 07700 900123 sydd gen i",
        "07700 900123, dim problem",
    ],
)
def test_one_plain_number_is_taken_out_of_friendly_words(text: str) -> None:
    assert _value("contact_phone", text) == "+447700900123"
    answer = _read("contact_method", text)
    assert answer is not None
    assert (answer.value, answer.extra) == ("phone", {"contact_phone": "+447700900123"})


@pytest.mark.parametrize(
    "text",
    [
        "not carys@example.org, use haf@example.org",
        "carys@example.org is not safe",
        "dyw carys@example.org ddim yn saff",
        "carys@example.org, haf@example.org",
    ],
)
def test_an_address_that_is_warned_of_or_one_of_two_is_not_taken(text: str) -> None:
    assert _read("contact_email", text) == Answer(complaint="utter_invalid_email")
    assert _value("contact_method", text) == UNKNOWN_METHOD


def test_a_word_of_warning_inside_an_address_is_none() -> None:
    assert _value("contact_email", "it's not.but@example.org") == "not.but@example.org"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "yes but the date is wrong"),
        ("en", "Yes, but it was in Carmarthen"),
        ("en", "yeah it's fine except the date"),
        ("en", "that's right but it was Wednesday"),
        ("cy", "ie ond mae'r dyddiad yn anghywir"),
        ("cy", "ie, ond dydd Mercher oedd hi"),
        ("cy", "ydy, ond nid dydd Mawrth oedd e"),
        ("cy", "ie heblaw am y dyddiad"),
    ],
)
def test_a_yes_with_a_reserve_sends_nothing_and_asks_what_to_change(
    language: str, text: str
) -> None:
    assert _value("review", text, "affirm", language=language) == "change"
    assert _value("risk_threats", text, "affirm", language=language) == "yes"


@pytest.mark.parametrize(
    ("slot", "text"),
    [
        *(("contact_hours", text) for text in ("1", "2", "5", "five", "pump")),
        *(("evidence", text) for text in ("1", "one", "un")),
        *(("who", text) for text in ("1", "one", "un")),
    ],
)
def test_a_number_is_words_of_one_s_own_where_the_buttons_have_none(slot: str, text: str) -> None:
    assert _value(slot, text) == text
    assert _value("contact_hours", "In the morning") == "morning"
