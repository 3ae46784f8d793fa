"""One running assistant, on one database, for all conversation tests."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from actions.catalogue import Catalogue
from tests.dialogue.assistant import ROOT, Assistant, running_assistant


@pytest.fixture(scope="session")
def assistant(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    name = f"dialogue_{uuid4().hex[:8]}"
    with psycopg.connect(database_server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {database_template}")
    url = urlsplit(database_server)._replace(path=f"/{name}").geturl()
    with running_assistant(url, tmp_path_factory.mktemp("dialogue")) as running:
        yield running


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.load(ROOT)
