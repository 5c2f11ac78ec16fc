"""The epoch-by-epoch history of one training run, whoever wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.subjects.predictions import Predictions

__all__ = ["Epoch", "RunEvent", "RunHistory", "Step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One evaluated point of a run.

    In every field **None means that the run did not log it, NaN that it logged NaN**: a NaN is
    evidence, a missing column is not.

    Attributes:
        number: Epochs trained so far; fractional for evaluations inside an epoch.
        step: Optimizer steps so far.
        train_loss: Mean training loss since the previous point.
        eval_loss: Loss on the development split.
        metrics: Metric name (without the `eval_` prefix) to value.
        learning_rate: Learning rate of the last step.
        grad_norm: Norm of the gradient before clipping, at the last step that logged it.
        seconds: Wall time since the previous point.
        per_type: Entity type to its scores: `precision`, `recall`, `f1`, `support`.
    """

    number: float
    step: int | None = None
    train_loss: float | None = None
    eval_loss: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds: float | None = None
    per_type: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a step-level log; None: the run did not log it there, NaN: it logged NaN.

    Attributes:
        step: Optimizer steps so far.
        epoch: Epochs trained so far, or None.
        loss: Training loss, as a rule the mean since the line before.
        learning_rate: Learning rate of the last step.
        grad_norm: Norm of the gradient before clipping.
    """

    step: int
    epoch: float | None = None
    loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Something that happened during a run, besides its epochs.

    Attributes:
        kind: Kebab-case name, such as `out-of-memory`, `non-finite`, `pruned`, `resumed`.
        message: One sentence for a person.
        epoch: Epochs trained when it happened, or None.
        step: Optimizer steps done when it happened, or None.
        details: Further figures, JSON-serialisable.
    """

    kind: str
    message: str
    epoch: float | None = None
    step: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """A whole run, as a reader found it.

    Attributes:
        epochs: Evaluated points in the order of training.
        config: Hyperparameters by their standard names (`learning_rate`, `batch_size`, ...).
        dataset: Facts about the data (`train_sentences`, `dev_sentences`, ...), where known.
        environment: Library versions and the device, where known.
        events: What else happened.
        monitor: Name of the metric that decides which epoch is best, or None when none was logged.
        higher_is_better: Direction of `monitor`.
        source: Where the history was read from.
        notes: What the reader mapped, skipped or lost, as sentences.
        steps: Step-level log in the order of training; empty when none was written.
        predictions: Gold and predicted tags of the development split, or None when the run kept
            none.
    """

    epochs: tuple[Epoch, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[RunEvent, ...] = ()
    monitor: str | None = None
    higher_is_better: bool = True
    source: str = ""
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    predictions: Predictions | None = None
