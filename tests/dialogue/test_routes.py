"""Who reports, and what they are asked: whole conversations from the first word to the receipt."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    ANSWERS,
    BARE,
    NOBODY_KNOWN,
    SKIP,
    TOLD,
    Conversation,
    Report,
    Step,
    until,
    walk,
)


def _is_full_victim_report(report: Report) -> None:
    content = report["report"]
    assert report["route"] == "victim"
    assert "Llanelli" in content["text"]
    assert content["text_language"] == report["language"]
    assert content["strands"] == ["race"]
    assert "Llanelli" in content["where_text"]
    assert content["place"]
    assert content["when_text"]
    assert content["occurred_from"] < content["occurred_to"]
    answers = report["risk_answers"]
    assert (answers["weapon_or_hurt"], answers["threats"], answers["repeated"]) == (
        *("no", "yes", "yes"),
    )
    assert answers["knows_where"] == answers["harder"] == "rather_not"
    assert report["contact"]["name"] == "Carys"
    assert report["contact"]["method"] == "phone"
    assert report["contact"]["phone"] == "+447700900123"
    assert report["referral"]["decision"] == "declined"


def _is_by_witness(report: Report) -> None:
    assert report["route"] == "witness"
    assert report["report"]["strands"] == ["religion"]
    assert report["contact"]["method"] == "none"
    assert report["contact"]["name"] is None
    assert report["referral"]["decision"] == "not_asked"


def _is_on_behalf(report: Report) -> None:
    assert report["route"] == "on_behalf"
    assert report["referral"]["wording_version"].endswith("/opt_in")


def _is_opt_out(report: Report) -> None:
    assert report["route"] == "victim"
    assert report["referral"]["wording_version"].endswith("/opt_out")


def _holds_all_messages(report: Report) -> None:
    assert len(report["report"]["text"].splitlines()) == 4


def _is_about_nuisance(report: Report) -> None:
    assert "race" in report["report"]["strands"]


CONVERSATIONS = (
    Conversation(
        "a victim tells, answers, reviews and sends",
        (
            Step("Shwmae", "Hello", "account", ("utter_greet", "utter_ask_account")),
            *until("review"),
            Step("Anfon", "Send", None, ("utter_sent",)),
        ),
        _is_full_victim_report,
    ),
    Conversation(
        "an ordinary victim gets the wording that tells what normally happens",
        (
            *until("contact_hours"),
            Step(*SKIP, "referral", ("utter_group_skipped", "utter_ask_referral")),
            *until(None, start="referral"),
        ),
        _is_opt_out,
    ),
    Conversation(
        "who gives a name in a sentence is not taken for anonymous",
        (
            *until("contact_name"),
            Step("Fy enw i yw Carys Haf", "My name is Carys Haf", "contact_method"),
            Step("Yma, yn y sgwrs hon", "Here, in this conversation", "languages"),
            *until(None, start="languages"),
        ),
        lambda report: (
            None if report["contact"]["name"] == "Carys Haf" else pytest.fail(str(report))
        ),
    ),
    Conversation(
        "an announcement is heard and is not the account",
        (
            Step(
                "Dwi isio riportio trosedd casineb",
                "I want to report a hate crime",
                "account",
                ("utter_ask_account",),
            ),
            *until(None),
        ),
        _is_full_victim_report,
    ),
    Conversation(
        "several messages make one account",
        (
            TOLD,
            Step("oedden nhw'n feddw", "they were drunk", "account_done"),
            Step("wedyn nathon nhw boeri arna i", "then they spat at me", "account_done"),
            Step("a gwthio fi mas o'r bws", "and pushed me off the bus", "account_done"),
            *until(None, start="account_done"),
        ),
        _holds_all_messages,
    ),
    Conversation(
        "yes, there is more: the bot listens on",
        (
            TOLD,
            Step("oes", "yes", "account_done", ("utter_listening",)),
            Step("dim byd arall", "nothing else", "why"),
        ),
    ),
    Conversation(
        "a witness who stays anonymous is told what that means",
        (
            Step(
                "Gwelais i ddyn yn gweiddi pethau ofnadwy ar fenyw mewn hijab yng Nghaerfyrddin ddoe",
                "I saw a man shouting awful things at a woman in a hijab in Carmarthen yesterday",
                "account_done",
            ),
            Step("na, dim byd arall", "no, nothing else", "why"),
            Step("achos ei bod hi'n Fwslim", "because she is Muslim", "risk_weapon_or_hurt"),
            Step("naddo", "no", "risk_threats", ("utter_ask_risk_threats_other",)),
            Step("naddo", "no", "risk_repeated"),
            Step(
                "sa i'n gwbod", "dunno", "risk_knows_where", ("utter_ask_risk_knows_where_other",)
            ),
            Step("sai'n siŵr", "not sure", "who"),
            *NOBODY_KNOWN,
            Step("Aros yn ddienw", "Stay anonymous", "contact_method"),
            Step("Peidiwch â chysylltu", "Don't contact me", "review", ("utter_anonymous",)),
            Step("Anfon", "Send", None, ("utter_sent_anonymous",)),
        ),
        _is_by_witness,
    ),
    Conversation(
        "for somebody else: asked about them, and free to choose",
        (
            Step(
                "Mae fy mab yn cael ei alw'n enwau yn yr ysgol yn Aberystwyth achos ei fod e'n awtistig",
                "My son gets called names at school in Aberystwyth because he is autistic",
                "account_done",
            ),
            Step("dyna ni", "that's it", "victim_knows"),
            Step("ydy", "yes", "why"),
            Step("achos ei anabledd e", "because of his disability", "when"),
            Step("ers mis", "for a month", "risk_weapon_or_hurt"),
            Step("naddo", "no", "risk_threats", ("utter_ask_risk_threats_other",)),
            Step("naddo", "no", "risk_repeated"),
            Step("ydy", "yes", "risk_knows_where", ("utter_ask_risk_knows_where_other",)),
            Step("ydyn", "yes", "risk_worse"),
            Step(*SKIP, "who"),
            *NOBODY_KNOWN,
            Step("na, peidiwch", "no, don't", "contact_name", ("utter_no_contact_with_victim",)),
            Step("Siân", "Siân", "contact_method"),
            Step("yma", "here", "languages"),
            Step(*SKIP, "referral", ("utter_ask_referral_free",)),
            Step("2", "2", "review"),
            Step("1", "1", None, ("utter_sent",)),
        ),
        _is_on_behalf,
    ),
    Conversation(
        "a nuisance is taken in, and the person asked whether they are targeted",
        (
            Step(
                "Mae plant yn cicio pêl yn erbyn fy nrws i bob nos",
                "Kids keep kicking a ball against my door every night",
                "account_done",
            ),
            Step("dyna i gyd", "that is everything", "targeted"),
            Step("Ydw, oherwydd pwy ydw i", "Yes, because of who I am", "route"),
            Step("I fi", "To me", "why"),
            Step("achos mod i'n dod o Syria", "because I'm Syrian"),
        ),
    ),
    Conversation(
        "not targeted: the right place is named, and the person may go on",
        (
            Step(
                "Mae'r cymdogion yn swnllyd bob nos",
                "The neighbours are noisy every night",
                "account_done",
            ),
            Step("dyna fo", "that's all", "targeted"),
            Step("nac ydw", "no", "route", ("utter_not_targeted",)),
        ),
    ),
    Conversation(
        "not sure whether targeted is an answer",
        (
            Step(
                "Mae'r cymdogion yn swnllyd bob nos",
                "The neighbours are noisy every night",
                "account_done",
            ),
            Step("dyna fe", "nothing else", "targeted"),
            Step("falle", "maybe", "route"),
        ),
    ),
    Conversation(
        "what the account does not tell is asked, and strands are several by number",
        (
            BARE,
            Step("Dyna'r cyfan", "That is all", "why"),
            Step("dim syniad", "no idea", "strands"),
            Step("1 a 3", "1 and 3", "when"),
            Step("wythnos dwetha", "last week", "where"),
            Step("Llandeilo", "Llandeilo", "risk_weapon_or_hurt"),
            Step(*SKIP, "who"),
            Step(*ANSWERS["who"], "evidence"),
            *until("review", start="evidence"),
            Step("anfonwch e", "send it", None, ("utter_sent",)),
        ),
        lambda report: (
            None
            if report["report"]["strands"] == ["disability", "religion"]
            and report["report"]["where_text"] == "Llandeilo"
            else pytest.fail(str(report["report"]))
        ),
    ),
    Conversation(
        "strands in words, two of them",
        (
            BARE,
            Step("Dyna'r cyfan", "That is all", "why"),
            Step("ddim yn siŵr", "not sure", "strands"),
            Step("fy hil a fy nghrefydd", "my race and my religion", "when"),
        ),
    ),
    Conversation(
        "the account by text message, from hello to receipt",
        (
            TOLD,
            Step("dyna ni", "thats all", "why"),
            Step("lliw croen fi", "my skin colour", "risk_weapon_or_hurt"),
            Step("2", "2", "risk_threats"),
            Step("1", "1", "risk_repeated"),
            Step("5", "5", "risk_knows_where"),
            Step("3", "3", "risk_someone_close"),
            Step("2", "2", "contact_name"),
            Step("1", "1", "contact_method"),
            Step("3", "3", "say_police"),
            Step("2", "2", "referral", ("utter_ask_referral_free",)),
            Step("3", "3", "review", ("utter_referral_ask_later",)),
            Step("1", "1", None, ("utter_sent",)),
        ),
        lambda report: (
            None
            if report["channel"] == "sms"
            and report["contact"]["method"] == "this_conversation"
            and report["risk_answers"]["repeated"] == "rather_not"
            else pytest.fail(str(report))
        ),
        channel="sms",
    ),
)


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_a_report_by_each_route(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)
