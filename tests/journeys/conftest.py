"""One running copy of the product for all journeys that only use it."""

from collections.abc import Iterator

import pytest

from tests.journeys.product import Product, running_product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(tmp_path_factory.mktemp("product")) as running:
        yield running
