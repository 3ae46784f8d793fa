"""What a text is: a keyword, a reply to an officer, a code, an answer, or the beginning of a report.

Decided here alone, from the words and from how the conversation stands, before the assistant hears of it.
"""

from dataclasses import dataclass
from typing import Literal

from api.conversations.moving import Move, wanted_move
from api.conversations.typed_code import code_in
from api.texts.models import Route
from channels.sms import KEYWORDS, OPTS_IN_WHEN_STOPPED, Keyword, bare_word


@dataclass(frozen=True)
class Situation:
    """How the conversation with a number stands when a text comes.

    `officer_waits` means that of all we said an officer's words were the last to leave.
    """

    stopped_by: Literal["person", "network"] | None = None
    officer_is_here: bool = False
    officer_waits: bool = False
    open_question: str | None = None
    report_sent: bool = False


def route(words: str, pictures: int, situation: Situation) -> Route:
    """What a text is taken for. The order of the rules is the decision; the first that fits holds."""
    word = bare_word(words)
    keyword = KEYWORDS.get(word)
    # The networks act on these whatever we think of them, so they come before everything else.
    if keyword is Keyword.STOP:
        return Route.STOP
    if keyword is Keyword.START or _opts_in_again(word, situation):
        return Route.START
    if keyword is Keyword.HELP:
        return Route.HELP
    # Nobody is asked anything that they would not be shown.
    if situation.stopped_by is not None:
        return Route.WHILE_STOPPED
    if not words.strip():
        return Route.PICTURE if pictures else Route.BLANK
    if situation.officer_is_here:
        return Route.TO_OFFICER
    if situation.officer_waits and keyword not in (Keyword.STATUS, Keyword.NEW):
        return Route.TO_OFFICER
    if code_in(words, situation.open_question) is not None:
        return Route.CODE
    if wanted_move(words) is Move.TO_WEB and not situation.report_sent:
        return Route.TO_WEB
    return _for_the_assistant(keyword, situation)


def _opts_in_again(word: str, situation: Situation) -> bool:
    return word == OPTS_IN_WHEN_STOPPED and situation.stopped_by == "network"


def _for_the_assistant(keyword: Keyword | None, situation: Situation) -> Route:
    """What the dialogue is given. It goes by the open question; the name is what the case shows."""
    if situation.report_sent and keyword is Keyword.STATUS:
        return Route.STATUS
    if situation.open_question is not None and keyword is not Keyword.NEW:
        return Route.ANSWER
    if situation.report_sent and keyword is not Keyword.NEW:
        return Route.FOLLOW_UP
    return Route.NEW_REPORT
