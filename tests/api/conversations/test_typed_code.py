"""What counts as a code to come back by, and that no other number in an account is touched."""

import re

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.conversations.models import Conversation, Message, Sender
from api.conversations.typed_code import HIDDEN, code_in
from api.database import utc_now
from tests.api.backstage import add_officer, all_of, new_conversation, tell
from tests.api.public_visitor import ChatVisitor

CODE = "1234 5678 9012"
# Evidence that was once taken for codes.
EVIDENCE = (
    "He sent it from 447911123456, the country code is 44",
    "my post code is SA31 1AA and his number is 7911 123456",
    "my post code is SA31 1AA and his number is 447911123456",
    "They say God hates us, see facebook.com/profile.php?id=100012345678901",
    "They say God hates us, see www.facebook.com/profile.php?id=100012345678",
    "Oh my god 447911123456 texted me again",
    "The code of the door was changed. 447911123456 rang me after.",
    "The sort code is 20-40-60 and the account 12345678, he paid from that",
    "The country code and number: 447911123456",
    "Mae'r cod post yn anghywir. O 447911123456 daeth y neges.",
    "Duw a'n gwaredo, god help us, 4929 1234 5678 9012 oedd y cerdyn",
    "It came from 0044 7911 123456, not the code I know",
    "the code: 07911 123456 123",
)
SENTENCES = st.sampled_from(
    (
        *("The country code is 44.", "My post code is SA31 1AA.", "They say God hates us."),
        *("He knows the code of the front door.", "Oh my God.", "The dress code says so."),
        *(
            "Mae'r cod post yn anghywir.",
            "He eats cod.",
            "I scanned the QR code.",
            "Duw, god, sgrechodd.",
        ),
        *("Fe waeddodd e arna i.", "He shouted at me.", "Mae gen i god lliw ar y drws."),
    )
)
NUMBERS = st.one_of(
    st.from_regex(r"\A(?:\+|00)?44 ?7[0-9]{3} ?[0-9]{6}\Z"),
    st.from_regex(r"\A07[0-9]{3} ?[0-9]{6}\Z"),
    st.from_regex(r"\A[1-9][0-9]{8,15}\Z"),
    st.from_regex(r"\A[1-9][0-9]{3}(?:[ -][0-9]{4}){2,3}\Z"),
    st.from_regex(r"\Ahttps://www\.facebook\.com/profile\.php\?id=[1-9][0-9]{8,15}\Z"),
    st.from_regex(r"\A(?:wa\.me|instagram\.com/p|t\.me)/[1-9][0-9]{10,12}\Z"),
)
TOLD_OF_NUMBERS = st.sampled_from(
    (
        *("He rang me from {} last night.", "Daeth y neges o {} neithiwr.", "It was {} again."),
        *("His profile is {} and I kept it.", "{} oedd y rhif.", "The card was {}, I think."),
    )
)
ACCOUNTS = st.lists(
    st.one_of(
        SENTENCES, st.builds(lambda words, number: words.format(number), TOLD_OF_NUMBERS, NUMBERS)
    ),
    min_size=1,
    max_size=6,
).map(" ".join)


class TestACode:
    @pytest.mark.parametrize(
        "words",
        [
            *("code 1234 5678 9012", "Code: 123456789012", "cod 1234-5678-9012", "1234 5678 9012"),
            *("hi it's me, my code is 1234 5678 9012", "Fy nghod i yw 123456789012."),
            *("code 1234 5678 901", "1234 5678 9012 3", "y cod: 1234.5678.9012"),
            *("I was given a code, 1234 5678 9012", "The code you gave me is 1234 5678 9012"),
            *(
                "Mae gen i god: 1234 5678 9012",
                "Dyma'r cod ges i: 1234 5678 9012",
                "y god 123456789012",
            ),
            *("1234 5678 9012 is my code", "1234 5678 9012 yw fy nghod i", "1234 5678 9012 (code)"),
            *("my code is 1234 5678 9012??", "code no. 1234 5678 9012", "'r cod ydy 123456789012"),
        ],
    )
    def test_right_or_mistyped_it_is_taken_for_one_and_hidden(self, words: str) -> None:
        typed = code_in(words, None)
        assert typed is not None
        assert not re.search(r"\d", typed.hidden)

    def test_a_bare_number_is_none_where_a_number_was_asked_for(self) -> None:
        assert code_in("353 1 234 5678 90", "contact_phone") is None
        assert code_in("code 1234 5678 9012", "contact_phone") is not None

    def test_words_besides_are_kept(self) -> None:
        typed = code_in("code 1234 5678 9012 they are outside", None)
        assert typed is not None
        assert (typed.hidden, typed.alone) == ("code •••• they are outside", False)

    def test_is_found_behind_a_number_that_is_none_and_that_number_is_kept(self) -> None:
        typed = code_in("He rang from 447911123456. My code is 1234 5678 9012.", None)
        assert typed is not None
        assert typed.digits == "123456789012"
        assert typed.hidden == "He rang from 447911123456. My code is ••••."

    def test_is_hidden_wherever_it_stands_and_however_it_is_grouped(self) -> None:
        typed = code_in("code 1234 5678 9012, yes 123456789012, they are outside", None)
        assert typed is not None
        assert typed.hidden == "code ••••, yes ••••, they are outside"

    @given(ACCOUNTS, st.sampled_from(("My code is {}.", "fy nghod i: {}", "y god {}", "code {}")))
    def test_is_hidden_at_the_end_of_any_account(self, account: str, naming: str) -> None:
        typed = code_in(f"{account}\n{naming.format(CODE)}", None)
        assert typed is not None
        assert CODE not in typed.hidden
        assert typed.hidden.startswith(account)


class TestAnyOtherNumber:
    @pytest.mark.parametrize(
        "words",
        [
            *("07700 900123", "+44 7700 900123", "my code is 12345678", "12345678", "1 a 3", "2"),
            *("LL-4K7M-9QXT 12345678", "there were 3 of them in 2024", "cod", "the postcode"),
            *EVIDENCE,
        ],
    )
    def test_is_no_code(self, words: str) -> None:
        assert code_in(words, None) is None

    @given(ACCOUNTS)
    def test_in_an_account_is_no_code(self, account: str) -> None:
        assert code_in(account, None) is None
        assert code_in(account, "account") is None

    async def test_is_kept_letter_for_letter_and_counts_as_no_try(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        runtime = public_app.state.runtime
        visitor = await ChatVisitor.arrive(public, "en")
        for words in EVIDENCE:
            await visitor.say(words)
        kept = [row.text for row in await all_of(runtime, Message) if row.sender == Sender.VICTIM]
        assert kept == list(EVIDENCE)
        [conversation] = await all_of(runtime, Conversation)
        assert conversation.resume_failures == 0

    async def test_that_answers_an_officer_who_writes_live_is_kept(
        self, public_app: FastAPI, public: httpx.AsyncClient
    ) -> None:
        runtime = public_app.state.runtime
        officer = await add_officer(runtime)
        live = await new_conversation(runtime, taken_over_by=officer.id, taken_over_at=utc_now())
        kept = await tell(runtime, live, "447911 123456")
        assert kept is not None
        assert kept.text == "447911 123456"
        named = await tell(runtime, live, f"code {CODE}")
        assert named is not None
        assert named.text == HIDDEN
