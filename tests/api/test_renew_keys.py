"""After a rotation everything moves to the newest key, so that the older one can be thrown away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.config import Settings
from api.conversations.models import Channel, Conversation, Message
from api.database import Database
from api.officers.models import Officer
from api.renew_keys import Renewal, rasas_keyring, renew
from api.runtime import Runtime, open_runtime
from api.security import ContentUnreadable, Keyring
from tests.api.backstage import add_officer, all_of, new_conversation, only, tell
from tests.api.test_content_keys import make_case

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
WORDS = "Gwaeddodd rhywun arna i."


@asynccontextmanager
async def product(settings: Settings, *keys: str) -> AsyncIterator[Runtime]:
    ring = SecretStr(",".join(keys))
    async with open_runtime(settings.model_copy(update={"encryption_keys": ring})) as runtime:
        yield runtime


@pytest.fixture
async def written(settings: Settings) -> str:
    """A case, a conversation, an officer's second factor and Rasa's memory, all under the old key."""
    async with product(settings, OLD) as runtime:
        conversation_id = await new_conversation(runtime, Channel.SMS)
        await tell(runtime, conversation_id, WORDS)
        await make_case(runtime, conversation_id=str(conversation_id))
        officer = await add_officer(runtime)
        async with runtime.database.session() as session:
            (await session.get_one(Officer, officer.id)).otp_secret = "JBSWY3DPEHPK3PXP"
            await session.commit()
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "insert into rasa.events (sender_id, type_name, data) values ('x', 'user', %s)",
            (Fernet(OLD).encrypt(b"{}").decode(),),
        )
    return settings.database_url


async def renewed(settings: Settings) -> Renewal:
    async with product(settings, NEW, OLD) as runtime:
        return await renew(runtime.database)


async def test_the_old_key_can_be_thrown_away_afterwards(settings: Settings, written: str) -> None:
    renewal = await renewed(settings)
    # Two data keys, the second factor, and Rasa's memory at least.
    assert renewal.renewed >= 4
    assert (dict(renewal.left), dict(renewal.unreadable)) == ({}, {})
    assert str(renewal).endswith("no older key is needed any more")
    async with product(settings, NEW) as runtime:
        conversation = await only(runtime, Conversation)
        assert conversation.phone == "+447700900123"
        assert [officer.otp_secret for officer in await all_of(runtime, Officer)] == [
            "JBSWY3DPEHPK3PXP"
        ]
        assert WORDS in [message.text for message in await all_of(runtime, Message)]
    with psycopg.connect(written) as connection:
        row = connection.execute("select data from rasa.events").fetchone()
    assert row is not None
    assert Fernet(NEW).decrypt(row[0].encode()) == b"{}"
    assert (await renewed(settings)).renewed == 0


async def test_rasas_memory_under_a_ring_of_its_own_moves_to_that_rings_newest_key(
    settings: Settings, written: str
) -> None:
    """The product's ring never opens it, before or after."""
    rasas_old, rasas_new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with psycopg.connect(written) as connection:
        connection.execute(
            "update rasa.events set data = %s", (Fernet(rasas_old).encrypt(b"{}").decode(),)
        )
    without = settings.model_copy(update={"rasa_encryption_keys": SecretStr("")})
    own = settings.model_copy(
        update={"rasa_encryption_keys": SecretStr(f"{rasas_new},{rasas_old}")}
    )
    async with product(settings, NEW, OLD) as runtime:
        renewal = await renew(runtime.database, rasas_keyring(own))
        assert dict(renewal.unreadable) == {}
        renewal = await renew(runtime.database, rasas_keyring(without))
        assert dict(renewal.unreadable) == {"rasa.events": 1}
    with psycopg.connect(written) as connection:
        row = connection.execute("select data from rasa.events").fetchone()
    assert row is not None
    assert Fernet(rasas_new).decrypt(row[0].encode()) == b"{}"


async def test_without_it_the_old_key_is_needed(settings: Settings, written: str) -> None:
    async with product(settings, NEW) as runtime:
        with pytest.raises(ContentUnreadable):
            await all_of(runtime, Message)


async def test_what_cannot_be_changed_is_counted_and_keeps_the_old_key_in_the_ring(
    settings: Settings, written: str
) -> None:
    with psycopg.connect(written) as connection:
        # As reports were written before there were data keys.
        connection.execute("set local session_replication_role = replica")
        connection.execute("update reports set text = %s", (Fernet(OLD).encrypt(WORDS.encode()),))
    renewal = await renewed(settings)
    assert dict(renewal.left) == {"reports": 1}
    assert "still under an older key: reports: 1" in str(renewal)


async def test_what_no_key_opens_is_told_and_left_alone(settings: Settings, written: str) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"lost")
    with psycopg.connect(written) as connection:
        connection.execute("update officers set otp_secret = %s", (lost,))
    renewal = await renewed(settings)
    assert dict(renewal.unreadable) == {"officers": 1}
    with psycopg.connect(written) as connection:
        assert connection.execute("select otp_secret from officers").fetchone() == (lost,)


async def test_a_value_that_changes_meanwhile_is_not_overwritten(
    settings: Settings, written: str
) -> None:
    newer = Fernet(OLD).encrypt(b"KRSXG5CTMVRXEZLU")

    class Slow(Keyring):
        def renew(self, token: bytes) -> bytes | None:
            with psycopg.connect(written) as connection:
                connection.execute("update officers set otp_secret = %s", (newer,))
            return super().renew(token)

    database = Database(settings.database_url, Slow([NEW, OLD], "hash-key-of-the-tests"))
    try:
        renewal = await renew(database)
    finally:
        await database.close()
    # It is told, and the next run finds it.
    assert renewal.left == {"officers": 1}
    with psycopg.connect(written) as connection:
        assert connection.execute("select otp_secret from officers").fetchone() == (newer,)
