"""Runs Rasa with our connector alone: no HTTP API, no telemetry, warnings only in its log.

Rasa gets no more of our settings than it works with: whoever breaks into it finds neither Twilio's token nor the mail
server's password, nor what opens the staff door.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "rasa"
# The settings that Rasa, its connector and its stores read.
NEEDED = frozenset(
    {"LLAIS_ENCRYPTION_KEYS", "LLAIS_RASA_TOKEN", "LLAIS_MODEL_DIR", "LLAIS_DATA_DIR"}
    | {"LLAIS_HOST", "LLAIS_RASA_PORT", "LLAIS_ENVIRONMENT"}
)


def environment_for_rasa(environment: "dict[str, str]") -> "dict[str, str]":
    """What endpoints.yml and Rasa itself read from the environment."""
    host = environment.get("LLAIS_HOST") or "127.0.0.1"
    port = environment.get("LLAIS_ACTIONS_PORT") or "5055"
    actions = (environment.get("LLAIS_ACTIONS_URL") or f"http://{host}:{port}").rstrip("/")
    others = {
        name: value
        for name, value in environment.items()
        if not name.startswith("LLAIS_") or name in NEEDED
    }
    return {
        **others,
        "RASA_ACTIONS_URL": f"{actions}/webhook",
        "RASA_ACTIONS_AUTHORIZATION": f"Bearer {environment['LLAIS_RASA_TOKEN']}",
        "RASA_DATABASE_URL": environment.get("LLAIS_RASA_DATABASE_URL")
        or environment["LLAIS_DATABASE_URL"],
        # Under the name that endpoints.yml has for them.
        "LLAIS_ENCRYPTION_KEYS": environment.get("LLAIS_RASA_ENCRYPTION_KEYS")
        or environment["LLAIS_ENCRYPTION_KEYS"],
        "POSTGRESQL_SCHEMA": SCHEMA,
        "POSTGRESQL_POOL_SIZE": "4",
        "POSTGRESQL_MAX_OVERFLOW": "4",
        "RASA_TELEMETRY_ENABLED": "false",
        "SANIC_WORKERS": "1",
        # Two cores serve the whole product; numeric libraries would take both for themselves.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
    }


def main() -> None:
    environment = environment_for_rasa(dict(os.environ))
    model = Path(environment.get("LLAIS_MODEL_DIR") or ROOT / ".build" / "model") / "rasa.tar.gz"
    command = [
        sys.executable, "-m", "rasa", "run",
        "--model", str(model),
        "--endpoints", str(ROOT / "bot" / "endpoints.yml"),
        "--credentials", str(ROOT / "bot" / "credentials.yml"),
        "--interface", environment.get("LLAIS_HOST") or "127.0.0.1",
        "--port", environment.get("LLAIS_RASA_PORT") or "5005",
        "--response-timeout", "25",
    ]  # fmt: skip
    os.chdir(ROOT)
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
