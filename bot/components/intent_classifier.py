"""The Rasa graph component that decides what a message wants: one model for Welsh and English."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.entities import entity_finder_from
from bot.components.examples import read_examples
from bot.components.fitted import FittedComponent
from bot.components.lexicons import DATA
from bot.components.phrases import Found, Meaning
from bot.components.understanding import Understanding, train_understanding
from bot.components.yes_no import yes_no_from
from bot.words.concept_forms import read_concepts
from bot.words.concepts import Concepts

_RANKED = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LlaisIntentClassifier(FittedComponent, IntentClassifier):
    """Sets `intent` and `intent_ranking` on every message, with calibrated confidence.

    Stands after the entity extractor, because what a message mentions is part of what it means.
    """

    _understanding: Understanding | None = None

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LlaisIntentClassifier:
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as directory:
            component._understanding = Understanding.load(directory)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        # Not from `training_data`, which holds one example of each intent (see bot/train.py).
        understanding = train_understanding(
            read_examples(DATA),
            entity_finder_from(DATA),
            yes_no_from(DATA / "answers" / "yes_no.yml"),
            Concepts(**read_concepts(DATA / "concepts")),
        )
        with self._storage.write_to(self._resource) as directory:
            understanding.save(directory)
        self._understanding = understanding
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._understanding is None:
            return messages
        for message in messages:
            metadata = message.get(METADATA) or {}
            found = [
                Found(Meaning(item["entity"], item["value"]), item["start"], item["end"])
                for item in message.get(ENTITIES, [])
            ]
            text = message.get(TEXT) or ""
            ranking = self._understanding.rank(text, found, metadata.get("language"))
            ranked = [
                {"name": name, "confidence": confidence} for name, confidence in ranking[:_RANKED]
            ]
            message.set("intent", ranked[0], add_to_output=True)
            message.set("intent_ranking", ranked, add_to_output=True)
        return messages
