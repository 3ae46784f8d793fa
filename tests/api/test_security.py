"""What people say is never readable in the database, and not readable at all without a key."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from api.cases.models import Case, Consent, Person, Report, RiskAssessment
from api.cases.schemas import ReportSubmission
from api.cases.service import submit_report
from api.conversations.models import Channel, Conversation, Message
from api.conversations.receive import lock_conversation
from api.conversations.say import say
from api.database import Base, Database
from api.runtime import Runtime
from api.security import (
    ContentUnreadable,
    EncryptedJson,
    EncryptedText,
    Keyring,
    new_token,
    same_secret,
    token_hash,
)
from tests.api.backstage import new_conversation, only, tell
from tests.api.staff_visitor import a_report

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
HASH_KEY = "hash-key-of-the-tests-0000000001"
RING = Keyring([NEW, OLD], HASH_KEY)
CANARY = "canari-ŵŷ-canary"


class TestTheKeyring:
    @given(st.text())
    def test_what_was_encrypted_is_read_again_and_is_not_to_be_seen(self, content: str) -> None:
        sealed = RING.encrypt(content)
        assert RING.decrypt(sealed) == content
        assert len(content) < 4 or content.encode() not in sealed

    def test_the_same_words_look_different_each_time(self) -> None:
        assert RING.encrypt(CANARY) != RING.encrypt(CANARY)

    def test_after_a_rotation_old_content_is_read_and_new_is_written_with_the_new_key(self) -> None:
        before = Keyring([OLD], HASH_KEY).encrypt(CANARY)
        assert RING.decrypt(before) == CANARY
        assert Keyring([NEW], HASH_KEY).decrypt(RING.encrypt(CANARY)) == CANARY
        with pytest.raises(ContentUnreadable):
            Keyring([NEW], HASH_KEY).decrypt(before)

    @given(st.data())
    def test_altered_content_is_unreadable(self, data: st.DataObject) -> None:
        sealed = bytearray(RING.encrypt(CANARY))
        # The last letters of base64 may hold bits that nobody reads.
        place = data.draw(st.integers(0, len(sealed) - 5))
        sealed[place] ^= data.draw(st.integers(1, 127))
        with pytest.raises(ContentUnreadable):
            RING.decrypt(bytes(sealed))

    @given(st.binary(max_size=200))
    def test_what_never_was_encrypted_is_unreadable(self, content: bytes) -> None:
        with pytest.raises(ContentUnreadable):
            RING.decrypt(content)

    @pytest.mark.parametrize("keys", [[], [""], ["short"], [OLD, "short"]])
    def test_without_good_keys_there_is_no_ring(self, keys: list[str]) -> None:
        with pytest.raises(ValueError, match="key"):
            Keyring(keys, HASH_KEY)

    def test_a_hash_to_look_up_by_depends_on_key_kind_and_identifier(self) -> None:
        hashes = {
            ring.look_up_hash(kind, identifier)
            for ring in (RING, Keyring([NEW], HASH_KEY + "2"))
            for kind in ("phone", "code")
            for identifier in ("1", "2")
        }
        assert len(hashes) == 8
        assert RING.look_up_hash("a", "b") == Keyring([OLD], HASH_KEY).look_up_hash("a", "b")
        assert RING.look_up_hash("a", "b\0c") == RING.look_up_hash("a\0b", "c"), "kinds are ours"


class TestSecrets:
    def test_a_token_is_long_and_never_the_same(self) -> None:
        tokens = {new_token() for _ in range(100)}
        assert len(tokens) == 100
        assert min(map(len, tokens)) >= 43
        assert token_hash("a") != token_hash("b")

    @given(st.text(), st.text())
    def test_only_the_same_secret_is_the_same(self, given_: str, expected: str) -> None:
        assert same_secret(given_, expected) is (given_ == expected != "")


class TestTheDatabase:
    async def fill(self, runtime: Runtime) -> None:
        """Put a canary wherever somebody's words, name or contact can go."""
        conversation_id = await new_conversation(runtime, Channel.SMS)
        await tell(runtime, conversation_id, CANARY)
        report = a_report(
            conversation_id=str(conversation_id),
            report={
                **a_report()["report"],
                **dict.fromkeys(("text", "why_text", "when_text", "where_text", "place"), CANARY),
            },
            referral={**a_report()["referral"], "words": CANARY},
            contact={
                "method": "phone",
                **dict.fromkeys(("name", "phone", "email", "safe_contact_text"), CANARY),
            },
        )
        async with runtime.database.session() as session:
            submission = ReportSubmission.model_validate(report)
            await submit_report(session, runtime, submission, "conversation:1")
            conversation = await lock_conversation(session, conversation_id)
            assert conversation is not None
            conversation.phone = CANARY
            choices = [{"label": CANARY, "value": CANARY}]
            await say(session, runtime, conversation, CANARY, choices=choices)
            await session.commit()

    async def test_holds_no_words_in_any_column_of_any_table(self, runtime: Runtime) -> None:
        await self.fill(runtime)
        needles = [CANARY.encode(), CANARY.encode().hex().encode(), b"canari"]
        async with runtime.database.session() as session:
            tables = list(
                await session.scalars(
                    text(
                        "select format('%I.%I', table_schema, table_name)"
                        " from information_schema.tables where table_type = 'BASE TABLE'"
                        " and table_schema not in ('pg_catalog', 'information_schema')"
                    )
                )
            )
            assert "public.messages" in tables
            assert "rasa.events" in tables
            for table in tables:
                kept = "\n".join(
                    str(row)
                    for row in await session.scalars(text(f"select t::text from {table} t"))
                )
                assert not [needle for needle in needles if needle.decode() in kept], table

    async def test_gives_it_all_back_to_whoever_has_the_key(self, runtime: Runtime) -> None:
        await self.fill(runtime)
        report, person = await only(runtime, Report), await only(runtime, Person)
        assert report.text == report.why_text == report.where_text == CANARY
        assert person.name == person.email == CANARY
        assert (await only(runtime, Consent)).words == CANARY
        assert (await only(runtime, Conversation)).phone == CANARY
        assert (await only(runtime, RiskAssessment)).answers["threats"] == "yes"

    async def test_without_the_key_is_unreadable(self, runtime: Runtime) -> None:
        await self.fill(runtime)
        stranger = Database(
            runtime.settings.database_url, Keyring([Fernet.generate_key().decode()], HASH_KEY)
        )
        try:
            async with stranger.session() as session:
                with pytest.raises(ContentUnreadable):
                    await session.get(Report, (await only(runtime, Report)).case_id)
        finally:
            await stranger.close()

    async def test_that_was_tampered_with_is_noticed(self, runtime: Runtime) -> None:
        await tell(runtime, await new_conversation(runtime), CANARY)
        async with runtime.database.session() as session:
            await session.execute(
                text("update messages set text = set_byte(text, 40, get_byte(text, 40) # 1)")
            )
            await session.commit()
        with pytest.raises(ContentUnreadable):
            await only(runtime, Message)

    async def test_rows_written_again_move_to_the_new_key(self, runtime: Runtime) -> None:
        told = await tell(runtime, await new_conversation(runtime), CANARY)
        assert told is not None
        old = runtime.settings.encryption_keys.get_secret_value()
        rotated = Database(runtime.settings.database_url, Keyring([NEW, old], HASH_KEY))
        only_new = Database(runtime.settings.database_url, Keyring([NEW], HASH_KEY))
        try:
            async with rotated.session() as session:
                message = await session.get_one(Message, told.id)
                await session.execute(
                    update(Message).where(Message.id == told.id).values(text=message.text)
                )
                await session.commit()
            async with only_new.session() as session:
                read = await session.scalar(
                    text("select text from messages where id = :id"), {"id": told.id}
                )
                assert Keyring([NEW], HASH_KEY).decrypt(bytes(read or b"")) == CANARY
        finally:
            await rotated.close()
            await only_new.close()


def test_every_column_that_can_hold_a_persons_words_is_encrypted() -> None:
    """A list to think about when a column is added: plain text is for ids, codes and our own words."""
    plain = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.type.python_type in (str, dict, list)
        and not isinstance(column.type, EncryptedText | EncryptedJson)
        and getattr(column.type, "length", None) is None
    }
    # Lists of codes: which days, by which means, and why somebody was alerted.
    assert plain == {"rota_shifts.days", "alert_steps.means", "alert_steps.why"}


@pytest.mark.parametrize("table", [Case, Person, Report])
def test_models_of_content_name_no_plain_hash_of_it(table: Any) -> None:
    """A plain hash of a short text is as good as the text: `text_sha256` is kept encrypted."""
    hashes = [c for c in table.__table__.columns if "sha256" in c.name]
    assert all(isinstance(column.type, EncryptedText) for column in hashes)
