"""Reads printed dictionaries of figures: a Trainer's rows, and scores after `epoch 3`."""

from __future__ import annotations

import math
from dataclasses import replace

from diagnostics.readers._literal_mapping import Figures
from diagnostics.readers._name_words import Split
from diagnostics.readers._printed_lines import TRAIN_KEYS, epoch_in, figures_in, row_of, whole_in
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._quantities import quantity
from diagnostics.readers._scores import Scores, scores_of

__all__ = ["row_of_figures"]

_BESIDE_LOSS = ("epoch", "step", "learning_rate", "grad_norm")


def row_of_figures(before: str, figures: Figures) -> Row | None:
    """Return what a printed dictionary says: a Trainer's row, or scores after the words `epoch 3`.

    Args:
        before: What stands before it on the line.
        figures: The dictionary.
    """
    flat = {key: value for key, value in figures.items() if isinstance(value, float)}
    if "train_runtime" in flat:
        return _summary(flat)
    evaluated = any(key.startswith("eval_") for key in figures)
    scores = scores_of(figures) if evaluated else Scores()
    evaluation = _unnamed_scores(flat) | scores.metrics if evaluated else {}
    if "eval_loss" in flat:
        evaluation["loss"] = flat["eval_loss"]
    logged = "loss" in flat and any(key in flat for key in _BESIDE_LOSS)
    training = {key: flat[key] for key in TRAIN_KEYS if key in flat} if logged else {}
    if not (evaluation or scores.per_type or training):
        return _named_figures(before, flat)
    return Row(
        epoch=epoch_in(flat),
        step=whole_in(flat.get("step")),
        training=training,
        evaluation=evaluation,
        per_type=scores.per_type,
        samples=_product(flat.get("eval_runtime"), flat.get("eval_samples_per_second")),
        seconds=flat.get("eval_runtime"),
    )


def _unnamed_scores(flat: dict[str, float]) -> dict[str, float]:
    """Return the scores that stand beside an `eval_loss` without naming the split."""
    known = ((quantity(key), value) for key, value in flat.items())
    return {
        found.name: value
        for found, value in known
        if found
        and not found.is_place
        and found.split is Split.NONE
        and found.name not in TRAIN_KEYS
    }


def _summary(flat: dict[str, float]) -> Row:
    epoch = epoch_in(flat)
    shown = _product(flat["train_runtime"], flat.get("train_samples_per_second"))
    samples = shown / epoch if shown and epoch else math.nan
    loss = flat.get("train_loss")
    return Row(
        epoch=epoch,
        training={} if loss is None else {"loss": loss},
        samples=round(samples) if math.isfinite(samples) else None,
        seconds=flat["train_runtime"],
        whole_epoch=True,
        ends=True,
    )


def _product(seconds: float | None, speed: float | None) -> int | None:
    if seconds is None or speed is None or not 0.5 <= seconds * speed < 1e12:
        return None
    return round(seconds * speed)


def _named_figures(before: str, flat: dict[str, float]) -> Row | None:
    """Return scores whose keys name no split, where an epoch is told before or among them."""
    found = [(known, value) for key, value in flat.items() if (known := quantity(key)) is not None]
    place = row_of(figures_in(before[-200:]), bar_like=False)
    if not any(known.name == "epoch" for known, _ in found) and (
        place is None or place.epoch is None
    ):
        return None
    row = row_of(found, bar_like=False)
    if row is None or place is None or row.epoch is not None:
        return row
    return replace(row, epoch=place.epoch, epochs=place.epochs, counted=True)
