"""Neither the memory of a conversation nor what "today" means depends on when it is answered."""

import psycopg
import pytest

from tests.dialogue.assistant import Assistant
from tests.dialogue.conversation import until


@pytest.mark.parametrize("language", ["cy", "en"])
def test_nothing_is_forgotten_when_the_clock_is_set_back(
    assistant: Assistant, language: str
) -> None:
    talk = assistant.talk(language)
    steps = until("risk_threats")
    talk.say(steps[0].text(language))
    with psycopg.connect(assistant.database_url) as connection:
        # As if the clock had gone an hour ahead until now.
        connection.execute(
            "update rasa.events set timestamp = timestamp + 3600 where sender_id = %s", (talk.id,)
        )
    for step in steps[1:]:
        talk.say(step.text(language))
        assert talk.question == step.asks, talk.text
    for step in until(None, start="risk_threats"):
        talk.say(step.text(language))
    report = assistant.staff_door.report_of(talk)
    assert steps[0].text(language) in report["report"]["text"]


@pytest.mark.parametrize("language", ["cy", "en"])
def test_a_day_is_read_as_it_was_when_the_message_was_sent(
    assistant: Assistant, language: str
) -> None:
    """A message that waited, while Rasa or the worker was away, is answered on another day."""
    talk = assistant.talk(language)
    told, *following = until(None)
    # On a Tuesday before midnight, of "Tuesday night".
    talk.say(told.text(language), sent_at="2025-03-04T23:50:00+00:00")
    for step in following:
        talk.say(step.text(language))
    report = assistant.staff_door.report_of(talk)["report"]
    assert report["occurred_from"] == "2025-03-04T18:00:00+00:00"
    assert report["occurred_to"] == "2025-03-04T23:50:00+00:00"
