"""Opens model, device and bench; torch is imported here, when a training is really wanted."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.data import TaskData
from tuner.engine_choice import CLUSTER, WORKERS, EngineChoice, choose_engine
from tuner.engine_recipe import EngineRecipe
from tuner.model_facts import ModelFacts
from tuner.study import SearchOptions
from tuner.study_options import ALL_DEVICES
from tuner.trial import TrialSpec

if TYPE_CHECKING:
    from tuner.engines.in_process import InProcessEngine
    from tuner.training.fine_tune import Workbench
    from tuner.training.probe import Probe

__all__ = [
    "bench_device",
    "check_named_devices",
    "check_trainable",
    "device_count",
    "devices_shown",
    "engine_choice",
    "give_back_device",
    "make_engine",
    "measure",
    "model_facts",
    "open_bench",
    "training_recipe",
]

VISIBLE = "CUDA_VISIBLE_DEVICES"


def check_named_devices(options: SearchOptions) -> None:
    """Refuse devices that are not on this machine; those of a cluster are not looked for.

    Raises:
        UsageError: One of them is not there.
    """
    if options.engine == CLUSTER or options.devices in ((), (ALL_DEVICES,)):
        return
    from tuner.training.offered_devices import check_devices

    check_devices(options.devices)


def engine_choice(options: SearchOptions, device: str | None) -> EngineChoice:
    """Choose the engine for this machine; see `tuner.engine_choice.choose_engine`."""
    from tuner.training.offered_devices import gpu_count

    return choose_engine(options, device, gpu_count())


def bench_device(choice: EngineChoice) -> str | None:
    """Return the device of this process's own bench: the first that trains, if that is here.

    On a cluster other machines train, and this one may be busy with something else.
    """
    if _is_elsewhere(choice):
        return "cpu"
    first = choice.devices[0] if choice.devices else None
    # Workers have the GPUs; this process only measures on the first that it sees.
    return first.partition(":")[0] if first is not None and choice.name == WORKERS else first


@contextlib.contextmanager
def devices_shown(choice: EngineChoice) -> Iterator[EngineChoice]:
    """Let this process and its workers see the named GPUs alone, while the block runs.

    So neither the measurement nor a library touches a GPU that was not named.

    Yields:
        The choice with the GPUs as they are numbered then, from 0. Unchanged for other engines,
        where no GPU was named, and when this process has used CUDA already.
    """
    numbers = [int(name.partition(":")[2] or 0) for name in choice.devices if _is_gpu(name)]
    if choice.name != WORKERS or not numbers or _cuda_is_started():
        yield choice
        return
    before = os.environ.get(VISIBLE)
    seen = [entry.strip() for entry in before.split(",")] if before else []
    shown = [seen[number] if number < len(seen) else str(number) for number in numbers]
    names = iter(range(len(numbers)))
    renamed = (f"cuda:{next(names)}" if _is_gpu(name) else name for name in choice.devices)
    os.environ[VISIBLE] = ",".join(shown)
    try:
        yield replace(choice, devices=tuple(renamed))
    finally:
        os.environ.pop(VISIBLE)
        os.environ.update({} if before is None else {VISIBLE: before})


def _is_gpu(name: str) -> bool:
    return name.startswith("cuda")


def _cuda_is_started() -> bool:
    from tuner.training.offered_devices import cuda_is_started

    return cuda_is_started()


def _is_elsewhere(choice: EngineChoice) -> bool:
    return choice.name == CLUSTER and choice.address not in (None, "local")


def device_count(choice: EngineChoice, slots: int) -> int:
    """Return on how many devices the slots of an engine are: between those nothing is shared."""
    if choice.devices == ("cpu",):
        return 1
    if choice.name == CLUSTER:
        return max(slots // (choice.per_device or slots or 1), 1)
    from tuner.training.offered_devices import gpu_count

    return min(max(len(choice.devices) or gpu_count(), 1), max(slots, 1))


def measure(
    bench: Workbench,
    spec: TrialSpec,
    choice: EngineChoice,
    clock: Callable[[], float] = time.perf_counter,
) -> Probe | None:
    """Time a few steps where the trainings will run.

    Returns:
        What was measured; None where the trainings run elsewhere, or when nothing fits.
    """
    if _is_elsewhere(choice):
        return None
    from tuner.training.probe import probe

    return probe(bench, spec, clock)


def give_back_device(bench: Workbench) -> None:
    """Move the model that was measured out of the device's memory: others train there."""
    from tuner.training.memory import release_memory

    bench.model.model.to("cpu")
    release_memory()


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


def training_recipe(
    data: TaskData,
    model: str,
    max_length: int | None,
    folder: Path,
    checkpoint_every: float,
) -> EngineRecipe:
    """Return what makes the engine of this process in other places; see `open_bench`."""
    from tuner.engines.in_process import TrainingRecipe

    return TrainingRecipe(
        data=data,
        model=model,
        max_length=max_length,
        folder=folder,
        checkpoint_every=checkpoint_every,
    )


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
