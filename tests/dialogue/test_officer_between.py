"""An officer speaks while a question is open: the answer to the officer is no answer to the question. The whole way."""

from datetime import timedelta
from uuid import UUID

import pytest

from actions.catalogue import Catalogue
from api.alerts.models import AlertReason
from api.conversations.models import Conversation, Message, Sender
from api.conversations.turn import answer_conversation
from api.database import utc_now
from api.runtime import Runtime
from channels.rasa_client import RasaClient
from tests.api.backstage import add_officer, alerts, all_of, new_conversation, only, tell
from tests.api.conversations.live_conversation import LiveConversation
from tests.dialogue.assistant import TOKEN, Assistant
from tests.dialogue.conversation import SKIP, Step, until

TO_OFFICER = Step("Iawn, wrth gwrs", "Yes, of course")
WANTS_ANOTHER_CHOICE = Step(
    "Dwi wedi newid fy meddwl am y cymorth", "I've changed my mind about victim support"
)
both = pytest.mark.parametrize("language", ["cy", "en"])


class WholeWay:
    """One person's messages through the API, the worker and Rasa, to a staff door that records."""

    def __init__(
        self, runtime: Runtime, assistant: Assistant, catalogue: Catalogue, language: str
    ) -> None:
        self.runtime = runtime
        self.assistant = assistant
        self.catalogue = catalogue
        self.language = language
        self.id = UUID(int=0)

    async def begin(self) -> LiveConversation:
        later = utc_now() + timedelta(hours=1)
        self.id = await new_conversation(
            self.runtime, language=self.language, token_expires_at=later
        )
        return await LiveConversation.urgent(self.runtime, self.id)

    async def say(self, *steps: Step) -> str | None:
        """Say what the steps say, one by one; returns the question that is open then."""
        async with RasaClient(self.assistant.address, TOKEN, 60) as client:
            for step in steps:
                await tell(self.runtime, self.id, step.text(self.language))
                await answer_conversation(self.runtime, client, self.id)
        return (await only(self.runtime, Conversation)).open_question

    async def say_at_once(self, *steps: Step) -> str | None:
        """Say several things before anything is answered."""
        for step in steps:
            await tell(self.runtime, self.id, step.text(self.language))
        async with RasaClient(self.assistant.address, TOKEN, 60) as client:
            await answer_conversation(self.runtime, client, self.id)
        return (await only(self.runtime, Conversation)).open_question

    async def newest(self) -> str:
        said = [
            each for each in await all_of(self.runtime, Message) if each.sender != Sender.VICTIM
        ]
        return said[-1].text

    @property
    def reports(self) -> list[dict[str, object]]:
        return self.assistant.staff_door.reports_of(str(self.id))


@pytest.fixture
def way(runtime: Runtime, assistant: Assistant, catalogue: Catalogue, language: str) -> WholeWay:
    return WholeWay(runtime, assistant, catalogue, language)


@both
async def test_yes_to_an_officer_who_has_left_is_no_consent(way: WholeWay) -> None:
    officer = await add_officer(way.runtime)
    live = await way.begin()
    assert await way.say(*until("referral")) == "referral"
    await live.take_over(officer)
    await live.write(officer, "Ga i ffonio yfory?")
    await live.hand_back(officer)
    assert await way.say(TO_OFFICER) == "resume"
    assert (AlertReason.PERSON_REPLIED, 1) in await alerts(way.runtime)
    assert await way.say(Step("Mynd ymlaen", "Go on")) == "referral"
    assert way.catalogue.say("utter_ask_referral", way.language) in await way.newest()
    assert await way.say(Step("3", "3"), Step("Anfon", "Send")) is None
    [report] = way.reports
    assert report["referral"]["decision"] == "ask_later"  # type: ignore[index]


@both
async def test_yes_to_an_officers_message_in_mid_draft_is_no_consent(way: WholeWay) -> None:
    officer = await add_officer(way.runtime)
    live = await way.begin()
    assert await way.say(*until("referral")) == "referral"
    await live.write(officer, "Ga i ffonio yfory?")
    assert await way.say_at_once(TO_OFFICER, TO_OFFICER) == "resume"
    assert await way.say(Step("Mynd ymlaen", "Go on")) == "referral"
    assert way.reports == []


@both
async def test_yes_to_an_officer_after_sending_is_no_other_choice_about_support(
    way: WholeWay,
) -> None:
    officer = await add_officer(way.runtime)
    live = await way.begin()
    assert await way.say(*until(None), WANTS_ANOTHER_CHOICE) == "new_choice"
    await live.write(officer, "Ga i ffonio yfory?")
    assert await way.say(TO_OFFICER) == "new_choice"
    assert AlertReason.CHOICE_CHANGED not in [reason for reason, _ in await alerts(way.runtime)]
    # Seen again, the question is answered as any other.
    assert await way.say(Step(*SKIP)) is None
    assert (AlertReason.CHOICE_CHANGED, 1) in await alerts(way.runtime)
