"""What the action server needs to know; the same environment variables as every other process."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class ActionSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="LLAIS_", env_file=".env", extra="ignore", env_ignore_empty=True
    )

    host: str = "127.0.0.1"
    actions_port: int = 5055
    staff_port: int = 8001
    staff_url: str = ""
    service_token: SecretStr = SecretStr("")
    rasa_token: SecretStr = SecretStr("")

    @property
    def staff_address(self) -> str:
        return (self.staff_url or f"http://{self.host}:{self.staff_port}").rstrip("/")
