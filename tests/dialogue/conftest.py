"""One running assistant, on one database, for all conversation tests. Rasa works there as a role of its own."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from actions.catalogue import Catalogue
from api.migrations.product_role import grant_to_rasa, make_role
from tests.dialogue.assistant import ROOT, Assistant, running_assistant


@pytest.fixture(scope="session")
def assistant(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    name = f"dialogue_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {database_template}")
    url = urlsplit(database_server)._replace(path=f"/{name}").geturl()
    make_role(url, "rasa_of_the_dialogues", "a-password-of-the-tests-0004")
    grant_to_rasa(url, "rasa_of_the_dialogues")
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    as_rasa = parts._replace(netloc=f"rasa_of_the_dialogues:a-password-of-the-tests-0004@{host}")
    directory = tmp_path_factory.mktemp("dialogue")
    with running_assistant(url, directory, as_rasa.geturl()) as running:
        yield running


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT)
