"""Reads the words and figures of one printed line, hand-written or behind a progress bar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from diagnostics.readers._literal_mapping import number
from diagnostics.readers._name_words import Split
from diagnostics.readers._printed_rows import Row
from diagnostics.readers._progress_bars import KERAS_BAR, bar, keras_seconds, without_bar
from diagnostics.readers._quantities import Quantity
from diagnostics.readers._quantity_places import FIGURE, MARK, quantities_at

__all__ = ["TRAIN_KEYS", "Found", "epoch_in", "figures_in", "row_of", "row_of_line", "whole_in"]

TRAIN_KEYS = ("loss", "learning_rate", "grad_norm")
"""What is logged while training."""

_LONGEST = 1000
"""Characters of a hand-written line that are looked at."""

Found = list[tuple[Quantity, float]]


def row_of_line(line: str) -> Row | None:
    """Return what the words and numbers of a line say, None when they say nothing of a training."""
    line = line[:_LONGEST]
    drawn = bar(line)
    if drawn is not None:
        if drawn.done < drawn.total:
            return None  # a bar on its way shows figures of an unfinished epoch
        return row_of(figures_in(without_bar(line)), bar_like=True)
    keras = KERAS_BAR.match(line) if line.lstrip()[:1].isdecimal() else None
    if keras is not None:
        return _keras(line[keras.end() :], keras) if keras[1] == keras[2] else None
    return row_of(figures_in(line), bar_like=False)


def _keras(text: str, found: re.Match[str]) -> Row | None:
    row = row_of(figures_in(text), bar_like=True)
    if row is None:
        return None
    return replace(row, seconds=keras_seconds(text), steps=int(found[2]))


def figures_in(line: str) -> Found:
    """Return the known quantities in a line, each with its figure.

    The lines of one `print` differ in their figures only, so what stands where is found once.
    """
    parts = FIGURE.split(line.replace(MARK, " "))
    figures = parts[1::2]
    if not figures:
        return []
    places = quantities_at(MARK.join(parts[::2]))
    return [
        (known, value) for known, index in places if (value := number(figures[index])) is not None
    ]


def row_of(found: Found, *, bar_like: bool) -> Row | None:
    """Sort figures by where they were measured; None when nothing is told."""
    places = {known.name: value for known, value in found if known.is_place}
    training, evaluation = _sorted(found, while_training=bar_like or "step" in places)
    if "loss" not in training and "grad_norm" not in training and not evaluation:
        training = {}  # a learning rate alone stands in commands and lists of settings
    if not places and not training and not evaluation:
        return None
    return Row(
        epoch=epoch_in(places),
        step=whole_in(places.get("step")),
        epochs=places.get("epochs"),
        steps=whole_in(places.get("steps")),
        training=training,
        evaluation=evaluation,
        counted=True,
        whole_epoch="loss" in training and "step" not in places,
        latest=bar_like,
    )


def _sorted(found: Found, *, while_training: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures of the training, and those of an evaluation.

    A score that names no split is of the development split, unless others on the line do name it,
    or the line was printed while training. A loss without a split is always of the training.
    """
    while_training |= any(known.split is Split.DEVELOPMENT for known, _ in found)
    training: dict[str, float] = {}
    evaluation: dict[str, float] = {}
    for known, value in found:
        if known.is_place or known.split is Split.TEST:
            continue
        if known.split is Split.DEVELOPMENT:
            evaluation.setdefault(known.name, value)
        elif known.name in TRAIN_KEYS:
            training.setdefault(known.name, value)
        elif known.split is Split.NONE and not while_training:
            evaluation.setdefault(known.name, value)
    return training, evaluation


def epoch_in(places: Mapping[str, float]) -> float | None:
    """Return the epoch among figures, None where there is none that can be one."""
    epoch = places.get("epoch")
    return epoch if epoch is not None and 0 <= epoch < 1e9 else None


def whole_in(value: float | None) -> int | None:
    """Return a number of steps, None for what can be none."""
    return int(value) if value is not None and 0 <= value < 1e12 else None
