"""Settings: environment variables with the prefix LLAIS_ (and an .env file), typed, refused when unsafe."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.smtp_address import SmtpAddress

MINIMUM_SECRET_LENGTH = 24


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class UnsafeSettings(ValueError):
    """A setting that would endanger people outside development."""


class Settings(BaseSettings):
    """Every setting of every process; `.env.example` documents them and a test keeps the two equal."""

    model_config = SettingsConfigDict(
        env_prefix="LLAIS_",
        env_file=".env",
        extra="ignore",
        env_ignore_empty=True,
        # An error of validation must not show the secrets beside it.
        hide_input_in_errors=True,
    )

    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    public_port: int = Field(default=8000, ge=1, le=65535)
    staff_port: int = Field(default=8001, ge=1, le=65535)
    rasa_port: int = Field(default=5005, ge=1, le=65535)
    actions_port: int = Field(default=5055, ge=1, le=65535)
    development_port: int = Field(default=8025, ge=1, le=65535)
    development_smtp_port: int = Field(default=8026, ge=1, le=65535)

    database_url: str = ""
    database_owner_url: SecretStr = SecretStr("")
    rasa_database_url: SecretStr = SecretStr("")
    rasa_encryption_keys: SecretStr = SecretStr("")
    data_dir: Path = Path(".llais")
    model_dir: Path = Path(".build/model")

    encryption_keys: SecretStr = SecretStr("")
    hash_key: SecretStr = SecretStr("")
    service_token: SecretStr = SecretStr("")
    rasa_token: SecretStr = SecretStr("")

    public_url: str = ""
    staff_url: str = ""
    rasa_url: str = ""
    actions_url: str = ""
    frame_ancestors: str = ""

    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_webhook_key: SecretStr = SecretStr("")
    twilio_from: str = ""
    twilio_api_url: str = "https://api.twilio.com"
    sms_join_seconds: float = Field(default=1.5, ge=0, le=30)

    local_accounts: bool = True
    second_factor: Literal["", "offered", "demanded"] = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_scope: str = "openid profile email"
    oidc_role_claim: str = "roles"
    oidc_roles: str = ""
    oidc_language_claim: str = "locale"

    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "llais@localhost"

    control_room_email: str = ""
    control_room_smtp_url: SecretStr = SecretStr("")
    alert_webhook_url: str = ""
    alert_webhook_secret: SecretStr = SecretStr("")
    canary_email: str = ""
    metrics_token: SecretStr = SecretStr("")
    partner_secrets: SecretStr = SecretStr("")

    web_session_minutes: int = Field(default=720, ge=5, le=1440)
    rasa_timeout_seconds: float = Field(default=20.0, gt=0, le=120)

    @model_validator(mode="after")
    def refuse_half_a_sign_in(self) -> "Settings":
        """Officers must have a way in, and single sign-on all that it needs."""
        if not self.oidc_issuer:
            if not self.local_accounts:
                raise UnsafeSettings("without LLAIS_LOCAL_ACCOUNTS, LLAIS_OIDC_ISSUER must be set")
            return self
        needed = {
            "LLAIS_OIDC_CLIENT_ID": self.oidc_client_id,
            "LLAIS_OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
            "LLAIS_OIDC_ROLES": self.oidc_roles,
        }
        if missing := [name for name, value in needed.items() if not value]:
            raise UnsafeSettings("with LLAIS_OIDC_ISSUER these must be set: " + ", ".join(missing))
        if not self.development and not self.oidc_issuer.startswith("https://"):
            raise UnsafeSettings("in production LLAIS_OIDC_ISSUER must be an https:// address")
        return self

    @model_validator(mode="after")
    def refuse_unsafe_settings(self) -> "Settings":
        """Outside development every secret must be given, and long enough."""
        if self.environment is Environment.DEVELOPMENT:
            return self
        secrets = {
            "LLAIS_ENCRYPTION_KEYS": self.encryption_keys,
            "LLAIS_HASH_KEY": self.hash_key,
            "LLAIS_SERVICE_TOKEN": self.service_token,
            "LLAIS_RASA_TOKEN": self.rasa_token,
            "LLAIS_TWILIO_AUTH_TOKEN": self.twilio_auth_token,
        }
        weak = [
            name
            for name, secret in secrets.items()
            if len(secret.get_secret_value()) < MINIMUM_SECRET_LENGTH
        ]
        if weak:
            raise UnsafeSettings(
                f"in production these must be set, {MINIMUM_SECRET_LENGTH} characters or more: "
                + ", ".join(weak)
            )
        if not self.public_url.startswith("https://"):
            raise UnsafeSettings("in production LLAIS_PUBLIC_URL must be an https:// address")
        if not self.database_url:
            raise UnsafeSettings("in production LLAIS_DATABASE_URL must name a PostgreSQL server")
        if not self.smtp_url.get_secret_value():
            raise UnsafeSettings("in production LLAIS_SMTP_URL must name a mail server")
        _refuse_mail_that_can_be_read("LLAIS_SMTP_URL", self.smtp_url)
        if self.control_room_smtp_url.get_secret_value():
            _refuse_mail_that_can_be_read("LLAIS_CONTROL_ROOM_SMTP_URL", self.control_room_smtp_url)
        self._refuse_unsafe_alerts()
        return self

    def _refuse_unsafe_alerts(self) -> None:
        """What may stay away, but not be weak where it is given."""
        if self.alert_webhook_url:
            if not self.alert_webhook_url.startswith("https://"):
                raise UnsafeSettings("in production LLAIS_ALERT_WEBHOOK_URL must be https://")
            if len(self.alert_webhook_secret.get_secret_value()) < MINIMUM_SECRET_LENGTH:
                raise UnsafeSettings("in production LLAIS_ALERT_WEBHOOK_SECRET must sign it")
        metrics = self.metrics_token.get_secret_value()
        if metrics and len(metrics) < MINIMUM_SECRET_LENGTH:
            raise UnsafeSettings("in production LLAIS_METRICS_TOKEN must not be short")

    @property
    def development(self) -> bool:
        return self.environment is Environment.DEVELOPMENT

    @property
    def second_factor_demanded(self) -> bool:
        """Whether a local account opens nothing until it asks for a code; outside development unless told otherwise."""
        if self.second_factor:
            return self.second_factor == "demanded"
        return not self.development

    @cached_property
    def public_address(self) -> str:
        """The address at which victims and Twilio reach the public door, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.public_port}").rstrip("/")

    @cached_property
    def staff_address(self) -> str:
        """The address at which officers and the action server reach the staff door."""
        return (self.staff_url or f"http://{self.host}:{self.staff_port}").rstrip("/")

    @cached_property
    def rasa_address(self) -> str:
        return (self.rasa_url or f"http://{self.host}:{self.rasa_port}").rstrip("/")

    @cached_property
    def actions_address(self) -> str:
        return (self.actions_url or f"http://{self.host}:{self.actions_port}").rstrip("/")


def _refuse_mail_that_can_be_read(name: str, smtp_url: SecretStr) -> None:
    """Mail holds links that open accounts; it leaves this machine encrypted or not at all."""
    try:
        server = SmtpAddress.parse(smtp_url.get_secret_value())
    except ValueError as error:
        raise UnsafeSettings(f"{name}: {error}") from None
    if not (server.insists_on_encryption or server.is_on_this_machine):
        raise UnsafeSettings(f"in production {name} must be smtps://, or smtp:// with ?starttls=1")


def sqlalchemy_url(database_url: str) -> str:
    """The same database for SQLAlchemy, which wants its driver named in the scheme."""
    for scheme in ("postgresql://", "postgres://"):
        if database_url.startswith(scheme):
            return "postgresql+psycopg://" + database_url.removeprefix(scheme)
    return database_url


def socket_database_url(user: str, password: str, socket_dir: Path, database: str) -> str:
    """The address of a PostgreSQL server that listens on a Unix socket only."""
    return (
        f"postgresql://{user}:{quote(password)}@/{database}?host={quote(str(socket_dir), safe='')}"
    )
