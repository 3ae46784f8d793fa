"""Answers to closed questions: every way to say yes and no, consent, contact, and the review."""

from itertools import batched

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    ANSWERS,
    SKIP,
    TOLD,
    Conversation,
    Report,
    Step,
    until,
    walk,
)

WELSH_YES = (
    "do", "ydw", "ydy", "ydi", "ydyn", "oes", "oedd", "oeddwn", "oedden", "ie", "ia", "yndw", "yndi", "byddwn",
    "gwna", "do glei", "oes tad", "do, ges i fy mrifo", "ydi mae o", "odi", "odw", "odyn", "wes",
)  # fmt: skip
WELSH_NO = (
    "na", "naddo", "nac ydw", "nac ydy", "nac ydyn", "nac oes", "nag oes", "nage", "nag ydw", "nagw", "nagyw",
    "na fydd", "nac oedd", "nag o'n", "sa i'n credu", "naddo, neb", "dim o gwbl", "nadi", "nacdi", "naci",
)  # fmt: skip
ENGLISH_YES = (
    "yes", "yeah", "yep", "yup", "y", "yes they did", "yes he did", "they did", "he did", "yes it has", "definitely",
    "of course", "yeah they do", "i think so", "yes sadly", "ye", "absolutely",
)  # fmt: skip
ENGLISH_NO = (
    "no", "nope", "nah", "n", "no they didn't", "not at all", "never", "no it hasn't", "i don't think so",
    "no way", "they didn't", "no thank god", "nobody", "no not really",
)  # fmt: skip


RISKS = ("weapon_or_hurt", "threats", "repeated", "knows_where")


@pytest.mark.parametrize(
    ("language", "means", "words"),
    [
        (language, means, words)
        for language, means, all_words in (
            ("cy", "yes", WELSH_YES),
            ("cy", "no", WELSH_NO),
            ("en", "yes", ENGLISH_YES),
            ("en", "no", ENGLISH_NO),
        )
        for words in batched(all_words, len(RISKS), strict=False)
    ],
)
def test_yes_and_no_in_any_form_answer_the_risk_questions(
    assistant: Assistant, language: str, means: str, words: tuple[str, ...]
) -> None:
    talk = assistant.talk(language)
    for step in until("risk_weapon_or_hurt"):
        talk.say(step.text(language))
    for risk, word in zip(RISKS, words, strict=False):
        assert talk.question == f"risk_{risk}"
        talk.say(word)
        assert talk.question != f"risk_{risk}", f"{word!r}: {talk.text}"
    for step in until(None, start=talk.question or ""):
        talk.say(step.text(language))
    answers = assistant.staff_door.report_of(talk)["risk_answers"]
    assert {word: answers[risk] for risk, word in zip(RISKS, words, strict=False)} == dict.fromkeys(
        words, means
    )


def _referral(decision: str, words: tuple[str, str], wording: str = "opt_out"):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        referral = report["referral"]
        assert referral["decision"] == decision, referral
        assert referral["words"] in words
        assert referral["wording_version"].endswith(f"/{wording}")
        assert referral["language"] == report["language"]

    return check


def _choice(name: str, cy: str, en: str, decision: str) -> Conversation:
    return Conversation(
        f"the choice: {name}",
        (*until("referral"), Step(cy, en, "review"), *until(None, start="review")),
        _referral(decision, (cy, en)),
    )


def _unclear(name: str, cy: str, en: str) -> Conversation:
    """Heard and no choice: asked again once, then left for later."""
    return Conversation(
        f"no choice: {name}",
        (
            *until("referral"),
            Step(cy, en, "referral", ("utter_ask_referral_again",)),
            Step(cy, en, "review", ("utter_referral_ask_later",)),
            *until(None, start="review"),
        ),
        _referral("ask_later", (cy, en)),
    )


def _changed(
    name: str, part: tuple[str, str], slot: str, new: tuple[str, str], key: str
) -> Conversation:
    def check(report: Report) -> None:
        content = {**report["report"], **report["contact"], **report["referral"]}
        assert content[key] in new or content[key] in ("refer", "email"), content[key]

    steps = [Step(*new, asks="review")]
    if slot == "why":
        steps = [Step(*new)]
    return Conversation(
        f"change at review: {name}",
        (*until("review"), Step("Newid rhywbeth", "Change something", "change"),
         Step(*part, asks=slot), *steps, *until(None, start="review")),
        check,
    )  # fmt: skip


CONVERSATIONS = (
    _choice(
        "the button yes", "Iawn, pasiwch fy manylion ymlaen", "Yes, pass my details on", "refer"
    ),
    _choice("the button no", "Na, peidiwch", "No, don't", "declined"),
    _choice("the button later", "Gofynnwch i fi eto", "Ask me later", "ask_later"),
    _choice("by number", "1", "1", "refer"),
    _choice("pass them on", "ie, pasiwch nhw ymlaen", "yes, pass them on", "refer"),
    _choice("no thanks", "dim diolch", "no thanks", "declined"),
    _choice(
        "a refusal in a sentence",
        "peidiwch â rhoi fy manylion iddyn nhw",
        "don't give them my details",
        "declined",
    ),
    _choice("not now", "ddim nawr", "not now", "ask_later"),
    _choice("not sure", "dydw i ddim yn siŵr", "I'm not sure", "ask_later"),
    _unclear("ok", "ok", "ok"),
    _unclear("iawn and fine", "iawn", "fine"),
    _choice("left open by a sigh", "hmm", "hmm", "ask_later"),
    Conversation(
        "a bad number is asked for once more, then kept as written",
        (
            *until("contact_phone"),
            Step("0770 yw'r dechrau", "it starts 0770", "contact_phone", ("utter_invalid_phone",)),
            Step("0770 rhywbeth", "0770 something", "contact_hours"),
            *until(None, start="contact_hours"),
        ),
        lambda report: (
            None if "0770" in report["contact"]["phone"] else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        "a bad address, then a good one",
        (
            *until("contact_method"),
            Step("Anfonwch e-bost", "Send an email", "contact_email"),
            Step("carys at example", "carys at example", "contact_email", ("utter_invalid_email",)),
            Step("carys@example.org yw e", "it's carys@example.org", "say_police"),
            *until(None, start="say_police"),
        ),
        lambda report: (
            None if report["contact"]["email"] == "carys@example.org" else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "means and number in one message",
        (
            *until("contact_method"),
            Step("tecstiwch fi ar 07700 900123", "text me on 07700 900123", "contact_hours"),
            *until(None, start="contact_hours"),
        ),
        lambda report: (
            None
            if (report["contact"]["method"], report["contact"]["phone"])
            == ("text", "+447700900123")
            else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        # It asks for a time of one's own and its buttons have no numbers: nobody who writes "2" means the morning.
        "when to make contact: a number is an hour, and no button",
        (
            *until("contact_hours"),
            Step("2", "2", "voicemail"),
            *until(None, start="voicemail"),
        ),
        lambda report: (
            None if report["contact"]["contact_hours"] == "2" else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "when to make contact, in one's own words",
        (
            *until("contact_hours"),
            Step(
                "dim ond yn y bore, mae fy ngŵr adre wedyn",
                "mornings only, my husband is home later",
                "voicemail",
            ),
            *until(None, start="voicemail"),
        ),
        lambda report: (
            None
            if report["contact"]["contact_hours"].startswith(("dim ond", "mornings"))
            else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "no number after all: contact stays in this conversation",
        (
            *until("contact_phone"),
            Step("sgipio", "skip", "languages"),
            *until(None, start="languages"),
        ),
        lambda report: (
            None if report["contact"]["method"] == "this_conversation" else pytest.fail(str(report))
        ),
    ),
    _changed(
        "why",
        ("Pam ddigwyddodd hyn", "Why it happened"),
        "why",
        ("achos fy hil i", "because of my race"),
        "why_text",
    ),
    _changed("when", ("Pryd", "When"), "when", ("dydd Llun dwetha", "last Monday"), "when_text"),
    _changed(
        "where", ("ble", "where"), "where", ("ym Machynlleth", "in Machynlleth"), "where_text"
    ),
    _changed(
        "referral", ("fy newis", "my choice about support"), "referral", ("1", "1"), "decision"
    ),
    Conversation(
        "change at review: what happened is added to, never lost",
        (
            *until("review"),
            Step("2", "2", "change"),
            Step("1", "1", "account_done"),
            Step(
                "roedd tri ohonyn nhw, nid dau", "there were three of them, not two", "account_done"
            ),
            Step("dyna ni", "that's it", "review"),
            *until(None, start="review"),
        ),
        lambda report: (
            None if len(report["report"]["text"].splitlines()) == 2 else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "change at review: the safety questions",
        (
            *until("review"),
            Step("newid rhywbeth", "change something", "change"),
            Step("diogelwch", "safety", "risk_weapon_or_hurt"),
            Step("do", "yes", "risk_threats"),
            Step("naddo", "no", "risk_repeated"),
            Step("nac ydy", "no", "risk_knows_where"),
            Step("nac ydyn", "no", "risk_afraid"),
            Step(*SKIP, "review"),
            *until(None, start="review"),
        ),
        lambda report: (
            None if report["risk_answers"]["weapon_or_hurt"] == "yes" else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "change at review: contact, and the choice is asked for anew",
        (
            *until("review"),
            Step("newid", "change", "change"),
            Step("Fy manylion cyswllt", "My contact details", "contact_name"),
            Step("Mair", "Mair", "contact_method"),
            Step("yma", "here", "languages"),
            Step(*SKIP, "referral"),
            Step("Gofynnwch i fi eto", "Ask me later", "review"),
            *until(None, start="review"),
        ),
        lambda report: (
            None
            if report["contact"]["phone"] is None and report["referral"]["decision"] == "ask_later"
            else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        "change at review: nothing after all",
        (
            *until("review"),
            Step("Newid rhywbeth", "Change something", "change"),
            Step("Dim byd, mae popeth yn iawn", "Nothing, everything is right", "review"),
        ),
    ),
    Conversation(
        "no at the review asks what to change",
        (*until("review"), Step("nac ydy", "no", "change")),
    ),
    Conversation(
        "yes at the review sends",
        (*until("review"), Step("ydy", "yes it is", None, ("utter_sent",))),
    ),
    Conversation(
        "not sent when the person says so, and a new one can begin",
        (
            *until("review"),
            Step("Peidio ag anfon", "Don't send", None, ("utter_discarded",)),
            TOLD,
        ),
    ),
    Conversation(
        "gibberish at the review is never taken as send",
        (
            *until("review"),
            Step("fgh jkl", "fgh jkl", "review", ("utter_choose_one",)),
            Step("qwrt bnm", "qwrt bnm", "review"),
            Step("zxcv", "zxcv", "review", ("utter_ways_on",)),
        ),
    ),
    Conversation(
        "the review reads back what was said and what was understood",
        (
            *until("referral"),
            Step(
                *ANSWERS["referral"],
                "review",
                ("utter_summary_heading", "utter_summary_when", "utter_summary_where"),
            ),
        ),
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_choices(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
