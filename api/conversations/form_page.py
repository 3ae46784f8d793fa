"""The same report page by page, for browsers without JavaScript: a client of the conversation, like the chat.

A page is the answer to a POST, because the session's token travels in a hidden field: no cookie, nothing in an
address. So nothing on a page leads on by itself either: a refresh would be a GET, and lose the session. Every page
carries the id of the one message that can be sent from it.
"""

import time
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from api.conversations.form_errors import PAGES_OF_TROUBLE, crowded_page
from api.conversations.form_view import View, view_after
from api.conversations.models import Message, Sender
from api.conversations.public_pages import FORM_PATHS, PublicPages, public_pages_of
from api.conversations.typed_code import HIDDEN, code_in
from api.conversations.web_session import (
    being_answered,
    conversation_of,
    keep_message,
    leave_web_session,
    open_web_session,
    provider_id,
)
from api.pace import Crowded, Doorkeeper, DoorkeeperDep
from api.problems import NotSignedIn
from api.runtime import Runtime, RuntimeDep
from api.wakeups import wait_for_news
from api.words import Language
from channels.web import MAX_CHARACTERS
from channels.written import as_kept

PagesDep = Annotated[PublicPages, Depends(public_pages_of)]
OPENING: Final = ("opening", "form_opening_not_live", "opening_promise", "opening_question")
# How long a page waits for the answer before it says that the message is saved.
WAIT_SECONDS: Final = 8.0
# What the buttons say in the person's name, as words of their own.
SAYINGS: Final = frozenset({"why", "skip", "back", "stop"})
# After these the same question is asked again, and what was being written belongs to it.
ASIDES: Final = frozenset({"why", "switch"})

router = APIRouter(tags=["pages"], default_response_class=HTMLResponse)


class Posted(BaseModel):
    """The fields of a page; whatever is missing or strange is as good as empty."""

    session: str = ""
    message_id: str = ""
    before: int = Field(default=0, ge=0, lt=2**62)
    shown: int = Field(default=0, ge=0, lt=2**62)
    choice: list[str] = []
    text: str = ""
    code: str = ""
    place: str = ""
    do: str = ""

    @property
    def typed(self) -> str:
        """What was written, as the chat would send it."""
        return _as_sent(self.text)

    def id(self) -> UUID:
        try:
            return UUID(self.message_id)
        except ValueError:
            return uuid4()


def _as_sent(text: str) -> str:
    return as_kept(text.replace("\r\n", "\n"))


@router.get(FORM_PATHS["cy"])
async def start_in_welsh(pages: PagesDep) -> Response:
    return pages.answer("form/start.html", "cy", code="", error=None)


@router.get(FORM_PATHS["en"])
async def start_in_english(pages: PagesDep) -> Response:
    return pages.answer("form/start.html", "en", code="", error=None)


@router.post(FORM_PATHS["cy"], responses=PAGES_OF_TROUBLE)
async def next_in_welsh(
    posted: Annotated[Posted, Form()],
    runtime: RuntimeDep,
    pages: PagesDep,
    doorkeeper: DoorkeeperDep,
) -> Response:
    return await _FormPage(runtime, pages, doorkeeper, "cy", posted).answer()


@router.post(FORM_PATHS["en"], responses=PAGES_OF_TROUBLE)
async def next_in_english(
    posted: Annotated[Posted, Form()],
    runtime: RuntimeDep,
    pages: PagesDep,
    doorkeeper: DoorkeeperDep,
) -> Response:
    return await _FormPage(runtime, pages, doorkeeper, "en", posted).answer()


class _FormPage:
    """One press of a button, and the page that answers it."""

    def __init__(
        self,
        runtime: Runtime,
        pages: PublicPages,
        doorkeeper: Doorkeeper,
        language: Language,
        posted: Posted,
    ) -> None:
        self._runtime = runtime
        self._pages = pages
        self._doorkeeper = doorkeeper
        self._language: Language = language
        self._posted = posted
        self._token = posted.session

    async def answer(self) -> Response:
        posted = self._posted
        if not posted.session:
            return await self._begin()
        conversation_id = await conversation_of(self._runtime, posted.session)
        if posted.do == "leave":
            if conversation_id is not None:
                await leave_web_session(self._runtime, conversation_id)
            return self._pages.answer("form/left.html", self._language)
        if conversation_id is None:
            return self._ended()
        if posted.do == "copy":
            return await self._copy(conversation_id)
        if posted.do == "look":
            return await self._page(conversation_id, posted.before)
        words = self._words_to_send()
        error = self._error() if words is None else None
        if words is None or error:
            return await self._page(conversation_id, posted.before, error=error, keep=True)
        return await self._send(conversation_id, words)

    async def _begin(self) -> Response:
        """The first page of a new session; a code takes up an earlier one."""
        code = self._posted.code.strip()
        if self._posted.do == "code" and code_in(code, None) is None:
            return self._pages.answer(
                "form/start.html", self._language, status=422, code=code, error="form_error_code"
            )
        try:
            await self._doorkeeper.open_session(self._posted.place)
        except Crowded as crowded:
            return crowded_page(self._pages, self._language, crowded, self._posted.do, code)
        self._token, _ = await open_web_session(self._runtime, self._language, OPENING)
        conversation_id = await conversation_of(self._runtime, self._token)
        assert conversation_id is not None
        if self._posted.do == "code":
            return await self._send(conversation_id, code)
        return await self._page(conversation_id, 0)

    def _words_to_send(self) -> str | None:
        """What the press says in the person's name; None when something is missing or too much."""
        posted, words = self._posted, self._runtime.words
        if posted.do == "switch":
            return words.say("chat_switch_request", self._language)
        if posted.do in SAYINGS:
            return words.say(f"form_say_{posted.do}", self._language)
        chosen = [text for text in map(_as_sent, posted.choice) if text]
        if self._error():
            return None
        joined = words.say("form_and", self._language).join(chosen)
        return posted.typed or joined

    def _error(self) -> str | None:
        """What is wrong with an answer, as the key of words."""
        typed, chosen = self._posted.typed, [each for each in self._posted.choice if each.strip()]
        if len(typed) > MAX_CHARACTERS or sum(map(len, chosen)) > MAX_CHARACTERS:
            return "form_error_long"
        if typed and chosen:
            return "form_error_both"
        return None if typed or chosen else "form_error_empty"

    async def _send(self, conversation_id: UUID, words: str) -> Response:
        posted, message_id = self._posted, self._posted.id()
        notice = None
        stale = await self._answered_already(conversation_id, message_id, words)
        if stale is None:
            priority = await self._doorkeeper.send_message(conversation_id)
            try:
                await keep_message(self._runtime, conversation_id, message_id, words, priority)
            except NotSignedIn:
                return self._ended()
        elif stale:
            notice = words
        # A code may have led to another conversation.
        now = await conversation_of(self._runtime, self._token)
        if now is None:
            return self._ended()
        await self._wait_for_answer(now)
        return await self._page(now, posted.shown, notice=notice, keep=posted.do in ASIDES)

    async def _answered_already(
        self, conversation_id: UUID, message_id: UUID, words: str
    ) -> bool | None:
        """None where this page was not answered yet; else whether it was answered with other words than these."""
        async with self._runtime.database.session() as session:
            own = await session.scalar(
                select(Message).where(
                    Message.provider_id == provider_id(conversation_id, message_id)
                )
            )
            if own is not None:
                return own.text != words and HIDDEN not in own.text
            later = await session.scalar(
                select(Message.id)
                .where(
                    Message.conversation_id == conversation_id,
                    Message.sender == Sender.VICTIM,
                    Message.seq > self._posted.shown,
                )
                .limit(1)
            )
        return True if later is not None and self._posted.shown else None

    async def _wait_for_answer(self, conversation_id: UUID) -> None:
        topic = str(conversation_id)
        news = self._runtime.wakeups.subscribe(topic)
        deadline = time.monotonic() + WAIT_SECONDS
        try:
            while True:
                async with self._runtime.database.session() as session:
                    if not await being_answered(session, conversation_id):
                        return
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                await wait_for_news(news, left)
        finally:
            self._runtime.wakeups.unsubscribe(topic, news)

    async def _page(
        self,
        conversation_id: UUID,
        base: int,
        *,
        error: str | None = None,
        notice: str | None = None,
        keep: bool = False,
    ) -> Response:
        """The page after `base`. `notice` are words that were not sent, `keep` leaves what was filled in."""
        async with self._runtime.database.session() as session:
            view = await view_after(session, conversation_id, base)
        language = self._language_of(view)
        return self._pages.answer(
            "form/page.html",
            language,
            status=422 if error else 200,
            view=view,
            token=self._token,
            message_id=self._posted.message_id if error else str(uuid4()),
            error=error,
            not_sent=notice,
            text=self._posted.text if keep else "",
            chosen=self._posted.choice if keep else [],
        )

    def _language_of(self, view: View) -> Language:
        """The page follows the conversation, as that of the chat does."""
        if view.language == "cy":
            return "cy"
        return "en" if view.language == "en" else self._language

    async def _copy(self, conversation_id: UUID) -> Response:
        """The conversation as a file with a name that says nothing."""
        async with self._runtime.database.session() as session:
            view = await view_after(session, conversation_id, 0)
        words = self._runtime.words
        lines = [
            f"{words.say(f'chat_from_{message.sender}', self._language)}: {message.text}"
            for message in view.said
        ]
        name = f"{words.say('chat_copy_file', self._language)}.txt"
        return PlainTextResponse(
            "\n\n".join(lines) + "\n",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _ended(self) -> Response:
        """The words of whoever pressed are not repeated: after leaving, nobody who goes back may read them."""
        return self._pages.answer("form/ended.html", self._language, status=410)
