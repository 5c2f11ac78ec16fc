"""What every actor on a Ray cluster is given: the recipe, the model, where to look for files."""

from __future__ import annotations

import dataclasses
import secrets
from pathlib import Path
from typing import Any

import ray

from tuner.engine_recipe import EngineRecipe
from tuner.engines._ray.model import PackedModel, describe_model, pack_model
from tuner.engines._ray.nodes import Share
from tuner.engines._ray.words import MARKER, Surroundings

__all__ = ["Shipment", "relocated"]

USUAL_PAUSE = 20.0
"""Seconds between two checkpoints where the recipe does not say how often they are written."""


class Shipment:
    """The recipe in the object store, from where each node gets it once.

    Args:
        recipe: Makes the engine that trains.
        folder: Folder of the study; a marker is written there until `close`.
        share: What a training takes of a node.

    Attributes:
        recipe: Reference to the recipe.
        surroundings: What an actor looks for on its node.
        share: What a training takes of a node.
        checkpoint_every: Seconds between two checkpoints.
    """

    def __init__(self, recipe: EngineRecipe, folder: Path, share: Share) -> None:
        named = getattr(recipe, "model", None)
        model = Path(named).expanduser().resolve() if isinstance(named, str) else None
        self._model = model if model is not None and model.is_dir() else None
        self._packed: PackedModel | None = None
        files = describe_model(self._model) if self._model is not None else ()
        word = secrets.token_hex(16)
        self.share = share
        self.checkpoint_every: float = getattr(recipe, "checkpoint_every", USUAL_PAUSE)
        self.surroundings = Surroundings(folder=folder, word=word, model=self._model, files=files)
        self.recipe: Any = ray.put(relocated(recipe, self._model, folder))
        self._marker = folder / MARKER
        folder.mkdir(parents=True, exist_ok=True)
        self._marker.write_text(word, encoding="utf-8")

    def model(self) -> PackedModel:
        """Return the model's files in the object store; packs them when it is first asked."""
        if self._packed is None:
            assert self._model is not None, "only a model folder can be missing on a node"
            self._packed = pack_model(self._model, self.surroundings.files)
        return self._packed

    def close(self) -> None:
        """Take the marker away, and let go of what is in the object store."""
        self._packed = self.recipe = None
        self._marker.unlink(missing_ok=True)


def relocated(recipe: EngineRecipe, model: Path | None, folder: Path | None) -> EngineRecipe:
    """Return the recipe with other places for its model and its study, where it names them.

    Args:
        recipe: The recipe.
        model: Folder of the model; None keeps what it says.
        folder: Folder of the study; None keeps what it says.
    """
    changes: dict[str, Any] = {}
    if model is not None and isinstance(getattr(recipe, "model", None), str):
        changes["model"] = str(model)
    if folder is not None and getattr(recipe, "folder", None) is not None:
        folder.mkdir(parents=True, exist_ok=True)
        changes["folder"] = folder
    plain: Any = recipe
    return dataclasses.replace(plain, **changes) if changes else recipe
