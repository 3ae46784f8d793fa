"""What the tests of understanding share: the examples, and a model trained on a part of them."""

from __future__ import annotations

import pytest

from bot.components.entities import EntityFinder, entity_finder_from
from bot.components.understanding import Understanding, train_understanding
from bot.components.yes_no import YesNo, yes_no_from
from bot.words.concept_forms import read_concepts
from bot.words.concepts import Concepts
from tests.bot.examples import DATA, examples_of

# A part of the data trains in seconds and knows enough for what these tests ask.
EVERY = 6


@pytest.fixture(scope="session")
def entities() -> EntityFinder:
    return entity_finder_from(DATA)


@pytest.fixture(scope="session")
def yes_no() -> YesNo:
    return yes_no_from(DATA / "answers" / "yes_no.yml")


@pytest.fixture(scope="session")
def concepts() -> Concepts:
    return Concepts(**read_concepts(DATA / "concepts"))


@pytest.fixture(scope="session")
def understanding(entities: EntityFinder, yes_no: YesNo, concepts: Concepts) -> Understanding:
    pairs = [
        (text, intent) for language in ("cy", "en") for _, intent, text in examples_of(language)
    ]
    return train_understanding(pairs[::EVERY], entities, yes_no, concepts)
