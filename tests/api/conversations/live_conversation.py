"""A conversation that officers may take over, and an officer who writes in it."""

from uuid import UUID

from api.alerts.service import raise_urgent_alert
from api.cases.officer_messages import write_to_person
from api.conversations.receive import lock_conversation
from api.conversations.takeover import hand_back, take_over
from api.conversations.turn import OpenTurn, _open_turn
from api.officers.models import Officer
from api.runtime import Runtime
from channels.rasa_client import RasaClient, TurnAnswer


class LiveConversation:
    """A conversation with a case, which officers may take over."""

    def __init__(self, runtime: Runtime, conversation_id: UUID, reference: str) -> None:
        self.runtime = runtime
        self.id = conversation_id
        self.reference = reference

    @classmethod
    async def urgent(cls, runtime: Runtime, conversation_id: UUID) -> "LiveConversation":
        """One that officers have been alerted to before any report was sent."""
        async with runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            case, _ = await raise_urgent_alert(session, runtime, conversation)
            await session.commit()
        return cls(runtime, conversation_id, case.reference)

    async def take_over(self, officer: Officer) -> None:
        async with self.runtime.database.session() as session:
            await take_over(session, self.runtime, officer, self.reference)
            await session.commit()

    async def write(self, officer: Officer, words: str) -> None:
        async with self.runtime.database.session() as session:
            await write_to_person(session, self.runtime, officer, self.reference, words, "cy")
            await session.commit()

    async def hand_back(self, officer: Officer) -> None:
        async with self.runtime.database.session() as session:
            await hand_back(session, self.runtime, officer, self.reference)
            await session.commit()

    async def have_turn_taken(self, client: RasaClient) -> tuple[OpenTurn, TurnAnswer]:
        """Have Rasa take what waits; its answer is not kept yet."""
        turn = await _open_turn(self.runtime, self.id)
        assert turn is not None
        return turn, await client.take_turn(turn.id, self.id, turn.text, turn.metadata)
