"""A person goes on by text and comes back, and the page says where the conversation is."""

import re
from uuid import uuid4

from playwright.async_api import Page, expect
from sqlalchemy import select

from api.conversations.models import Channel, Conversation, Message
from api.runtime import Runtime
from api.texts.arriving import take_text
from channels.sms import IncomingText
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import ServedChat

PHONE = "+447700900777"
CODE = re.compile(r"\b\d{4} \d{4} \d{4}\b")
TOLD = "They called me names on the bus in Llanelli"


async def text_us(runtime: Runtime, words: str) -> None:
    async with runtime.database.session() as session:
        await take_text(session, runtime, IncomingText(f"SM{uuid4().hex}", PHONE, words, 0))
        await session.commit()


async def newest_code_texted(runtime: Runtime) -> str:
    """The code of the newest text that has one; an answer to what was texted before may come after it."""
    async with runtime.database.session() as session:
        texts = await session.scalars(
            select(Message.text)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.channel == Channel.SMS)
            .order_by(Message.seq.desc())
        )
    return next(found.group() for text in texts if (found := CODE.search(text)))


def code_in(words: str) -> str:
    found = CODE.search(words)
    assert found is not None, words
    return found.group()


async def test_the_page_says_that_it_goes_on_by_text_and_takes_it_up_again(
    page: Page, served_chat: ServedChat
) -> None:
    runtime = served_chat.runtime
    chat = await ChatPage.open(page)
    await chat.say_and_hear(TOLD)
    answer = await chat.say_and_hear("Can we go on by text?")
    code = code_in(await answer.inner_text())
    await text_us(runtime, code)
    await expect(chat.messages.last).to_contain_text("This goes on by text now")
    await text_us(runtime, "It was the man from number 4")
    await text_us(runtime, "go on on the web")
    await expect(chat.log).not_to_contain_text("number 4")
    await chat.say(f"code {await newest_code_texted(runtime)}")
    await expect(chat.log).to_contain_text("number 4")
    await expect(chat.log).to_contain_text("Welcome back")
