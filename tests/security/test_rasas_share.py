"""What a broken Rasa would find in its environment: what it works with, and nothing that opens anything else."""

from pydantic import SecretStr

from api.config import Settings
from bot.serve import NEEDED, environment_for_rasa
from tests.test_house_rules import ROOT, sources

SECRETS = {
    f"LLAIS_{name.upper()}"
    for name, field in Settings.model_fields.items()
    if field.annotation is SecretStr
}
GIVEN = {
    **{name: f"value of {name}" for name in SECRETS},
    "LLAIS_DATABASE_URL": "postgresql://llais@database/llais",
    "LLAIS_HOST": "0.0.0.0",
    "PATH": "/usr/bin",
}


def test_rasa_is_given_no_secret_that_it_does_not_work_with() -> None:
    given = environment_for_rasa(GIVEN)
    values = set(given.values())
    told = {name for name in SECRETS if f"value of {name}" in values}
    assert told == {"LLAIS_ENCRYPTION_KEYS", "LLAIS_RASA_TOKEN"}
    assert given["PATH"] == "/usr/bin"
    assert given["RASA_DATABASE_URL"] == GIVEN["LLAIS_DATABASE_URL"]


def test_rasa_is_given_every_setting_that_its_files_name() -> None:
    files = [*(ROOT / "bot").glob("*.yml"), ROOT / "channels" / "rasa_connector.py"]
    files += [path for path, _ in sources("bot") if path.name != "serve.py"]
    text = "\n".join(path.read_text() for path in files)
    named = {name for name in map(_name_of, Settings.model_fields) if name in text}
    assert named <= NEEDED
    assert "LLAIS_ENCRYPTION_KEYS" in named


def _name_of(field: str) -> str:
    return f"LLAIS_{field.upper()}"
