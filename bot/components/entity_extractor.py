"""The Rasa graph component that finds who, where, when and how in a message, in both languages."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.entities import EntityFinder, entity_finder_from
from bot.components.fitted import FittedComponent
from bot.components.lexicons import DATA


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LlaisEntityExtractor(FittedComponent, EntityExtractorMixin):
    """Adds `entities` to every message, each with its value and its place in the text."""

    _finder: EntityFinder | None = None

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LlaisEntityExtractor:
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as directory:
            component._finder = EntityFinder.load(directory)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        self._finder = entity_finder_from(DATA)
        with self._storage.write_to(self._resource) as directory:
            self._finder.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._finder is None:
            return messages
        for message in messages:
            found = [
                {
                    "entity": item.meaning.entity,
                    "value": item.meaning.value,
                    "start": item.start,
                    "end": item.end,
                    "confidence_entity": 1.0,
                    "extractor": type(self).__name__,
                }
                for item in self._finder.find(message.get(TEXT) or "")
            ]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages
