"""Settings: safe outside development, documented all of them, and silent about secrets."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.config import Environment, Settings, socket_database_url, sqlalchemy_url

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "a-secret-of-24-characters-or-more"
SAFE: dict[str, Any] = {
    "environment": "production",
    "encryption_keys": SECRET,
    "hash_key": SECRET,
    "service_token": SECRET,
    "rasa_token": SECRET,
    "twilio_auth_token": SECRET,
    "public_url": "https://llais.police.test",
    "database_url": "postgresql://db/llais",
    "smtp_url": "smtps://mail",
}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LLAIS_{name.upper()}", raising=False)


def test_development_starts_with_nothing_set() -> None:
    assert settings().development
    assert settings().public_address == "http://127.0.0.1:8000"


def test_production_starts_with_everything_safe() -> None:
    assert settings(**SAFE).environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in (
                "encryption_keys",
                "hash_key",
                "service_token",
                "rasa_token",
                "twilio_auth_token",
            )
            for value in ("", "short")
        ],
        ("public_url", ""),
        ("public_url", "http://llais.police.test"),
        ("database_url", ""),
        ("smtp_url", ""),
        ("smtp_url", "mail.police.test"),
        ("smtp_url", "smtp://mail.police.test"),
        ("smtp_url", "smtp://mail.police.test?starttls=0"),
        ("smtp_url", "smtp://mail.police.test?starttls"),
        ("smtp_url", "smtp://mail.police.test:port?starttls=1"),
        ("control_room_smtp_url", "smtp://mail.police.test"),
    ],
)
def test_production_refuses_what_is_unsafe_and_names_it(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=f"LLAIS_{name.upper()}"):
        settings(**{**SAFE, name: value})


@pytest.mark.parametrize(
    "smtp_url",
    [
        "smtps://user:secret@mail.police.test",
        "smtp://user:secret@mail.police.test:587?starttls=1",
        # A relay beside it: nothing crosses a network.
        "smtp://127.0.0.1:25",
        "smtp://localhost",
    ],
)
def test_production_sends_mail_that_nobody_reads_on_the_way(smtp_url: str) -> None:
    assert not settings(**{**SAFE, "smtp_url": smtp_url}).development


def test_production_demands_a_second_factor_unless_told_otherwise() -> None:
    assert settings(**SAFE).second_factor_demanded
    assert not settings(**SAFE, second_factor="offered").second_factor_demanded
    assert not settings().second_factor_demanded
    assert settings(second_factor="demanded").second_factor_demanded
    with pytest.raises(ValidationError):
        settings(second_factor="none")


def test_an_error_of_the_mail_server_shows_no_password() -> None:
    for smtp_url in ("smtp://u:canary@mail", "smtp://u:canary@mail:x", "smtp://u:canary@mail?a=b"):
        with pytest.raises(ValidationError) as refused:
            settings(**{**SAFE, "smtp_url": smtp_url})
        assert "canary" not in str(refused.value)


def test_an_error_shows_no_secret() -> None:
    with pytest.raises(ValidationError) as refused:
        settings(**{**SAFE, "hash_key": "secret-canary", "public_url": "http://x"})
    assert "canary" not in str(refused.value)
    assert SECRET not in str(refused.value)


def test_settings_do_not_show_secrets_when_printed() -> None:
    assert SECRET not in repr(settings(**SAFE))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", "staging"),
        ("public_port", 0),
        ("staff_port", 65536),
        ("sms_join_seconds", -1),
        ("rasa_timeout_seconds", 0),
        ("web_session_minutes", 1),
    ],
)
def test_values_out_of_range_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        settings(**{name: value})


def test_the_environment_is_read_and_an_empty_value_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LLAIS_PUBLIC_PORT", "9000")
    monkeypatch.setenv("LLAIS_STAFF_PORT", "")
    assert (settings().public_port, settings().staff_port) == (9000, 8001)


def test_an_address_has_no_slash_at_its_end() -> None:
    assert settings(public_url="https://x.test/").public_address == "https://x.test"


def _documented() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    found = [re.match(r"#?\s?(LLAIS_[A-Z_]+)=(.*)", line) for line in lines]
    return {match[1]: match[2] for match in found if match}


def test_the_example_documents_every_setting_and_no_other() -> None:
    assert set(_documented()) == {f"LLAIS_{name.upper()}" for name in Settings.model_fields}


def test_the_example_shows_the_defaults_and_no_secret() -> None:
    given = {name: value for name, value in _documented().items() if value}
    monkey = settings(**{name.removeprefix("LLAIS_").lower(): v for name, v in given.items()})
    assert monkey == settings()


def test_database_addresses_name_the_driver_and_escape_the_password() -> None:
    assert sqlalchemy_url("postgres://u@h/d") == "postgresql+psycopg://u@h/d"
    assert sqlalchemy_url("postgresql://u@h/d") == "postgresql+psycopg://u@h/d"
    assert (
        socket_database_url("u", "p@:/", Path("/a b"), "d")
        == "postgresql://u:p%40%3A/@/d?host=%2Fa%20b"
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (
            {"alert_webhook_url": "http://police.test", "alert_webhook_secret": SECRET},
            "WEBHOOK_URL",
        ),
        ({"alert_webhook_url": "https://police.test"}, "WEBHOOK_SECRET"),
        (
            {"alert_webhook_url": "https://police.test", "alert_webhook_secret": "short"},
            "WEBHOOK_SECRET",
        ),
        ({"metrics_token": "short"}, "METRICS_TOKEN"),
    ],
)
def test_production_refuses_an_unsigned_webhook_and_a_short_token(
    values: dict[str, str], named: str
) -> None:
    with pytest.raises(ValidationError, match=named):
        settings(**{**SAFE, **values})


def test_production_starts_with_a_signed_webhook_and_a_long_token() -> None:
    given = {"alert_webhook_url": "https://police.test", "alert_webhook_secret": SECRET}
    assert not settings(**{**SAFE, **given, "metrics_token": SECRET}).development


OIDC: dict[str, Any] = {
    "oidc_issuer": "https://login.police.test",
    "oidc_client_id": "llais",
    "oidc_client_secret": SECRET,
    "oidc_roles": "a=officer",
}


@pytest.mark.parametrize("name", ["oidc_client_id", "oidc_client_secret", "oidc_roles"])
def test_single_sign_on_needs_all_of_its_settings_and_names_what_is_missing(name: str) -> None:
    assert settings(**OIDC).oidc_issuer == "https://login.police.test"
    with pytest.raises(ValidationError, match=f"LLAIS_{name.upper()}"):
        settings(**{**OIDC, name: ""})


def test_without_local_accounts_there_must_be_single_sign_on() -> None:
    with pytest.raises(ValidationError, match="LLAIS_OIDC_ISSUER"):
        settings(local_accounts=False)
    assert not settings(local_accounts=False, **OIDC).local_accounts


def test_in_production_single_sign_on_is_encrypted() -> None:
    with pytest.raises(ValidationError, match="LLAIS_OIDC_ISSUER"):
        settings(**{**SAFE, **OIDC, "oidc_issuer": "http://login.police.test"})
