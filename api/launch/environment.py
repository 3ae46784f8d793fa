"""The environment of a development copy: generated secrets, kept in its data directory, and addresses."""

import os
import secrets
import socket
import string
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr

from api.config import Settings
from api.launch.progress import StartFailed

PREFERRED_PORT = 8025


def generated_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of this copy, made at its first start. The file is for the owner's eyes only."""
    path = data_dir / "secrets.env"
    if not path.exists():
        made = {
            "LLAIS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "LLAIS_HASH_KEY": secrets.token_urlsafe(32),
            "LLAIS_SERVICE_TOKEN": secrets.token_urlsafe(32),
            "LLAIS_RASA_TOKEN": secrets.token_urlsafe(32),
            "LLAIS_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "LLAIS_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "LLAIS_TWILIO_FROM": "+447700900000",
            "DEMO_PASSWORD": _pronounceable_password(),
        }
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text("".join(f"{name}={value}\n" for name, value in made.items()))
        # Renamed when whole: a full disk must not leave half of the keys behind.
        partial.replace(path)
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _pronounceable_password() -> str:
    letters = string.ascii_lowercase.translate(str.maketrans("", "", "lio"))
    groups = ["".join(secrets.choice(letters) for _ in range(5)) for _ in range(4)]
    return "-".join(groups)


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free_ports(settings: Settings) -> None:
    """Raise StartFailed, naming the port and the setting that moves it, if one is taken."""
    wanted = {
        "LLAIS_PUBLIC_PORT": settings.public_port,
        "LLAIS_STAFF_PORT": settings.staff_port,
        "LLAIS_RASA_PORT": settings.rasa_port,
        "LLAIS_ACTIONS_PORT": settings.actions_port,
    }
    if len(set(wanted.values())) < len(wanted):
        raise StartFailed("two of the ports are the same: " + ", ".join(wanted))
    for name, port in wanted.items():
        if not is_free(settings.host, port):
            raise StartFailed(f"port {port} is taken; stop what uses it, or set {name} to another")


def free_port(host: str, preferred: int, avoid: set[int]) -> int:
    """The preferred port for a stand-in, which no contract names, else any free one."""
    if preferred not in avoid and is_free(host, preferred):
        return preferred
    with socket.socket() as chosen:
        chosen.bind((host, 0))
        port: int = chosen.getsockname()[1]
    return port


def child_environment(
    settings: Settings, database_url: str, generated: Mapping[str, str]
) -> dict[str, str]:
    """The environment for the processes: every setting by name, and what was generated where none is set.

    Rasa reads no .env file, so what stands there is passed on to all.
    """
    taken = {settings.public_port, settings.staff_port, settings.rasa_port, settings.actions_port}
    page_port = _given_or_free("LLAIS_DEVELOPMENT_PORT", settings, PREFERRED_PORT, taken)
    smtp_port = _given_or_free("LLAIS_DEVELOPMENT_SMTP_PORT", settings, PREFERRED_PORT + 1, taken)
    stand_in = f"http://{settings.host}:{page_port}"
    own = {
        "LLAIS_DATABASE_URL": database_url,
        # The owner's address is for migrations; no process of the product gets it.
        "LLAIS_DATABASE_OWNER_URL": "",
        "LLAIS_DATA_DIR": str(settings.data_dir.absolute()),
        "LLAIS_MODEL_DIR": str(settings.model_dir.absolute()),
        "LLAIS_DEVELOPMENT_PORT": str(page_port),
        "LLAIS_DEVELOPMENT_SMTP_PORT": str(smtp_port),
    }
    if not settings.smtp_url.get_secret_value():
        own["LLAIS_SMTP_URL"] = f"smtp://{settings.host}:{smtp_port}"
    if not settings.twilio_account_sid and "LLAIS_TWILIO_API_URL" not in os.environ:
        own["LLAIS_TWILIO_API_URL"] = stand_in
    given = {name: _given(settings, name) for name in map(_name_of, Settings.model_fields)}
    filled = {name: given.get(name) or value for name, value in generated.items()}
    return {**os.environ, **given, **filled, **own, "PYTHONUNBUFFERED": "1"}


def _name_of(field: str) -> str:
    return f"LLAIS_{field.upper()}"


def _given(settings: Settings, name: str) -> str:
    value = getattr(settings, name.removeprefix("LLAIS_").lower())
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _given_or_free(name: str, settings: Settings, preferred: int, taken: set[int]) -> int:
    given = os.environ.get(name)
    port = int(given) if given else free_port(settings.host, preferred, taken)
    taken.add(port)
    return port
