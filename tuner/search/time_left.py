"""What a study will cost: seconds left, memory and disk, from plain formulas over plain numbers."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuner.model_facts import ModelFacts
from tuner.space import Choice, PowersOfTwo, SearchSpace
from tuner.study_view import Estimate

__all__ = [
    "Timing",
    "disk_bytes",
    "estimate",
    "makespan",
    "mean_epochs",
    "memory_bytes",
    "seconds_left",
    "seconds_per_epoch",
]

WEIGHT_BYTES = 4
"""A weight in 32-bit floating point, as it is trained and saved."""

TRAINING_BYTES = 16
"""Per trained weight: the weight, its gradient and AdamW's two moments, 4 bytes each."""

MODEL_COPIES = 3
"""Most models that a study keeps at once: the best, the running trial's best, its checkpoint."""

MOST_SCHEDULED = 500
"""Trainings to come that are dealt out to the slots one by one."""

LOG_BYTES_PER_TRIAL = 200_000
"""History, counts and configuration of one trial, with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one training took so far.

    Attributes:
        batch_size: Its effective batch size.
        epochs_done: Epochs trained, pruned and interrupted trainings included; of a trunk, those of
            its branches too.
        epochs_planned: Epochs of its plan.
        seconds: Wall time of those epochs.
        into_epoch: Epochs after them that are trained already: a share of the running one.
    """

    batch_size: int
    epochs_done: float
    epochs_planned: float
    seconds: float
    into_epoch: float = 0.0

    @property
    def epochs_left(self) -> float:
        """Epochs still to be trained, the running one as a fraction."""
        return max(self.epochs_planned - self.epochs_done - self.into_epoch, 0.0)


def seconds_per_epoch(timings: Iterable[Timing], batch_size: int) -> float | None:
    """Expect the seconds of an epoch at a batch size.

    An epoch costs a part that every sentence has (`a`) and a part that every step has (`b`), so
    `seconds = a + b / batch_size`. Both are fitted by least squares weighted with the epochs and
    kept at 0 or above; with one batch size only, its mean is used for all.

    Args:
        timings: Trainings of the same model and data; those without an epoch are left aside.
        batch_size: The one to expect for.

    Returns:
        Seconds, or None when nothing was timed yet.
    """
    used = [one for one in timings if one.epochs_done > 0 and one.seconds > 0]
    if not used:
        return None
    weights = [float(one.epochs_done) for one in used]
    total = sum(weights)
    steps = [1.0 / one.batch_size for one in used]
    times = [one.seconds / one.epochs_done for one in used]
    mean_step = sum(w * x for w, x in zip(weights, steps, strict=True)) / total
    mean_time = sum(w * y for w, y in zip(weights, times, strict=True)) / total
    spread = sum(w * (x - mean_step) ** 2 for w, x in zip(weights, steps, strict=True))
    if spread < 1e-12:
        return mean_time
    joint = sum(
        w * (x - mean_step) * (y - mean_time) for w, x, y in zip(weights, steps, times, strict=True)
    )
    per_step = min(max(joint / spread, 0.0), mean_time / mean_step)
    return mean_time + per_step * (1.0 / batch_size - mean_step)


def mean_epochs(space: SearchSpace, fixed: float) -> float:
    """Give the mean number of epochs over a space; `fixed` when epochs are not searched."""
    parameter = space.parameters.get("epochs")
    if parameter is None:
        return float(fixed)
    if isinstance(parameter, Choice | PowersOfTwo):
        return sum(float(value) for value in parameter.values) / len(parameter.values)
    return (parameter.low + parameter.high) / 2


def seconds_left(
    timings: Sequence[Timing],
    *,
    running: Sequence[Timing] = (),
    waiting: Sequence[tuple[int, float]] = (),
    unknown_trials: int = 0,
    expected_epochs: float,
    usual_batch_size: int,
    slots: int = 1,
) -> float | None:
    """Expect the seconds to the end of a study.

    Pruning is expected to go on as it did so far: trials to come are given the share of their plans
    that ended trials were trained for. Re-runs of contenders go through their whole plans, and
    begin when the last trial of the search has ended. What runs side by side was timed side by
    side.

    Args:
        timings: Trainings that ended.
        running: Trainings under way.
        waiting: (batch size, epochs) of trainings whose settings are known and that will not be
            pruned, such as re-runs with further seeds.
        unknown_trials: Trials whose settings the sampler has still to choose.
        expected_epochs: Epochs that such a trial will plan, from `mean_epochs`.
        usual_batch_size: Batch size to expect of such a trial.
        slots: Trainings at once.

    Returns:
        Seconds, or None while no epoch was timed.
    """
    known = [*timings, *running]
    usual = seconds_per_epoch(known, usual_batch_size)
    if usual is None:
        return None

    def at(batch_size: int) -> float:
        return seconds_per_epoch(known, batch_size) or usual

    planned = sum(one.epochs_planned for one in timings)
    share = sum(one.epochs_done for one in timings) / planned if planned else 1.0
    each = expected_epochs * share * usual
    under_way = [one.epochs_left * at(one.batch_size) for one in running]
    searched = makespan([*under_way, *[each] * unknown_trials], slots)
    return searched + makespan([epochs * at(batch_size) for batch_size, epochs in waiting], slots)


def makespan(seconds: Sequence[float], slots: int) -> float:
    """Return when the last of some trainings ends, each of them started in the first free slot.

    Beyond a few hundred the total divided by the slots says the same in less time.
    """
    if slots <= 1 or len(seconds) > MOST_SCHEDULED:
        return max(sum(seconds) / max(slots, 1), max(seconds, default=0.0))
    ends = [0.0] * slots
    for one in seconds:
        heapq.heapreplace(ends, ends[0] + one)
    return max(ends)


def memory_bytes(
    model: ModelFacts, batch_size: int, length: int, frozen_parameters: int = 0
) -> int:
    """Expect the peak memory of training at full precision, before anything was run.

    Weights, gradients and AdamW's moments are exact. Activations follow Korthikanti et al. 2022
    (arXiv 2205.05198, equation 2): 34 bytes per token, width and layer in 16 bits, hence 68 in 32
    bits, without the attention matrix, which fused attention does not keep. What the device's
    allocator holds back comes on top.

    Args:
        model: Size of the encoder.
        batch_size: Windows per step, or per micro-batch.
        length: Sub-tokens per window, padding included.
        frozen_parameters: Weights that are not trained.
    """
    trained = max(model.parameters - frozen_parameters, 0)
    weights = trained * TRAINING_BYTES + frozen_parameters * WEIGHT_BYTES
    activations = 68 * batch_size * length * model.hidden_size * model.layers
    return weights + activations


def disk_bytes(parameters: int, trials: int, slots: int = 1) -> int:
    """Expect the most disk that a study takes at once.

    At most three models are kept at once, plus AdamW's two moments in the checkpoint of each
    running trial, plus the small files of every trial.
    """
    models = (MODEL_COPIES + 2 * (slots - 1)) * parameters * WEIGHT_BYTES
    moments = slots * 2 * parameters * WEIGHT_BYTES
    return models + moments + trials * LOG_BYTES_PER_TRIAL


def estimate(
    model: ModelFacts,
    *,
    trainings: int,
    batch_size: int,
    length: int,
    seconds_per_epoch: float | None = None,
    seconds: float | None = None,
    slots: int = 1,
    how: str = "",
) -> Estimate:
    """Put together what a study is expected to cost without pruning.

    Args:
        model: Size of the encoder.
        trainings: Trials and runs with further seeds.
        batch_size: Batch size of the recipe.
        length: Length in sub-tokens of a long window of the data.
        seconds_per_epoch: Measured seconds of an epoch of the recipe, or None.
        seconds: Seconds of the study, from `tuner.search.study_cost`, or None.
        slots: Trainings at once.
        how: How the seconds were measured, one sentence; empty says what was computed.
    """
    formula = (
        f"{model.size} parameters at 16 bytes each while training, "
        f"activations for {batch_size} windows of {length} sub-tokens"
    )
    return Estimate(
        seconds_per_epoch=seconds_per_epoch,
        seconds=seconds,
        disk_bytes=disk_bytes(model.parameters, trainings, slots),
        memory_bytes=memory_bytes(model, batch_size, length),
        how=" ".join(filter(None, (how, f"Memory and disk computed from {formula}."))),
    )
