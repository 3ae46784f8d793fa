"""Which questions come: by policy, route and channel; and what they cost as a text message."""

from datetime import date

import pytest

from actions.catalogue import Catalogue
from actions.config import ROOT
from actions.policy import policy_in_force
from actions.questions import GROUPS, QUESTIONS, RISKS, next_question
from actions.risk_plan import risks_of_route, risks_to_ask
from api.policy import policy, policy_version
from channels.sms import segments, with_choices

CATALOGUE = Catalogue.load(ROOT)
MOST_SEGMENTS = 3
# Too long as texts already before; their wording is settled elsewhere.
LONGER_TEXTS = {"targeted", "strands"}
ASKED = policy(policy_version()).risk.asked


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("route", ["victim", "under_18", "witness", "on_behalf"])
def test_questions_come_in_the_order_of_the_policy(channel: str, route: str) -> None:
    slots: dict[str, object] = {
        "channel": channel,
        "route": "victim" if route == "under_18" else route,
        "found": {"under_18": route == "under_18"},
        "risk_repeated": None,
    }
    asked = []
    while risks_to_ask(slots):
        asked.append(risks_to_ask(slots)[0])
        slots[f"risk_{asked[-1]}"] = "yes"
    assert tuple(asked) == ASKED[channel][route]  # type: ignore[index]
    assert set(asked) <= set(risks_of_route(slots))


def test_actions_and_cases_go_by_the_same_policy() -> None:
    in_force = policy_in_force()
    assert (
        in_force["consent"]["wording_version"] == policy(policy_version()).consent.wording_version
    )
    assert set(in_force["risk"]["questions"]) == set(policy(policy_version()).risk.questions)
    assert policy_in_force(date(2020, 1, 1)) == policy_in_force(date(2026, 11, 1))


def test_every_code_of_the_policy_is_a_question_of_the_form() -> None:
    assert {f"risk_{code}" for code in policy_in_force()["risk"]["questions"]} == set(RISKS)


def test_the_form_asks_the_first_of_the_policy_that_is_open() -> None:
    answered = dict.fromkeys(
        ("account", "account_done", "why", "strands", "when", "where", "risk_threats"), "x"
    )
    slots = {**answered, "route": "victim", "risk_weapon_or_hurt": "no"}
    following = next_question(slots)
    assert following is not None
    assert following.slot == "risk_repeated"


def _texts(language: str) -> dict[str, str]:
    """Every question as it would be sent, with its choices."""
    texts = {}
    for question in QUESTIONS:
        for name in (f"utter_ask_{question.slot}", f"utter_ask_{question.slot}_other"):
            if name in CATALOGUE and question.slot not in LONGER_TEXTS:
                labels = [{"label": each["title"]} for each in CATALOGUE.buttons(name, language)]
                texts[name] = with_choices(CATALOGUE.say(name, language), labels)
    return texts


@pytest.mark.parametrize("language", ["cy", "en"])
def test_a_question_fits_in_three_segments(language: str) -> None:
    by_text = {code for codes in ASKED["sms"].values() for code in codes}
    never_by_text = {slot for slot in RISKS if slot.removeprefix("risk_") not in by_text}
    long = {
        name: segments(text)
        for name, text in _texts(language).items()
        if segments(text) > MOST_SEGMENTS
        and name.removeprefix("utter_ask_").removesuffix("_other") not in never_by_text
    }
    assert long == {}


@pytest.mark.parametrize("language", ["cy", "en"])
@pytest.mark.parametrize(
    "name", ["risk_intro", "contact_intro", "under_18", "group_skipped", "no_contact_with_victim"]
)
def test_what_is_said_beside_a_question_fits_too(name: str, language: str) -> None:
    assert segments(CATALOGUE.say(f"utter_{name}", language)) <= MOST_SEGMENTS


def test_every_question_of_a_group_lets_the_rest_be_left_out() -> None:
    for slots in GROUPS.values():
        for question in QUESTIONS:
            if question.slot in slots and question.slot not in ("safe_contact", "other_language"):
                assert "skip_all" in question.codes, question.slot
