"""For somebody else: do they know, may they be contacted, and never through the reporter unless they agree."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import NOBODY_KNOWN, SKIP, Conversation, Report, Step, walk

SON = Step(
    "Mae fy mab yn cael ei alw'n enwau yn yr ysgol yn Aberystwyth ers dydd Llun achos ei fod e'n awtistig",
    "My son gets called names at school in Aberystwyth since Monday because he is autistic",
    "account_done",
)
SON_TOLD = (SON, Step("dyna ni", "that's it", "victim_knows"))
NUISANCE = (
    Step(
        "Mae'r cymdogion yn swnllyd wrth y tŷ bob nos",
        "The neighbours are noisy by the house every night",
        "account_done",
    ),
    Step("dyna ni", "that's all", "targeted"),
    Step("ydw", "yes", "route"),
)
TO_CONTACT = (
    Step("Dydw i ddim yn gwybod", "I don't know", "why"),
    Step("achos ei anabledd e", "because of his disability", "risk_weapon_or_hurt"),
    Step(*SKIP, "who"),
    *NOBODY_KNOWN,
)
OWN_CONTACT = (
    Step("Siân", "Siân", "contact_method"),
    Step("yma", "here", "languages"),
    Step(*SKIP, "referral", ("utter_ask_referral_free",)),
    Step("2", "2", "review"),
    Step("1", "1", None, ("utter_sent",)),
)


def _reporter(**expected: object):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        assert report["route"] == "on_behalf"
        reporter = report["reporter"]
        assert {key: reporter[key] for key in expected} == expected

    return check


CONVERSATIONS = (
    Conversation(
        "a parent: the relation was told, so it is not asked",
        (
            *SON_TOLD,
            Step("Ydy, mae'n gwybod", "Yes, they know", "why"),
            *TO_CONTACT[1:],
            Step("Na, peidiwch", "No, don't", "contact_name", ("utter_no_contact_with_victim",)),
            *OWN_CONTACT,
        ),
        _reporter(
            professional=False,
            victim_knows="yes",
            may_contact_victim="no",
            victim_name=None,
            under_18=None,
        ),
    ),
    Conversation(
        "the person does not know",
        (
            *SON_TOLD,
            Step("nac ydy", "no", "why"),
            *TO_CONTACT[1:],
            Step("Dydw i ddim yn gwybod", "I don't know", "contact_name"),
            *OWN_CONTACT,
        ),
        _reporter(victim_knows="no", may_contact_victim="unknown", victim_contact=None),
    ),
    Conversation(
        "the person agrees to be contacted, and by which way",
        (
            *SON_TOLD,
            *TO_CONTACT,
            Step("Cewch, maen nhw'n cytuno", "Yes, they agree", "victim_name"),
            Step("Gwion", "Gwion", "victim_contact"),
            Step("ffonio 07700 900321 ar ôl 4", "phone 07700 900321 after 4", "contact_name"),
            *OWN_CONTACT,
        ),
        lambda report: (
            _reporter(victim_name="Gwion", may_contact_victim="yes")(report)
            if "07700 900321" in report["reporter"]["victim_contact"]
            else pytest.fail(str(report["reporter"]))
        ),
    ),
    Conversation(
        "through the reporter only when that is said",
        (
            *SON_TOLD,
            *TO_CONTACT,
            Step("ydyn", "yes", "victim_name"),
            Step("Gwion", "Gwion", "victim_contact"),
            Step("Drwof i, maen nhw'n cytuno", "Through me, they agree", "contact_name"),
            *OWN_CONTACT,
        ),
        _reporter(victim_contact="through_me"),
    ),
    Conversation(
        "the name may be kept back",
        (
            *SON_TOLD,
            *TO_CONTACT,
            Step("1", "1", "victim_name"),
            Step("sgipio", "skip", "victim_contact"),
            Step("sgipio", "skip", "contact_name"),
            *OWN_CONTACT,
        ),
        _reporter(victim_name=None, victim_contact=None, may_contact_victim="yes"),
    ),
    Conversation(
        "why this is asked is explained",
        (*SON_TOLD, Step("pam?", "why do you ask?", "victim_knows", ("utter_why_victim_knows",))),
    ),
    Conversation(
        "who the person is, where it was not told",
        (
            *NUISANCE,
            Step(
                "I rywun arall, ac rwy'n rhoi gwybod ar eu rhan",
                "To somebody else, and I am reporting for them",
                "relation",
            ),
            Step("cymydog", "a neighbour", "victim_knows"),
            Step("2", "2", "why"),
        ),
    ),
    Conversation(
        "a professional by the choice of route: role and organisation, and whether the person agreed",
        (
            *NUISANCE,
            Step("I rywun rwy'n ei gefnogi yn fy ngwaith", "To somebody I support in my work",
                 "organisation"),
            Step("gweithiwr cymorth gyda Tai Teifi", "support worker with Tai Teifi",
                 "victim_agrees"),
            Step("Ydy, mae wedi cytuno", "Yes, they agreed", "why"),
            Step("achos ei hil", "because of race", "where"),
            Step("Llandeilo", "Llandeilo", "risk_weapon_or_hurt"),
            Step(*SKIP, "who"),
            *NOBODY_KNOWN,
            Step("Na, peidiwch", "No, don't", "contact_name"),
            *OWN_CONTACT,
        ),
        lambda report: (
            _reporter(professional=True, relation=None, victim_agrees="yes", victim_knows="yes")(
                report
            )
            if "Tai Teifi" in report["reporter"]["organisation"]
            else pytest.fail(str(report["reporter"]))
        ),
    ),
    Conversation(
        "a professional by the answer to who the person is",
        (
            *NUISANCE,
            Step("4", "4", "relation"),
            Step("Rwy'n eu cefnogi yn fy ngwaith", "I support them in my work", "organisation"),
            Step("nyrs, bwrdd iechyd", "nurse, health board", "victim_agrees"),
            Step("nac ydy", "no", "why"),
        ),
    ),
    Conversation(
        "what the writer tells of themselves is not the victim's",
        (
            Step(
                "Mae'r cymdogion yn swnllyd wrth y tŷ, a dwi'n byw ar fy mhen fy hun",
                "The neighbours are noisy by the house, and I live alone",
                "account_done",
            ),
            Step("dyna ni", "that's all"),
            Step("ydw", "yes"),
            Step("4", "4"),
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_on_behalf(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
def test_of_somebody_else_it_is_asked_in_other_words(
    assistant: Assistant, catalogue: Catalogue, language: str
) -> None:
    talk = assistant.talk(language)
    for step in SON_TOLD:
        talk.say(step.text(language))
    for step in (*TO_CONTACT[:2],):
        talk.say(step.text(language))
    asked = {}
    while talk.question and talk.question.startswith("risk_"):
        asked[talk.question] = talk.text
        talk.say("2")
    assert set(asked) == {
        *("risk_weapon_or_hurt", "risk_threats", "risk_repeated", "risk_knows_where"),
        *("risk_worse", "risk_someone_close", "risk_children", "risk_alone", "risk_health_need"),
    }
    for slot in ("risk_threats", "risk_children", "risk_alone", "risk_health_need"):
        assert catalogue.say(f"utter_ask_{slot}_other", language) in asked[slot]
