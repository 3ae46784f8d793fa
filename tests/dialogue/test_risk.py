"""Questions about risk: asked by route and channel, not asked when told, skipped one by one or together."""

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import (
    AFTER_TOLD,
    ANSWERS,
    SKIP,
    TOLD,
    Conversation,
    Report,
    Step,
    until,
    walk,
)

RISKS = [slot for slot in ANSWERS if slot.startswith("risk_")]


def _answers(**expected: str):  # type: ignore[no-untyped-def]
    def check(report: Report) -> None:
        answers = report["risk_answers"]
        assert {code: answers.get(code) for code in expected} == expected

    return check


def _each(slots: list[str], end: str) -> tuple[Step, ...]:
    """A step for each question, answered as in ANSWERS, up to the question `end`."""
    following = [*slots[1:], end]
    return tuple(Step(*ANSWERS[slot], asks=ask) for slot, ask in zip(slots, following, strict=True))


def _told(name: str, cy: str, en: str, **expected: str) -> Conversation:
    """An account that goes on to tell something of risk, with the rest skipped."""
    asked_first = "threats" if expected.get("weapon_or_hurt") == "yes" else "weapon_or_hurt"
    return Conversation(
        f"told: {name}",
        (
            TOLD,
            Step(cy, en, "account_done", ("utter_account_added",)),
            Step("dyna ni", "that's all", "why"),
            Step("achos lliw fy nghroen", "because of my skin colour", f"risk_{asked_first}"),
            Step(*SKIP, "evidence", ("utter_group_skipped",)),
            *until(None, start="evidence"),
        ),
        _answers(**expected),
    )


def _at(name: str, slot: str, cy: str, en: str, asks: str, answer: str) -> Conversation:
    """One question answered in words of one's own."""
    return Conversation(
        f"at {slot}: {name}",
        (
            *until("risk_weapon_or_hurt"),
            *_each(RISKS[: RISKS.index(f"risk_{slot}")], f"risk_{slot}"),
            Step(cy, en, asks),
            Step(*SKIP, "evidence"),
            *until(None, start="evidence"),
        ),
        _answers(**{slot: answer}),
    )


CONVERSATIONS = (
    Conversation(
        "every question is asked of a victim in the web chat, after one sentence why",
        (
            *until("why"),
            Step(*ANSWERS["why"], RISKS[0], ("utter_risk_intro",)),
            *_each(RISKS, "evidence"),
            *until(None, start="evidence"),
        ),
        _answers(
            weapon_or_hurt="no",
            threats="yes",
            repeated="yes",
            knows_where="unknown",
            worse="yes",
            afraid="a_bit",
            daily_life="no",
            someone_close="no",
            children="no",
            alone="no",
            health_need="rather_not",
            harder="no",
        ),
    ),
    Conversation(
        "why is said once",
        (
            *until("risk_weapon_or_hurt"),
            Step("naddo", "no", "risk_threats", never=("utter_risk_intro",)),
        ),
    ),
    Conversation(
        "the whole group is skipped at its first question, and listed as not said",
        (
            *until("risk_weapon_or_hurt"),
            Step(*SKIP, "evidence", ("utter_group_skipped",)),
            *until("referral", start="evidence"),
            Step(*ANSWERS["referral"], "review", ("utter_summary_risk_skipped",)),
            *until(None, start="review"),
        ),
        _answers(weapon_or_hurt="rather_not", threats="rather_not", harder="rather_not"),
    ),
    Conversation(
        "the rest is skipped in plain words, and what was answered stays",
        (
            *until("risk_repeated"),
            Step("sgipio'r rhain", "skip all of these", "evidence", ("utter_group_skipped",)),
            *until(None, start="evidence"),
        ),
        _answers(threats="yes", repeated="rather_not", afraid="rather_not"),
    ),
    Conversation(
        "going back after skipping opens the whole group again",
        (
            *until("risk_weapon_or_hurt"),
            Step(*SKIP, "evidence"),
            Step("nôl", "go back", "risk_weapon_or_hurt"),
            Step("naddo", "no", "risk_threats"),
        ),
    ),
    Conversation(
        "a first time does not get worse",
        (
            *until("risk_repeated"),
            Step("Nac ydy, y tro cyntaf", "No, the first time", "risk_knows_where"),
            Step("nac ydyn", "no", "risk_afraid"),
            Step(*SKIP, "evidence"),
            *until(None, start="evidence"),
        ),
        lambda report: (
            None if "worse" in report["risk_answers"] else pytest.fail(str(report["risk_answers"]))
        ),
    ),
    Conversation(
        "why is explained for every one of them",
        (
            *until("risk_weapon_or_hurt"),
            Step("pam chi'n gofyn?", "why do you ask?", "risk_weapon_or_hurt", ("utter_why_risk_weapon_or_hurt",)),
        ),
    ),
    Conversation(
        "what was told is shown before sending, and can be corrected",
        (
            TOLD,
            Step("Wnaethon nhw fy mygwth i hefyd", "They threatened me as well", "account_done"),
            Step("dyna ni", "that's all", "why"),
            Step("achos lliw fy nghroen", "because of my skin colour", "risk_weapon_or_hurt"),
            Step(*SKIP, "evidence"),
            *until("referral", start="evidence"),
            Step(*ANSWERS["referral"], "review", ("utter_summary_risk_threats",)),
            Step("newid", "change", "change"),
            Step("Y cwestiynau diogelwch", "The safety questions", "risk_weapon_or_hurt"),
            Step("naddo", "no", "risk_threats"),
            Step("naddo", "no", "risk_repeated"),
            Step(*SKIP, "review"),
            *until(None, start="review"),
        ),
        _answers(threats="no"),
    ),
    _told("a threat", "Wnaethon nhw fy mygwth i hefyd", "They threatened me as well",
          threats="yes", weapon_or_hurt="rather_not"),
    _told("an injury", "Wedyn fe wnaethon nhw fy nyrnu i", "Then they punched me in the face",
          weapon_or_hurt="yes", threats="rather_not"),
    _told("how often", "Maen nhw'n gweiddi arna i bob wythnos", "They shout at me every week",
          repeated="often"),
    _told("again", "Wnaethon nhw fe eto ar y ffordd adre", "They did it again on the way home",
          repeated="yes"),
    _told("where I live", "Mae un ohonyn nhw'n gwybod ble dwi'n byw",
          "One of them knows where I live", knows_where="yes"),
    _told("a denial is no telling", "Wnaethon nhw ddim fy mygwth i o gwbl chwaith",
          "They didn't threaten me at all though", threats="rather_not"),
    _at("how often", "repeated", "bob nos", "every night", "risk_knows_where", "often"),
    _at("yes, and often", "repeated", "2", "2", "risk_knows_where", "often"),
    _at("terrified", "afraid", "mae ofn mawr arna i", "I'm terrified", "risk_daily_life", "very"),
    _at("not at all", "afraid", "nac oes", "no", "risk_daily_life", "no"),
    _at("yes alone is yes", "afraid", "oes", "yes", "risk_daily_life", "yes"),
    _at("sleep", "daily_life", "dwi'n methu cysgu", "I can't sleep", "risk_someone_close", "yes"),
    _at("somebody close", "someone_close", "ie", "yes", "risk_children", "yes"),
    _at("nobody close", "someone_close", "nage", "no", "risk_children", "no"),
    _at("a need", "health_need", "dwi'n defnyddio cadair olwyn", "I use a wheelchair",
        "risk_harder", "yes"),
    Conversation(
        "somebody close: the choice about support is free",
        (
            *until("risk_weapon_or_hurt"),
            *_each(RISKS[: RISKS.index("risk_someone_close")], "risk_someone_close"),
            Step("Ie, rhywun agos", "Yes, somebody close", "risk_children"),
            Step(*SKIP, "evidence"),
            *until("contact_hours", start="evidence"),
            Step(*SKIP, "referral", ("utter_ask_referral_free",)),
            *until(None, start="referral"),
        ),
        lambda report: (
            None
            if report["referral"]["wording_version"].endswith("/opt_in")
            else pytest.fail(str(report["referral"]))
        ),
    ),
    Conversation(
        "by text message only the most telling ones",
        (
            TOLD,
            Step("dyna ni", "that's all", "why"),
            Step("lliw croen fi", "my skin colour", "risk_weapon_or_hurt"),
            Step("2", "2", "risk_threats"),
            Step("2", "2", "risk_repeated"),
            Step("1", "1", "risk_knows_where"),
            Step("2", "2", "risk_someone_close"),
            Step("2", "2", "contact_name"),
        ),
        channel="sms",
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda each: each.name)
def test_risk(
    assistant: Assistant, catalogue: Catalogue, conversation: Conversation, language: str
) -> None:
    walk(assistant, catalogue, conversation, language)


@pytest.mark.parametrize("language", ["cy", "en"])
def test_a_victim_who_tells_little_by_text_is_asked_about_seventeen_questions(
    assistant: Assistant, language: str
) -> None:
    index = 0 if language == "cy" else 1
    said = {
        **ANSWERS,
        "account": ("Fe waeddon nhw bethau cas arna i", "They shouted nasty things at me"),
        "contact_method": ("Yma", "Here"),
    }
    talk = assistant.talk(language, "sms")
    talk.say(said["account"][index])
    asked = ["account"]
    while talk.question is not None:
        asked.append(talk.question)
        assert len(asked) <= 18, asked
        talk.say(said[talk.question][index])
    assert {"account", "why", "when", "where", "risk_threats", "say_police", "referral"} <= set(
        asked
    )
    report = assistant.staff_door.report_of(talk)
    assert report["contact"]["say_police"] == "yes"
    assert set(AFTER_TOLD) - set(asked) == {*("contact_phone", "contact_hours", "evidence")}
