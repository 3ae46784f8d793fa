"""Bring the database up to date, and give the product's role what it needs, before new code starts:

python -m api.migrations.apply

It reads LLAIS_DATABASE_OWNER_URL (else LLAIS_DATABASE_URL) and no other setting, so whoever runs it needs no key.
"""

import sys

import psycopg
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import OperationalError

from api.migrations.migrate import migrate
from api.migrations.product_role import RoleUnfit, grant_to_product, grant_to_rasa, role_of


class MigrationSettings(BaseSettings):
    """The two addresses of one database; the same environment variables as everywhere else."""

    model_config = SettingsConfigDict(
        env_prefix="LLAIS_", env_file=".env", extra="ignore", env_ignore_empty=True
    )

    database_url: str = ""
    database_owner_url: SecretStr = SecretStr("")
    rasa_database_url: SecretStr = SecretStr("")


def main() -> int:
    settings = MigrationSettings()
    owner_url = settings.database_owner_url.get_secret_value()
    if not (owner_url or settings.database_url):
        sys.stderr.write("LLAIS_DATABASE_OWNER_URL or LLAIS_DATABASE_URL must be set.\n")
        return 1
    try:
        migrate(owner_url or settings.database_url)
        if owner_url and settings.database_url:
            grant_to_product(owner_url, role_of(settings.database_url))
        if owner_url and (rasa_url := settings.rasa_database_url.get_secret_value()):
            grant_to_rasa(owner_url, role_of(rasa_url))
    except RoleUnfit as error:
        sys.stderr.write(
            f"LLAIS_DATABASE_URL (and Rasa's own) must name a role that owns nothing: {error}\n"
        )
        return 1
    except (OperationalError, psycopg.OperationalError):
        # What the driver says may name the address with its password.
        sys.stderr.write("The database does not answer.\n")
        return 1
    sys.stdout.write("The database is up to date.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
