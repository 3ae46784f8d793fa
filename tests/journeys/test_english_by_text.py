"""A victim tells it in English by text, through signed webhooks; an officer acknowledges and writes back."""

import re
from uuid import uuid4

from tests.journeys.product import ApiOfficer, Product, TextVictim

STORY = "a man spat at me outside the mosque in Haverfordwest yesterday because I am Muslim"


def report_in_english(victim: TextVictim) -> str:
    """Go through the whole report by text; returns the reference."""
    opening = victim.say(STORY, "anything else to say")
    assert opening.index("Llais ydw i") < opening.index("I'm Llais")
    victim.say("that is all", "Why do you think")
    victim.say("they shouted about my headscarf", "Was anybody hurt")
    victim.say("2", "Did they threaten")
    victim.say("no", "Has this happened before")
    victim.say("not sure", "know where you live")
    victim.say("skip", "somebody close who does this")
    victim.say("no", "Who did this")
    victim.say("never seen him before", "like us to call you")
    victim.say("Amina", "like the officer to contact you")
    victim.say("1", "may we say that it is the police")
    victim.say("yes", "It is your choice")
    victim.say("no thanks", "This is what I will send")
    sent = victim.say("send", "Your reference is")
    found = re.search(r"LL-[0-9A-Z]{4}-[0-9A-Z]{4}", sent)
    assert found is not None
    return found[0]


def test_an_english_report_by_text_reaches_an_officer_who_answers(product: Product) -> None:
    victim = TextVictim(product)
    reference = report_in_english(victim)

    officer = ApiOfficer(product)
    assert reference in [case["reference"] for case in officer.get("/v1/cases")["cases"]]
    case = officer.get(f"/v1/cases/{reference}")
    assert case["report"]["text"].startswith(STORY)
    assert (case["language"], case["channel"], case["route"]) == ("en", "sms", "victim")
    assert "religion" in case["report"]["strands"]
    assert case["referral"]["decision"] == "declined"
    assert case["action_plan"]
    alert = case["alerts"][0]
    assert {send["state"] for send in alert["sends"]} == {"accepted"}

    acknowledged = officer.post(f"/v1/alerts/{alert['id']}/acknowledge")
    assert acknowledged.status_code == 200
    assert acknowledged.json()["acknowledged_at"]

    written = officer.post(
        f"/v1/cases/{reference}/messages",
        {
            "text": "Hello Amina, this is the support officer. Can we talk tomorrow?",
            "language": "en",
        },
    )
    assert written.status_code == 201
    victim.wait_for("Can we talk tomorrow?")
    assert officer.get("/v1/audit/verify")["intact"] is True


def test_a_repeated_webhook_is_answered_once(product: Product) -> None:
    victim = TextVictim(product, number="+447700900124")
    sid = f"SM{uuid4().hex}"
    assert (
        victim.send("someone shouted at my wife because she is from Poland", sid).status_code == 200
    )
    first = victim.wait_for("anything else to say")
    again = victim.send("someone shouted at my wife because she is from Poland", sid)
    assert again.status_code == 200
    assert "<Response/>" in again.text
    victim.say("help", "not a person")
    assert len(re.findall("anything else to say", first)) == 1
