"""What Twilio does by itself with STOP and START on an ordinary number, in its own English words.

It acts before the product hears of the text, and refuses what the product sends to whoever stopped. HELP is left to the
product, as an account can be set up ("Advanced Opt-Out" without a word for help).
https://help.twilio.com/hc/en-us/articles/223134027
"""

from typing import Final

from channels.sms import bare_word

STOP_WORDS: Final = frozenset(
    {"stop", "stopall", "unsubscribe", "cancel"} | {"end", "quit", "revoke", "optout"}
)
START_WORDS: Final = frozenset({"start", "yes", "unstop"})
STOPPED: Final = (
    "You have successfully been unsubscribed. You will not receive any more messages from this"
    " number. Reply START to resubscribe."
)
STARTED: Final = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help."
    " Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)


class OptOuts:
    """The numbers that Twilio lets nothing through to."""

    def __init__(self) -> None:
        self._stopped: set[str] = set()

    def stopped(self, number: str) -> bool:
        return number in self._stopped

    def take(self, number: str, text: str) -> str | None:
        """Do what a text says that is a keyword of Twilio's. Returns Twilio's reply to it, if any."""
        word = bare_word(text)
        if word in STOP_WORDS:
            self._stopped.add(number)
            return STOPPED
        if word in START_WORDS and number in self._stopped:
            self._stopped.discard(number)
            return STARTED
        return None
