"""Opens model, device and engine; torch is imported here, when a training is really wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data import TaskData
from tuner.model_facts import ModelFacts
from tuner.trial import TrialSpec

if TYPE_CHECKING:
    from tuner.engines.in_process import InProcessEngine
    from tuner.training.fine_tune import Workbench

__all__ = ["check_trainable", "make_engine", "model_facts", "open_bench"]


def open_bench(
    data: TaskData,
    model: str,
    device: str | None,
    max_length: int | None,
    folder: Path | None,
    checkpoint_every: float,
) -> Workbench:
    """Choose the device, open the model, encode the data and load the weights.

    Args:
        data: The data set.
        model: Folder or hub id.
        device: Device as the user named it, or None.
        max_length: Most sub-tokens of a window, or None.
        folder: Folder of the study, for caches; None keeps nothing.
        checkpoint_every: Least seconds between checkpoints.

    Raises:
        ModelError: The model cannot be found, read or used.
        UsageError: There is no such device.
    """
    from tuner.engines.in_process import open_workbench
    from tuner.training.device import choose_device
    from tuner.training.model_source import open_model

    chosen = choose_device(device)
    source = open_model(model)
    return open_workbench(
        data,
        source,
        chosen,
        max_length=max_length,
        folder=folder,
        checkpoint_every=checkpoint_every,
    )


def check_trainable(bench: Workbench, spec: TrialSpec) -> None:
    """Check the settings of a training as transformers will, before anything is trained.

    Raises:
        UsageError: A `TrainingArguments` value is none, cannot be used here, or belongs to an
            option of its own.
    """
    from tuner.training.arguments import check_arguments, training_arguments, validate_settings

    validate_settings(spec.extra)
    steps = -(-len(bench.train) // spec.batch_size)
    check_arguments(training_arguments(spec, bench.device, Path("unused"), steps))


def make_engine(bench: Workbench, data: TaskData) -> InProcessEngine:
    """Return the engine that trains in this process."""
    from tuner.engines.in_process import InProcessEngine

    return InProcessEngine(bench, data)


def model_facts(bench: Workbench) -> ModelFacts:
    """Return what the search needs to know about the model."""
    config = bench.source.config
    return ModelFacts(
        name=bench.source.name,
        parameters=sum(parameter.numel() for parameter in bench.model.model.parameters()),
        layers=_first_of(config, "num_hidden_layers", "n_layers", "num_layers"),
        hidden_size=_first_of(config, "hidden_size", "dim", "d_model"),
        max_length=bench.source.max_length,
        fingerprint=bench.source.fingerprint,
        architecture=str(config.model_type),
    )


def _first_of(config: Any, *names: str) -> int:
    found = (getattr(config, name, None) for name in names)
    return next((int(value) for value in found if isinstance(value, int)), 0)
