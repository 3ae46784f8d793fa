"""The settings that each process reads, for whatever starts it."""

from actions.config import ActionSettings
from api.config import Settings
from api.migrations.apply import MigrationSettings


def names_of(kind: type[Settings] | type[ActionSettings] | type[MigrationSettings]) -> set[str]:
    return {f"LLAIS_{name.upper()}" for name in kind.model_fields}


# bot/serve.py and bot/endpoints.yml read these from the environment.
RASA = {
    "LLAIS_HOST",
    "LLAIS_RASA_DATABASE_URL",
    "LLAIS_RASA_ENCRYPTION_KEYS",
    "LLAIS_RASA_TOKEN",
    "LLAIS_ACTIONS_URL",
}
READ_BY: dict[str, set[str]] = {
    "public": names_of(Settings),
    "staff": names_of(Settings),
    "worker": names_of(Settings),
    "actions": names_of(ActionSettings),
    "rasa": RASA,
    "migrate": names_of(MigrationSettings),
}
# Without these production does not start (api/config.py), or the process has nobody to speak to.
NEEDED_BY_DOORS = {
    "LLAIS_ENVIRONMENT",
    "LLAIS_HOST",
    "LLAIS_DATABASE_URL",
    "LLAIS_ENCRYPTION_KEYS",
    "LLAIS_HASH_KEY",
    "LLAIS_SERVICE_TOKEN",
    "LLAIS_RASA_TOKEN",
    "LLAIS_TWILIO_ACCOUNT_SID",
    "LLAIS_TWILIO_AUTH_TOKEN",
    "LLAIS_TWILIO_FROM",
    "LLAIS_PUBLIC_URL",
    "LLAIS_STAFF_URL",
    "LLAIS_RASA_URL",
    "LLAIS_ACTIONS_URL",
    "LLAIS_SMTP_URL",
    "LLAIS_MAIL_FROM",
    "FORWARDED_ALLOW_IPS",
}
NEEDED: dict[str, set[str]] = {
    **dict.fromkeys(("public", "staff", "worker"), NEEDED_BY_DOORS),
    "actions": {"LLAIS_HOST", "LLAIS_SERVICE_TOKEN", "LLAIS_RASA_TOKEN", "LLAIS_STAFF_URL"},
    "rasa": RASA,
    "migrate": {"LLAIS_DATABASE_URL", "LLAIS_DATABASE_OWNER_URL", "LLAIS_RASA_DATABASE_URL"},
}
# Who has which key: the fewer, the better. Nobody but a migration comes as the owner of the tables.
COMMANDS = {
    "public": ["python", "-m", "api.serve", "public"],
    "staff": ["python", "-m", "api.serve", "staff"],
    "worker": ["python", "-m", "api.worker"],
    "actions": ["python", "-m", "actions.serve"],
    "rasa": ["python", "-m", "bot.serve"],
    "migrate": ["python", "-m", "api.migrations.apply"],
}


def check_settings(process: str, given: set[str]) -> None:
    """What is given is read, what is needed is given, and no key lies with whom it does not belong to."""
    assert NEEDED[process] <= given, process
    assert given - READ_BY[process] <= {"FORWARDED_ALLOW_IPS"}, process
    assert ("LLAIS_DATABASE_OWNER_URL" in given) == (process == "migrate"), process
    # Rasa has nothing that opens a case, and nobody comes as Rasa but Rasa.
    assert ("LLAIS_DATABASE_URL" in given) == (process not in ("rasa", "actions")), process
    assert ("LLAIS_ENCRYPTION_KEYS" in given) == (process in ("public", "staff", "worker")), process
    assert ("LLAIS_RASA_DATABASE_URL" in given) == (process in ("rasa", "migrate")), process
    assert ("LLAIS_RASA_ENCRYPTION_KEYS" in given) == (process in ("rasa", "worker")), process
