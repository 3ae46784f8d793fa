"""After a report was sent: how far it is, adding to it, another choice about support, taking it back, a person."""

from collections.abc import Iterator
from typing import Any

import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import Assistant, Talk
from tests.dialogue.conversation import ANY, Conversation, Step, until, walk

both = pytest.mark.parametrize("language", ["cy", "en"])
REFERENCE, CODE = "LL-4K7M-9QXT", "1234 5678"
STATUS: dict[str, Any] = {
    "reference": REFERENCE,
    "status": "acknowledged",
    "referral": "due",
    "contact_by_words": {"cy": "dydd Mawrth 24 Tachwedd", "en": "Tuesday 24 November"},
}
SENT = (*until("review"), Step("Anfon", "Send", None, ("utter_sent",)))
NEWS = ("Oes newyddion am fy adroddiad?", "Any news on my report?")


@pytest.fixture
def status(assistant: Assistant) -> Iterator[dict[str, Any]]:
    """A staff door that knows how far the report is."""
    assistant.staff_door.status = dict(STATUS)
    yield assistant.staff_door.status
    assistant.staff_door.status = None
    assistant.staff_door.away = False


def requests_of(talk: Talk) -> list[dict[str, Any]]:
    return [reply["request"] for reply in talk.replies if reply.get("request")]


# Each ends with a request, and nothing left open. (name, steps, what is asked to be done)
TALES = (
    (
        "an addition told at once is kept",
        (
            *SENT,
            Step(
                "Dwi wedi cofio rhif y car, CV12 ABC, car glas oedd e",
                "I remembered the number plate, CV12 ABC, it was a blue car",
                None,
                ("utter_addition_kept",),
            ),
        ),
        {"kind": "addition", "decision": None},
    ),
    (
        "an addition that is announced is asked for",
        (
            *SENT,
            Step(
                "Dwi eisiau ychwanegu rhywbeth at fy adroddiad",
                "I want to add something to my report",
                "addition",
                ("utter_ask_addition",),
            ),
            Step("Roedd tatŵ ar ei fraich", "He had a tattoo on his arm", None),
        ),
        {"kind": "addition"},
    ),
    (
        "a referral is refused afterwards",
        (
            *SENT,
            Step(
                "Dydw i ddim eisiau i'r bobl cymorth i ddioddefwyr gael fy manylion wedi'r cyfan",
                "I don't want victim support to have my details after all",
                None,
                ("utter_choice_is_declined",),
            ),
        ),
        {"kind": "referral", "decision": "declined"},
    ),
    (
        "a referral is wanted afterwards, and asked about properly",
        (
            *SENT,
            Step(
                "Dwi wedi newid fy meddwl am y cymorth",
                "I've changed my mind about victim support",
                "new_choice",
                ("utter_ask_new_choice",),
            ),
            Step("Iawn, pasiwch fy manylion ymlaen", "Yes, pass my details on", None),
        ),
        {"kind": "referral", "decision": "refer"},
    ),
    (
        "doubt about a changed choice is never a yes",
        (
            *SENT,
            Step(
                "Dwi wedi newid fy meddwl am y cymorth",
                "I've changed my mind about victim support",
                "new_choice",
            ),
            Step("iawn", "ok", "new_choice"),
            Step("hmm dwi ddim yn siŵr", "hmm I'm not sure", None),
        ),
        {"kind": "referral", "decision": "ask_later"},
    ),
    (
        "the report is to be taken back",
        (
            *SENT,
            Step(
                "Dwi am dynnu fy adroddiad yn ôl",
                "I want to withdraw my report",
                None,
                ("utter_withdrawal_kept",),
            ),
        ),
        {"kind": "withdrawal"},
    ),
    (
        "feedback is asked for and kept",
        (
            *SENT,
            Step("adborth", "feedback", "addition"),
            Step("Roedd yn hawdd i'w ddefnyddio", "It was easy to use", None),
        ),
        {"kind": "feedback"},
    ),
    (
        "a person is wanted after sending",
        (*SENT, Step("Ga i siarad gyda pherson go iawn?", "Can I talk to a real person?", None)),
        {"kind": "person"},
    ),
    (
        "a person is wanted in the middle of a report, which goes on",
        (
            *until("why"),
            Step("Ga i siarad gyda pherson go iawn?", "Can I talk to a real person?", "why"),
        ),
        {"kind": "person"},
    ),
    (
        "somebody comes back with reference and code to add something",
        (
            Step(
                f"Dwi eisiau ychwanegu rhywbeth at adroddiad {REFERENCE}",
                f"I want to add something to report {REFERENCE}",
                "case_code",
                ("utter_ask_case_code",),
            ),
            Step(CODE, CODE, "addition"),
            Step("Fe ddaethon nhw yn ôl y noson wedyn", "They came back the next night", None),
        ),
        {"kind": "addition", "reference": REFERENCE, "update_code": "12345678"},
    ),
)


@both
@pytest.mark.parametrize(("name", "steps", "request_made"), TALES, ids=[tale[0] for tale in TALES])
def test_what_is_wanted_is_asked_to_be_done(
    assistant: Assistant,
    catalogue: Catalogue,
    status: dict[str, Any],
    language: str,
    name: str,
    steps: tuple[Step, ...],
    request_made: dict[str, Any],
) -> None:
    talk = walk(assistant, catalogue, Conversation(name, steps), language)
    made = requests_of(talk)
    assert len(made) == 1, talk.text
    assert {key: made[0].get(key) for key in request_made} == request_made
    if made[0]["kind"] != "person":
        assert made[0]["words"]
        assert made[0]["language"] == language


@both
class TestHowFarItIs:
    def test_is_told_at_once_in_the_conversation_of_the_report(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        steps = (*SENT, Step(*NEWS, None))
        talk = walk(assistant, catalogue, Conversation("news", steps), language)
        assert REFERENCE in talk.text
        assert STATUS["contact_by_words"][language] in talk.text
        assert assistant.staff_door.questions[-1] == {"conversation_id": talk.id}

    def test_is_told_for_reference_and_code(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        steps = (
            Step(*NEWS, "case_reference", ("utter_ask_case_reference",)),
            Step("ll 4k7m 9qxt", "ll 4k7m 9qxt", "case_code"),
            Step(f"{CODE} yw e", f"it's {CODE}", None),
        )
        talk = walk(assistant, catalogue, Conversation("news by code", steps), language)
        assert REFERENCE in talk.text
        asked = assistant.staff_door.questions[-1]
        assert asked == {"reference": REFERENCE, "update_code": "12345678"}

    def test_both_in_one_message_are_enough(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        said = Step(
            f"Oes newyddion am fy adroddiad? {REFERENCE} {CODE}",
            f"Any news on my report? {REFERENCE} {CODE}",
            None,
        )
        talk = walk(assistant, catalogue, Conversation("news at once", (said,)), language)
        assert REFERENCE in talk.text

    def test_asked_in_the_middle_of_another_report_leads_back_to_it(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        steps = (
            *until("why"),
            Step(*NEWS, "case_reference"),
            Step(f"{REFERENCE} {CODE}", f"{REFERENCE} {CODE}", "why"),
        )
        walk(assistant, catalogue, Conversation("news meanwhile", steps), language)

    def test_without_the_reference_there_is_another_way(
        self, assistant: Assistant, catalogue: Catalogue, language: str
    ) -> None:
        steps = (
            Step(*NEWS, "case_reference"),
            Step("Does gen i ddim un", "I don't have it", ANY),
            Step("na", "no", None),
        )
        talk = walk(assistant, catalogue, Conversation("no reference", steps[:2]), language)
        if talk.question is not None:
            talk.say(steps[2].text(language))
        assert talk.question is None
        assert "101" in talk.text

    def test_a_wrong_code_is_asked_for_once_more_and_then_there_is_another_way(
        self, assistant: Assistant, catalogue: Catalogue, language: str
    ) -> None:
        pair = f"{REFERENCE} 00000000"
        steps = (
            Step(*NEWS, "case_reference"),
            Step(pair, pair, "case_reference", ("utter_case_not_found",)),
            Step(pair, pair, None, ("utter_case_not_found_again",)),
        )
        talk = walk(assistant, catalogue, Conversation("wrong code", steps), language)
        assert "101" in talk.text

    def test_with_the_staff_door_away_it_is_said_honestly(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        talk = walk(assistant, catalogue, Conversation("sent", SENT), language)
        assistant.staff_door.away = True
        talk.say(NEWS[0] if language == "cy" else NEWS[1])
        assert catalogue.say("utter_case_away", language) in talk.text
        assert talk.question is None

    def test_danger_told_meanwhile_comes_first(
        self,
        assistant: Assistant,
        catalogue: Catalogue,
        status: dict[str, Any],
        language: str,
    ) -> None:
        talk = walk(assistant, catalogue, Conversation("sent", (Step(*NEWS),)), language)
        card = {"danger": "card", "suicide": "none", "flags": []}
        said = "mae e tu fas gyda chyllell" if language == "cy" else "he's outside with a knife"
        talk.say(said, safety=card)
        assert catalogue.say("utter_when_safe", language) in talk.text
        assert talk.question == "case_reference"
