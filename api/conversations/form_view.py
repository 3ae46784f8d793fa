"""What a page of the plain form shows: the newest replies, and the open question with its choices.

The questions are those of the conversation; nothing here knows them. A page has a base: all that was said up to
there stood on the pages before it, so that the same base shows the same page again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.conversations.models import Conversation, Kind, Message, Sender
from api.conversations.typed_code import HIDDEN
from api.conversations.web_session import news_after
from api.words import Language

# More than anybody says; all of it may be read on the page.
MOST_MESSAGES: Final = 10_000
# Questions that take several of their choices.
SEVERAL: Final = frozenset({"strands"})
# Questions with nothing to skip, or nothing before them to change.
NOT_SKIPPED: Final = frozenset(
    {"account", "account_done", "review", "change", "resume", "start_again", "pause"}
)
NOT_CHANGED: Final = NOT_SKIPPED - {"review"}


@dataclass(frozen=True)
class Asked:
    """A question in one language: what leads to it, the question itself, and what helps to answer it."""

    language: Language
    lead: str
    heading: str
    hint: str


@dataclass(frozen=True)
class Question:
    """`slot` is the name of what is asked; None for the invitation to tell at the very beginning."""

    asked: Sequence[Asked]
    choices: Sequence[dict[str, str]]
    language: str
    slot: str | None

    @property
    def several(self) -> bool:
        return self.slot in SEVERAL

    @property
    def may_be_skipped(self) -> bool:
        return self.slot is not None and self.slot not in NOT_SKIPPED

    @property
    def last_may_be_changed(self) -> bool:
        return self.slot is not None and self.slot not in NOT_CHANGED


@dataclass(frozen=True)
class View:
    """`base` is what was shown before, `shown` what this page shows at last; both are places in the order."""

    base: int
    shown: int
    replies: Sequence[Message]
    question: Question | None
    said: Sequence[Message]
    being_answered: bool
    officer_is_here: bool
    language: str | None

    @property
    def reference(self) -> str | None:
        """That of a report which was sent just now."""
        return next((reply.reference for reply in self.replies if reply.kind is Kind.RECEIPT), None)


async def view_after(session: AsyncSession, conversation_id: UUID, base: int) -> View:
    """The page of a conversation after what was shown up to `base`."""
    conversation = await session.get_one(Conversation, conversation_id)
    found = await news_after(session, conversation_id, 0, MOST_MESSAGES)
    said, answering = [message for message, _ in found.messages], found.being_answered
    news = _news(said, base)
    if not news and not answering and conversation.taken_over_at is None:
        # Nothing is new: the question that stands open is shown again.
        news = _news(said, 0)
    asking = None if answering else _asking(news, said, conversation.open_question)
    return View(
        base=base,
        shown=said[-1].seq if said else base,
        replies=[message for message in news if message is not asking],
        question=None if asking is None else _question(asking, conversation.open_question),
        said=said,
        being_answered=answering,
        officer_is_here=conversation.taken_over_at is not None,
        language=conversation.language,
    )


def _news(said: Sequence[Message], base: int) -> list[Message]:
    """What others said after the person's last message, and what they said before it that no page has shown."""
    fresh = [message for message in said if message.seq > base]
    own = [at for at, message in enumerate(fresh) if message.sender is Sender.VICTIM]
    if not own:
        return fresh
    last = own[-1]
    before = fresh[(own[-2] + 1 if len(own) > 1 else 0) : last]
    if HIDDEN in fresh[last].text:
        # Taken up again by a code: the conversation stands after the base once more, the new code among it.
        before = [m for m in before if m.reply_to is None and HIDDEN not in m.text]
    elif not base:
        before = []
    return [*before, *fresh[last + 1 :]]


def _asking(news: Sequence[Message], said: Sequence[Message], slot: str | None) -> Message | None:
    """The message that asks what stands open: the assistant's last answer, or the end of its opening."""
    at_the_beginning = not any(message.sender is Sender.VICTIM for message in said)
    if slot is None and not at_the_beginning:
        return None
    asking = [
        message
        for message in news
        if message.sender is Sender.ASSISTANT
        and message.kind is Kind.TEXT
        and (message.reply_to is not None or at_the_beginning)
    ]
    return asking[-1] if asking else None


def _question(message: Message, slot: str | None) -> Question:
    return Question(
        asked=[_asked(language, text) for language, text in parts_of(message)],
        choices=message.choices or [],
        language=message.language,
        slot=slot,
    )


def parts_of(message: Message) -> list[tuple[Language, str]]:
    """The languages of a message with what it says in each; "cy+en" says all of the Welsh first."""
    if message.language != "cy+en":
        return [("cy" if message.language == "cy" else "en", message.text)]
    paragraphs = re.split(r"\n{2,}", message.text)
    half = (len(paragraphs) + 1) // 2
    parts: list[tuple[Language, str]] = [("cy", "\n\n".join(paragraphs[:half]))]
    if paragraphs[half:]:
        parts.append(("en", "\n\n".join(paragraphs[half:])))
    return parts


def _asked(language: Language, text: str) -> Asked:
    """The last sentence that asks is the question; where none does, the first one invites."""
    sentences = re.split(r"(?<=[.?])\s+", text.strip())
    asking = [at for at, sentence in enumerate(sentences) if sentence.endswith("?")]
    at = asking[-1] if asking else 0
    return Asked(language, " ".join(sentences[:at]), sentences[at], " ".join(sentences[at + 1 :]))
