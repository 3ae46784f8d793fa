"""What our trainable Rasa components share: they read data/ themselves, and keep what they made of it in the model."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from typing_extensions import Self

from bot.components.examples import fingerprint_of_data
from bot.components.lexicons import DATA


class FittedComponent(GraphComponent):
    """A component that Rasa creates empty for training, and caches by the data behind it."""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """What Rasa's cache cannot see: without it, changed data would leave the component as it was."""
        return fingerprint_of_data(DATA)
