"""What the name of a column or of a logged value says: which split, which figure, how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from diagnostics.readers._name_words import SPLITS, Split, words_of
from diagnostics.readers._vocabulary import KNOWN_METRICS, canonical_metric

__all__ = ["Figure", "Meaning", "meaning_of", "plain_name"]


class Figure(StrEnum):
    """What a column counts or measures."""

    EPOCH = "epoch"
    STEP = "step"
    ORDER = "order"
    LOSS = "loss"
    METRIC = "metric"
    LEARNING_RATE = "learning rate"
    GRAD_NORM = "gradient norm"
    DURATION = "seconds"
    CLOCK = "clock"
    SPLIT = "split"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name says.

    Attributes:
        figure: What is counted or measured.
        split: On which part of the data.
        name: Of a metric its name without the split, in the original case; of a part of the loss
            which part it is, empty for the whole loss.
        level: `step` for a value of one batch, `epoch` for a mean over an epoch, empty when the
            name does not say.
    """

    figure: Figure
    split: Split = Split.NONE
    name: str = ""
    level: str = ""


_LEVELS = {"step": "step", "batch": "step", "iter": "step", "epoch": "epoch"}
_FILLERS = frozenset({"trainer", "metrics", "metric"})

_NAMES: dict[str, Figure] = {
    **dict.fromkeys(("epoch", "epochs", "ep", "current_epoch", "epoch_num"), Figure.EPOCH),
    **dict.fromkeys(("epoch_number", "epoch_id", "epoch_idx"), Figure.EPOCH),
    **dict.fromkeys(("step", "steps", "global_step", "iteration", "iter"), Figure.STEP),
    **dict.fromkeys(("iterations", "num_updates", "update", "updates"), Figure.STEP),
    **dict.fromkeys(("lr", "learning_rate", "learningrate", "current_lr"), Figure.LEARNING_RATE),
    **dict.fromkeys(("lr_0", "lr_pg0", "lr_pg_0", "lr_group_0"), Figure.LEARNING_RATE),
    **dict.fromkeys(("grad_norm", "gradient_norm", "gnorm"), Figure.GRAD_NORM),
    **dict.fromkeys(("global_grad_norm", "total_grad_norm"), Figure.GRAD_NORM),
    **dict.fromkeys(("grad_norm_total", "grad_2_0_norm_total"), Figure.GRAD_NORM),
    **dict.fromkeys(("time", "seconds", "secs", "sec", "duration"), Figure.DURATION),
    **dict.fromkeys(("time_taken", "time_s", "time_sec", "time_seconds"), Figure.DURATION),
    **dict.fromkeys(("elapsed", "elapsed_time", "time_elapsed"), Figure.CLOCK),
    **dict.fromkeys(("runtime", "timestamp", "wall_time", "walltime"), Figure.CLOCK),
    **dict.fromkeys(("phase", "split", "mode", "subset", "stage"), Figure.SPLIT),
    **dict.fromkeys(("train_runtime", "total_flos"), Figure.SUMMARY),
}
_WHOLE_LOSS = frozenset(
    {"", "avg", "mean", "average", "total", "running", "overall"} | {"ce", "nll", "cross_entropy"}
)
_NO_LOSS = frozenset(
    {"scale", "scaling", "weight", "fn", "function", "type", "name", "best", "min", "max", "last"}
    | {"ratio", "std", "diff", "delta", "change", "coef"}
)
_NO_METRIC = frozenset(
    {"runtime", "second", "seconds", "time", "samples", "steps", "epoch", "count", "memory", "mem"}
    | {"size", "lr", "step", "batch", "batches", "iter", "num", "total"}
)
_LONGEST_NAME = 200


def plain_name(column: str) -> str:
    """Return a name in small letters with single underscores: `Model Name` is `model_name`."""
    return "_".join(words_of(column[:_LONGEST_NAME])).lower()


@lru_cache(maxsize=4096)
def meaning_of(column: str) -> Meaning | None:
    """Return what a name says; None for a name that says nothing about a training.

    `val_loss`, `Validation Loss`, `eval/loss`, `loss_valid` and `devLoss` all say the loss on the
    development split.
    """
    column = column[:_LONGEST_NAME]
    if column == "_step":  # of Weights & Biases: counts calls of its log, not optimizer steps
        return Meaning(figure=Figure.ORDER)
    if column.endswith(("__MIN", "__MAX")):  # beside each value in its exported charts
        return None
    column = column.rpartition(" - ")[2]  # the name of the run stands before it in those charts
    words = [word for word in words_of(column) if word.lower() not in _FILLERS]
    plain = "_".join(words).lower()
    if plain.endswith(("train_runtime", "total_flos")):
        return Meaning(figure=Figure.SUMMARY)
    if column.lower().startswith("lr-"):  # the learning rate monitor of Lightning
        return Meaning(figure=Figure.LEARNING_RATE)
    if plain in _NAMES:
        return Meaning(figure=_NAMES[plain])
    split, words = _without_split(words)
    rest = "_".join(words).lower()
    if rest in _NAMES:
        return _on_a_split(_NAMES[rest], split)
    level, words = _without_level(words)
    return _of_figure(split, level, words)


def _without_split(words: list[str]) -> tuple[Split, list[str]]:
    """Take the split from the start or the end of a name."""
    if len(words) > 1:
        for place, rest in ((words[0], words[1:]), (words[-1], words[:-1])):
            if split := SPLITS.get(place.lower()):
                return split, rest
    return Split.NONE, words


def _without_level(words: list[str]) -> tuple[str, list[str]]:
    """Take `_step` or `_epoch` from the end of a name, or `epoch_`, `batch_` from its start."""
    if len(words) > 1:
        if level := _LEVELS.get(words[-1].lower()):
            return level, words[:-1]
        if level := _LEVELS.get(words[0].lower()):
            return level, words[1:]
    return "", words


def _on_a_split(figure: Figure, split: Split) -> Meaning | None:
    """Return `train/epoch` and `train/lr` as what they are; times of an evaluation are none."""
    timed = figure in {Figure.DURATION, Figure.CLOCK}
    if figure is Figure.SPLIT or (timed and split is not Split.TRAIN):
        return None
    return Meaning(figure=figure, split=split)


def _of_figure(split: Split, level: str, words: list[str]) -> Meaning | None:
    lowered = [word.lower() for word in words]
    plain = "_".join(lowered)
    for index in (-1, 0):
        if lowered and lowered[index] in {"loss", "losses"}:
            part = "_".join(lowered[:-1] if index else lowered[1:])
            if part in _NO_LOSS or part in SPLITS:
                return None
            name = "" if part in _WHOLE_LOSS else part
            return Meaning(figure=Figure.LOSS, split=split, name=name, level=level)
    if plain in {"cross_entropy", "nll"}:
        return Meaning(figure=Figure.LOSS, split=split, level=level)
    if plain in _NAMES and not split:  # `epoch_time`
        return Meaning(figure=_NAMES[plain])
    known = canonical_metric(plain) in KNOWN_METRICS
    scored = split in {Split.DEVELOPMENT, Split.TEST} and not _NO_METRIC.intersection(lowered)
    if not words or not (known or scored):
        return None
    return Meaning(figure=Figure.METRIC, split=split, name="_".join(words), level=level)
