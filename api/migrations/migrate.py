"""Bring a database up to date: our tables, the queue's tables, and the schema for Rasa's tracker."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from api.config import sqlalchemy_url

# Any number of our own: two processes that start at once must not migrate at once.
MIGRATION_LOCK = 0x11A16


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def migrate(database_url: str) -> None:
    """Apply every migration that is missing; harmless when none is."""
    engine = create_engine(sqlalchemy_url(database_url))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({MIGRATION_LOCK})")
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
