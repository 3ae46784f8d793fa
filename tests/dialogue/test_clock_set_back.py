"""The memory of a conversation does not depend on the time of day."""

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
