"""What one training is asked to do, and what it reports back: plain values, no torch."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.subjects.run_history import RunEvent

__all__ = [
    "EpochReport",
    "Scores",
    "TrialOutcome",
    "TrialSpec",
    "TrialState",
    "TrunkPlan",
    "TypeScores",
]

TRUNK = "trunk"
"""A schedule of our own: one training answers for several epoch counts, see `TrunkPlan`."""

SCHEDULES = (
    *("linear", "cosine", "constant", "constant_with_warmup", "polynomial", "inverse_sqrt"),
    TRUNK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkPlan:
    """One training at a constant rate, and a branch with a falling one for each epoch count.

    A branch begins with the weights, the optimizer and the random state that the trunk has after
    `(1 - cooldown) * count` epochs; there its learning rate falls linearly to zero at `count`. The
    trunk goes on as if the branch had never been (warm-up, stable, decay: Haegele et al. 2024,
    arXiv 2405.18392, for pre-training).

    Attributes:
        counts: Epoch counts that it answers for, rising; the last one is the training's `epochs`.
        cooldown: Share of a branch's epochs in which its rate falls, above 0 and below 1.

    Raises:
        TypeError: Something else than a number is among them, as in a damaged file.
    """

    counts: tuple[int, ...]
    cooldown: float = 0.2

    def __post_init__(self) -> None:
        numbers = (*self.counts, self.cooldown)
        if not all(isinstance(number, int | float) for number in numbers):
            raise TypeError(f"the plan of a trunk is made of numbers, but got {numbers!r}")

    def __str__(self) -> str:
        counts = ", ".join(map(str, self.counts))
        if len(self.counts) == 1:
            epochs = f"{counts} epoch{'s' * (self.counts != (1,))}"
            return f"{epochs}, the last {self.cooldown:.0%} falling to zero"
        return f"{counts} epochs, each with its last {self.cooldown:.0%} falling to zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSpec:
    """The hyperparameters of one training.

    Attributes:
        learning_rate: Peak learning rate of AdamW.
        batch_size: Sentences (windows) per optimizer step; how they are split into micro-batches to
            fit the memory changes neither the gradient nor the result.
        epochs: Length of the training and of its learning-rate schedule, in epochs.
        warmup_ratio: Share of the steps in which the learning rate rises from 0; of a trunk, of the
            steps up to its first count.
        weight_decay: AdamW's decoupled weight decay.
        schedule: One of `SCHEDULES`: transformers' `lr_scheduler_type`, or `trunk`.
        dropout: Probability of every dropout layer; None keeps the model's own.
        label_smoothing: Share of the probability mass spread over all labels.
        frozen_layers: How many encoder layers, counted from the embeddings, are not trained; the
            embeddings are frozen with the first. 0 trains everything.
        seed: Seed of the classification head, the order of batches and dropout.
        extra: Further transformers `TrainingArguments`, as given with `--set name=value`.
        trunk: The counts of a trunk; None for other schedules, and where `tuner.trunk.plan_of`
            shall choose them.
    """

    learning_rate: float
    batch_size: int
    epochs: int
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    schedule: str = "linear"
    dropout: float | None = None
    label_smoothing: float = 0.0
    frozen_layers: int = 0
    seed: int = 42
    extra: Mapping[str, Any] = field(default_factory=dict)
    trunk: TrunkPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeScores:
    """Strict entity-level scores of one entity type; `support` counts its gold entities."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """An evaluation on one split.

    Attributes:
        loss: Mean cross-entropy per scored word, or None where it was not computed.
        precision: Entity-level precision (strict IOB2, micro average).
        recall: Entity-level recall.
        f1: Entity-level F1.
        accuracy: Share of words with the right tag.
        per_type: Entity type to its scores.
        counts: Per sentence (correct, predicted, gold) entities, from which any bootstrap of the F1
            can be computed; None where not kept.
    """

    loss: float | None
    precision: float
    recall: float
    f1: float
    accuracy: float
    per_type: Mapping[str, TypeScores] = field(default_factory=dict)
    counts: tuple[tuple[int, int, int], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochReport:
    """What a training says at the end of one of its epochs, a trunk at the end of a branch.

    Of a trunk, everything "of this epoch" is of what was trained since the report before: the
    stretch of the trunk and the branch.

    Attributes:
        epoch: The epoch that ended, from 1; of a trunk, the count that the branch stands for.
        epochs: How many the trial plans; `epoch / epochs` is its progress.
        step: Optimizer steps done so far; of a trunk, those that the branch's weights have seen.
        train_loss: Mean training loss per word over this epoch (NaN when it was NaN).
        scores: Evaluation on the development split.
        learning_rate: Learning rate of the last step; of a trunk, the one that the branch falls
            from.
        grad_norm: Gradient norm before clipping, at the last logged step, or None.
        seconds: Wall time of this epoch, evaluation included.
        tokens: Real sub-tokens trained in this epoch.
        padded_tokens: The same with padding.
        events: What happened during this epoch (out of memory, ...).
        logs: Step-level entries in the form of transformers' `log_history`, since the last report.
    """

    epoch: int
    epochs: int
    step: int
    train_loss: float
    scores: Scores
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds: float = 0.0
    tokens: int = 0
    padded_tokens: int = 0
    events: tuple[RunEvent, ...] = ()
    logs: tuple[Mapping[str, Any], ...] = ()


class TrialState(enum.StrEnum):
    """How a training stands."""

    RUNNING = "running"
    FINISHED = "finished"  # went through its whole plan
    PRUNED = "pruned"  # stopped early by the pruner
    FAILED = "failed"  # non-finite loss or an error; the reason is in the outcome
    INFEASIBLE = "infeasible"  # not even one sentence fits into memory
    INTERRUPTED = "interrupted"  # stopped by the user or the time budget; can be resumed


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """How a training ended.

    Attributes:
        state: Any state but RUNNING.
        reason: One sentence; empty for FINISHED, except where a trunk ended before its last count.
        events: What happened since the last epoch report.
    """

    state: TrialState
    reason: str = ""
    events: tuple[RunEvent, ...] = ()
