"""Contact and the safety of it: only what applies is asked, in any order of words, and all of it can be left out."""

import pytest

from actions.catalogue import Catalogue
from api.conversations.receive import NO_QUESTION
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


def _contact(**expected: object):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        contact = report["contact"]
        assert {key: contact[key] for key in expected} == expected

    return check


PHONED = until("contact_hours")
TO_HOURS = Step(*ANSWERS["contact_hours"], asks="voicemail")
TO_VOICEMAIL = Step(*ANSWERS["voicemail"], asks="say_police")
TO_POLICE = Step(*ANSWERS["say_police"], asks="trusted_person")
TO_PERSON = Step(*ANSWERS["trusted_person"], asks="languages")
TO_LANGUAGES = Step(*ANSWERS["languages"], asks="access_needs")
ALL_ASKED = (*PHONED, TO_HOURS, TO_VOICEMAIL, TO_POLICE, TO_PERSON)
SENT = until(None, start="referral")
BY_TEXT = (
    TOLD,
    Step("dyna ni", "that's all", "why"),
    Step("lliw croen fi", "my skin colour", "risk_weapon_or_hurt"),
    Step("5", "5", "contact_name"),
    Step("Carys", "Carys", "contact_method"),
)

CONVERSATIONS = (
    Conversation(
        "by phone everything is asked, after one sentence why",
        (
            *until("contact_phone"),
            Step(*ANSWERS["contact_phone"], "contact_hours", ("utter_contact_intro",)),
            TO_HOURS,
            TO_VOICEMAIL,
            TO_POLICE,
            TO_PERSON,
            TO_LANGUAGES,
            Step(*ANSWERS["access_needs"], "referral"),
            *SENT,
        ),
        _contact(
            contact_hours="morning",
            voicemail="no",
            say_police="yes",
            trusted_person=None,
            spoken_language="cy",
            written_language="cy",
            interpreter=False,
            access_needs=None,
        ),
    ),
    Conversation(
        "a number that is not safe is never taken for the number to ring",
        (
            *until("contact_method"),
            Step(
                "peidiwch â ffonio 07700 900123, mae e'n ei weld",
                "don't ring 07700 900123, he checks it",
                "contact_method",
                ("utter_choose_one",),
            ),
            Step(*ANSWERS["contact_method"], "contact_phone"),
            Step(
                "dyw 07700 900123 ddim yn saff, defnyddiwch 07700 900456",
                "07700900123 is not safe, use 07700900456",
                "contact_phone",
                ("utter_invalid_phone",),
            ),
            Step("07700 900456", "07700 900456", "contact_hours"),
            Step(*SKIP, "referral"),
            *SENT,
        ),
        _contact(method="phone", phone="+447700900456"),
    ),
    Conversation(
        "all of it is left out by one answer",
        (*PHONED, Step(*SKIP, "referral", ("utter_group_skipped",)), *SENT),
        _contact(
            contact_hours=None,
            voicemail=None,
            say_police=None,
            spoken_language=None,
            interpreter=None,
        ),
    ),
    Conversation(
        "the rest of it is left out in plain words",
        (*PHONED, TO_HOURS, Step("sgipio'r rhain", "skip all of these", "referral"), *SENT),
        _contact(contact_hours="morning", voicemail=None, say_police=None),
    ),
    Conversation(
        "an hour in words of one's own",
        (*PHONED, Step("ar ôl 3 o'r gloch", "after 3 o'clock", "voicemail"), Step(*SKIP), *SENT),
        lambda report: (
            None if "3" in report["contact"]["contact_hours"] else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "only a text, and not as the police",
        (
            *PHONED,
            TO_HOURS,
            Step("Dim ond neges destun", "Only a text message", "say_police"),
            Step("na", "no", "trusted_person"),
            Step(*SKIP, "referral"),
            *SENT,
        ),
        _contact(voicemail="text", say_police="no"),
    ),
    Conversation(
        "somebody trusted is contacted instead",
        (
            *PHONED,
            TO_HOURS,
            TO_VOICEMAIL,
            TO_POLICE,
            Step("fy chwaer Nia, 07700 900456", "my sister Nia, 07700 900456", "languages"),
            Step(*SKIP, "referral"),
            *SENT,
        ),
        lambda report: (
            None if "Nia" in report["contact"]["trusted_person"] else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "nobody else, please",
        (*PHONED, TO_HOURS, TO_VOICEMAIL, TO_POLICE, Step("na", "no", "languages")),
    ),
    Conversation(
        "Welsh to speak and English to write",
        (*ALL_ASKED, Step("3", "3", "access_needs"), Step("dim byd", "nothing", "referral"), *SENT),
        _contact(spoken_language="cy", written_language="en", interpreter=False),
    ),
    Conversation(
        "another language with an interpreter",
        (
            *ALL_ASKED,
            Step(
                "Iaith arall, gyda chyfieithydd",
                "Another language, with an interpreter",
                "other_language",
            ),
            Step("Pwyleg", "Polish", "access_needs"),
            Step("dim byd", "nothing", "referral"),
            *SENT,
        ),
        lambda report: (
            _contact(interpreter=True, written_language=report["contact"]["spoken_language"])(
                report
            )
            if report["contact"]["spoken_language"] in ("Pwyleg", "Polish")
            else pytest.fail(str(report["contact"]))
        ),
    ),
    Conversation(
        "what helps is kept in the person's words",
        (
            *ALL_ASKED,
            TO_LANGUAGES,
            Step("print bras os gwelwch yn dda", "large print please", "referral"),
            *SENT,
        ),
        lambda report: (
            None if "print" in report["contact"]["access_needs"] else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "why language is asked is explained",
        (*ALL_ASKED, Step("pam?", "why do you ask?", "languages", ("utter_why_languages",))),
    ),
    Conversation(
        "by e-mail nobody asks about voicemail or hours",
        (
            *until("contact_method"),
            Step("Anfonwch e-bost", "Send an email", "contact_email"),
            Step("carys@example.org", "carys@example.org", "say_police"),
            Step("Na, peidiwch", "No, don't say so", "trusted_person"),
            Step(*SKIP, "referral"),
            *SENT,
        ),
        _contact(method="email", say_police="no", voicemail=None, contact_hours=None),
    ),
    Conversation(
        "by text there is no voicemail to leave",
        (
            *until("contact_method"),
            Step("Anfonwch neges destun", "Send a text message", "contact_phone"),
            Step("07700 900123", "07700 900123", "contact_hours"),
            Step("Gyda'r nos", "In the evening", "say_police"),
        ),
    ),
    Conversation(
        "in this conversation there is nothing to keep safe but language and help",
        (
            *until("contact_method"),
            Step("yma", "here", "languages"),
            Step("2", "2", "access_needs"),
            Step("dim", "none", "referral"),
            *SENT,
        ),
        _contact(method="this_conversation", spoken_language="en", say_police=None),
    ),
    Conversation(
        "the page's switch of language at this question is no answer to it",
        (
            *until("contact_method"),
            Step("yma", "here", "languages"),
            Step(
                "Cymraeg os gwelwch yn dda",
                "English please",
                "languages",
                ("utter_ask_languages",),
                seen=NO_QUESTION,
                switch=True,
            ),
            Step("4", "4", "other_language"),
            Step("Pwyleg", "Polish", "access_needs"),
            Step("dim byd", "nothing", "referral"),
            *SENT,
        ),
        lambda report: (
            None
            if report["language"] != report["report"]["text_language"]
            and report["contact"]["spoken_language"] in ("Pwyleg", "Polish")
            else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "without contact nothing of it is asked, and what police cannot do is said",
        (
            *until("contact_method"),
            Step("Peidiwch â chysylltu", "Don't contact me", "review", ("utter_anonymous",)),
            Step("Anfon", "Send", None, ("utter_sent_anonymous",)),
        ),
        _contact(method="none", phone=None, say_police=None, spoken_language=None),
    ),
    Conversation(
        "anonymous, and reached in this conversation all the same",
        (
            *until("contact_name"),
            Step("Aros yn ddienw", "Stay anonymous", "contact_method"),
            Step("yma", "here", "languages"),
            Step(*SKIP, "referral", ("utter_ask_referral_free",)),
            *SENT,
        ),
        _contact(name=None, method="this_conversation"),
    ),
    Conversation(
        "it is shown before sending, and going back opens it again",
        (
            *PHONED,
            Step(*SKIP, "referral"),
            Step("nôl", "go back", "contact_hours"),
            TO_HOURS,
            TO_VOICEMAIL,
            Step("Na, peidiwch", "No, don't say so", "trusted_person"),
            Step(*SKIP, "referral"),
            Step(
                *ANSWERS["referral"],
                "review",
                ("utter_summary_contact_hours", "utter_summary_say_police"),
            ),
        ),
    ),
    Conversation(
        "another means asks anew how it is safe",
        (
            *PHONED,
            Step(*SKIP, "referral"),
            Step("Na, peidiwch", "No, don't", "review"),
            Step("newid", "change", "change"),
            Step("Fy manylion cyswllt", "My contact details", "contact_name"),
            Step("Mair", "Mair", "contact_method"),
            Step("Anfonwch e-bost", "Send an email", "contact_email"),
            Step("mair@example.org", "mair@example.org", "say_police"),
        ),
    ),
    Conversation(
        "by text message, answered there: only what may be said in a text",
        (*BY_TEXT, Step("1", "1", "say_police"), Step("2", "2", "referral"), *SENT),
        _contact(method="this_conversation", say_police="no", spoken_language=None),
        channel="sms",
    ),
    Conversation(
        "by text message, phoned: one question in place of four",
        (*BY_TEXT, Step("2", "2", "safe_contact"), Step("2", "2", "referral"), *SENT),
        _contact(
            method="phone",
            voicemail="no",
            say_police="no",
            contact_hours=None,
            safe_contact_text=None,
        ),
        channel="sms",
    ),
    Conversation(
        "by text message, phoned: what is safe in words of one's own is kept as it was said",
        (
            *BY_TEXT,
            Step("2", "2", "safe_contact"),
            Step("ar ôl 4, dim neges", "after 4, no message", "referral"),
            *SENT,
        ),
        lambda report: (
            None
            if "4" in (report["contact"]["safe_contact_text"] or "")
            else pytest.fail(str(report))
        ),
        channel="sms",
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_contact(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
