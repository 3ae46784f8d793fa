"""An assistant for tests of the page: it answers by what a message contains, through the real tables."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.conversations.models import Kind, Message, Sender, Turn, TurnState
from api.conversations.receive import lock_conversation
from api.conversations.resume import offer_code
from api.conversations.say import say
from api.database import new_id, utc_now
from api.runtime import Runtime
from api.words import Language

LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Answer:
    """`asks` is the question that stands open after it."""

    text: dict[Language, str]
    options: dict[str, Any] = field(default_factory=dict)
    asks: str | None = None
    gives_code: bool = False


PASS_ON: list[dict[Language, str]] = [
    {"cy": "Iawn, pasiwch fy manylion ymlaen", "en": "Yes, pass my details on"},
    {"cy": "Na, peidiwch", "en": "No, don't"},
    {"cy": "Gofynnwch i fi eto", "en": "Ask me later"},
]
ANSWERS = {
    "#question": Answer(
        {
            "cy": "Fel arfer rydyn ni'n rhoi eich enw a'ch manylion cyswllt i'r gwasanaeth cymorth i "
            "ddioddefwyr. Eich dewis chi yw e.",
            "en": "We normally give your name and contact details to the victim support service. "
            "It is your choice.",
        },
        {"choices": PASS_ON},
        asks="referral",
    ),
    "#strands": Answer(
        {
            "cy": "Pa rai o'r rhain sy'n rhan o'r rheswm, yn eich barn chi?",
            "en": "Which of these do you think are part of the reason?",
        },
        {
            "choices": [
                {"cy": "Anabledd", "en": "Disability"},
                {"cy": "Hil, lliw neu genedl", "en": "Race, colour or nationality"},
                {"cy": "Crefydd neu ffydd", "en": "Religion or faith"},
            ]
        },
        asks="strands",
    ),
    "#code": Answer(
        {
            "cy": "Mae popeth yn aros yma. Dewch yn ôl pan fyddwch chi'n barod.",
            "en": "Everything stays here. Come back when you are ready.",
        },
        gives_code=True,
    ),
    "#summary": Answer(
        {
            "cy": "Crynodeb o'ch adroddiad\nBeth ddigwyddodd: gweiddi arna i ar y stryd.\n"
            "Pryd: nos Fawrth 3 Mawrth, tua 9 o'r "
            "gloch.\nBle: Llanelli.",
            "en": "A summary of your report\nWhat happened: shouting at me in the street.\n"
            "When: Tuesday 3 March, at about 9 in "
            "the evening.\nWhere: Llanelli.",
        },
        {"kind": Kind.SUMMARY},
    ),
    "#review": Answer(
        {
            "cy": "Dyma beth fydda i'n ei anfon. Ydy popeth yn iawn?",
            "en": "This is what I will send. Is everything right?",
        },
        {
            "choices": [
                {"cy": "Anfon", "en": "Send"},
                {"cy": "Newid rhywbeth", "en": "Change something"},
                {"cy": "Peidio ag anfon", "en": "Don't send"},
            ]
        },
        asks="review",
    ),
    "#receipt": Answer(
        {
            "cy": "Mae eich adroddiad wedi'i anfon. Bydd swyddog yn cysylltu â chi erbyn dydd Iau.",
            "en": "Your report has been sent. An officer will contact you by Thursday.",
        },
        {"kind": Kind.RECEIPT, "reference": "HC-7K3M-92"},
    ),
    "#card": Answer(
        {
            "cy": "Ffoniwch 999 nawr os gallwch chi. Neu siaradwch â'r Samariaid, 116 123.",
            "en": "Call 999 now if you can. Or talk to Samaritans, 116 123.",
        },
        {"kind": Kind.EMERGENCY},
    ),
    "#officer": Answer(
        {
            "cy": "Helo. Rydw i wedi darllen eich adroddiad, a bydda i'n eich ffonio bore fory.",
            "en": "Hello. I have read your report, and I will call you tomorrow morning.",
        },
        {"sender": Sender.OFFICER},
    ),
    "#html": Answer({"cy": "<b>cryf</b> <img src=x>", "en": "<b>bold</b> <img src=x>"}),
}
OTHERWISE = Answer(
    {
        "cy": "Mae'n ddrwg gen i fod hynny wedi digwydd i chi. Pam, yn eich barn chi, ddigwyddodd hyn?",
        "en": "I'm sorry that happened to you. Why do you think it happened?",
    },
    asks="why",
)


class FakeAssistant:
    """Answers every waiting message within a moment. Use as an async context manager.

    A message that contains #silence stays unanswered, so that the assistant seems to be writing.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "FakeAssistant":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            async with self._runtime.database.session() as session:
                waiting = await session.execute(
                    select(Message.id, Message.conversation_id, Message.text)
                    .where(Message.sender == Sender.VICTIM, Message.turn_id.is_(None))
                    .order_by(Message.seq)
                )
                messages = list(waiting)
            for message_id, conversation_id, text in messages:
                if "#silence" not in text:
                    await self._answer(message_id, conversation_id, text)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _answer(self, message_id: UUID, conversation_id: UUID, text: str) -> None:
        async with self._runtime.database.session() as session:
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            message = await session.get_one(Message, message_id)
            turn = Turn(
                id=new_id(),
                conversation_id=conversation_id,
                state=TurnState.ANSWERED,
                answered_at=utc_now(),
            )
            session.add(turn)
            await session.flush()
            message.turn_id = turn.id
            language: Language = "cy" if conversation.language == "cy" else "en"
            answers = [ANSWERS[word] for word in ANSWERS if word in text] or [OTHERWISE]
            # What asks comes last.
            for answer in sorted(answers, key=lambda each: each.asks is not None):
                options = dict(answer.options)
                if "choices" in options:
                    options["choices"] = [
                        {"label": label[language], "value": label[language]}
                        for label in options["choices"]
                    ]
                await say(
                    session,
                    self._runtime,
                    conversation,
                    answer.text[language],
                    reply_to=message_id,
                    **options,
                )
                conversation.open_question = answer.asks
                if answer.gives_code:
                    await offer_code(session, self._runtime, conversation)
            conversation.returned_at = None
            await session.commit()
