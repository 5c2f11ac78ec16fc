"""The training that a forecast is about: length of inputs, precision, device, free memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from diagnostics.subjects.environment import Accelerator, Environment

if TYPE_CHECKING:
    from diagnostics.measures.subwords import SubwordsFound

__all__ = ["PlannedCourse", "planned_course"]

_OPTIMIZER = "adamw_torch_fused"
"""Default of `TrainingArguments.optim`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCourse:
    """The training that is forecast, whatever its batch.

    Attributes:
        config: Configuration of the model.
        length: Sub-tokens of the longest input.
        labels: Labels of the head; None: what the configuration says.
        precision: Numeric precision.
        optimizer: Optimizer.
        device: Kind of device.
        free: Bytes that are free on it; None is not known.
        tokens: Sub-tokens of an epoch; None without data.
        notes: What differs from what was asked for, as sentences.
    """

    config: Any
    length: int
    labels: int | None
    precision: str
    optimizer: str
    device: Literal["cpu", "cuda", "mps"]
    free: int | None
    tokens: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """What both forecasts take."""
        return {
            "length": self.length,
            "labels": self.labels,
            "optimizer": self.optimizer,
            "precision": self.precision,
            "device": self.device,
        }


def planned_course(environment: Environment, folder: str, data: str | None) -> PlannedCourse:
    """Return the training that was planned, with the usual where nothing was said.

    Args:
        environment: What was found, and what is planned.
        folder: The folder of the model.
        data: Labelled data for the length of inputs; None: as long as the model takes them.

    Raises:
        ModelError: The model cannot be opened.
        DataError: The data cannot be read.
    """
    config, most = _model(folder, tokenizer=data is not None)
    asked = environment.plan.get("max_length") or most
    limit = min(asked, most)
    found = None if data is None else _subwords(folder, data, limit)
    gpu = next((each for each in environment.accelerators or () if each.visible), None)
    trained = found.lengths.get("train", {}) if found is not None else {}
    return PlannedCourse(
        config=config,
        length=min(limit, max(trained, default=limit)),
        labels=None if found is None else 2 * len(found.entity_ends) + 1,
        precision=environment.plan.get("precision") or _precision(gpu),
        optimizer=environment.plan.get("optimizer") or _OPTIMIZER,
        device=_kind(environment, gpu),
        free=_free(environment, gpu),
        tokens=_tokens(trained, limit) or None,
        notes=_cut(asked, limit),
    )


def _model(folder: str, *, tokenizer: bool) -> tuple[Any, int]:
    """Return the configuration and the most sub-tokens; only data needs the tokenizer as well."""
    from tuner.training.model_source import longest_input, open_model, read_config

    if tokenizer:
        source = open_model(folder)
        return source.config, source.max_length
    config = read_config(folder)
    return config, longest_input(config, None)


def _cut(asked: int, limit: int) -> tuple[str, ...]:
    """Return a note where inputs will be shorter than was asked for."""
    if asked <= limit:
        return ()
    cut = f"The forecast is for inputs of {limit} sub-tokens, not the {asked} of --max-length"
    return (f"{cut}: neither this model nor `tuner train` takes longer ones.",)


def _subwords(folder: str, data: str, limit: int) -> SubwordsFound:
    """Return the data in sub-tokens of the model."""
    from diagnostics.data_checkup import check
    from diagnostics.measures.subwords import Subwords
    from tuner.training.subwords import subword_measure

    made, facts = subword_measure(folder, max_length=limit)
    checkup = check(data, select=["D5"], made=made, model=facts)
    return Subwords.of(checkup.subject)


def _tokens(lengths: Mapping[int, int], limit: int) -> int:
    return sum(min(length, limit) * count for length, count in lengths.items())


def _precision(gpu: Accelerator | None) -> str:
    """Return what `tuner train` trains in."""
    return "bf16" if gpu is not None and gpu.kind == "cuda" and gpu.bf16 else "fp32"


def _kind(environment: Environment, gpu: Accelerator | None) -> Literal["cpu", "cuda", "mps"]:
    torch = environment.torch
    if gpu is None or torch is None:
        return "cpu"
    if gpu.kind == "mps":
        return "mps"
    return "cuda" if torch.available is not False else "cpu"


def _free(environment: Environment, gpu: Accelerator | None) -> int | None:
    if gpu is not None and gpu.total_bytes is not None and _kind(environment, gpu) == "cuda":
        return gpu.total_bytes - (gpu.used_bytes or 0)
    return environment.host.memory_available if environment.host is not None else None
