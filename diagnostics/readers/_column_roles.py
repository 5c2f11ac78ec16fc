"""Which column of a table plays which role, told from the names of all its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from diagnostics.readers._columns import Figure, Meaning, meaning_of, plain_name
from diagnostics.readers._name_words import Split
from diagnostics.readers._table_row import Roles
from diagnostics.readers._vocabulary import canonical_metric

__all__ = ["MOST_COLUMNS", "roles_of"]

MOST_COLUMNS = 2000
_TASK_PARTS = ("classification", "token", "ner", "cls", "ce", "tag", "crf")
"""Words in the name of a part of the loss that say it is the part of the task."""

_SLOTS = {
    "epoch": "the epoch",
    "step": "the step",
    "order": "the order",
    "loss": "the training loss",
    "mean_loss": "the training loss of an epoch",
    "eval_loss": "the evaluation loss",
    "learning_rate": "the learning rate",
    "seconds": "the time",
    "clock": "the clock",
}


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    name: str
    meaning: Meaning


def roles_of(
    names: Sequence[str], *, plain_scores: Split | None = None, test_decides: bool | None = None
) -> Roles:
    """Find the role of each column.

    Args:
        names: Names of the columns.
        plain_scores: Split of the scores whose name says none; None to tell it from the others.
        test_decides: Whether a test split takes the place of a development split; None: where
            there is no development split.
    """
    known = [
        _Column(index, name, meaning)
        for index, name in enumerate(names[:MOST_COLUMNS])
        if (meaning := meaning_of(name)) is not None
    ]
    columns = _on_splits(_without_total(known), plain_scores, test_decides)
    slots = {slot: column for slot, column in _slots(columns) if column is not None}
    scores = _scores(columns, Split.DEVELOPMENT)
    train_scores = _scores(columns, Split.TRAIN)
    used = {column.index for column in slots.values()} | {index for index, _ in scores}
    used |= {index for index, _ in train_scores}
    used |= {column.index for column in known if column.meaning.figure is Figure.SPLIT}
    read_as = {column.name: _SLOTS[slot] for slot, column in slots.items() if slot in _SLOTS}
    read_as |= {names[index]: canonical_metric(name) for index, name in scores}
    read_as |= {names[index]: f"train_{canonical_metric(name)}" for index, name in train_scores}
    return Roles(
        slots=tuple((column.index, slot) for slot, column in slots.items()),
        scores=scores,
        train_scores=train_scores,
        read_as=read_as,
        left_out=tuple(name for index, name in enumerate(names) if index not in used),
    )


def _without_total(columns: Sequence[_Column]) -> list[_Column]:
    """Leave out the mean loss of the whole run, which a Trainer logs beside its total time."""
    figures = {column.meaning.figure for column in columns}
    losses = [c for c in columns if c.meaning.figure is Figure.LOSS]
    trained = [column for column in losses if column.meaning.split in {Split.TRAIN, Split.NONE}]
    if Figure.SUMMARY not in figures or all(column.name == "train_loss" for column in trained):
        return list(columns)
    return [column for column in columns if column.name != "train_loss"]


def _on_splits(
    columns: Sequence[_Column], plain_scores: Split | None, test_decides: bool | None
) -> list[_Column]:
    """Say for every loss and score on which split it was taken, where the name does not."""
    said = {c.meaning.split for c in columns if _is_figure(c) and c.meaning.level != "step"}
    if test_decides is None:
        test_decides = Split.DEVELOPMENT not in said
    losses = {c.meaning.split for c in columns if c.meaning.figure is Figure.LOSS}
    free = [split for split in (Split.TRAIN, Split.DEVELOPMENT) if split not in losses]
    plain_loss = free[0] if free else Split.NONE
    score = plain_scores or _split_of_plain_scores(columns)
    placed = []
    for column in columns:
        split = column.meaning.split
        if not _is_figure(column):
            placed.append(column)
            continue
        if split is Split.NONE:
            split = plain_loss if column.meaning.figure is Figure.LOSS else score
        elif split is Split.TEST and test_decides:
            split = Split.DEVELOPMENT
        placed.append(replace(column, meaning=replace(column.meaning, split=split)))
    return placed


def _is_figure(column: _Column) -> bool:
    return column.meaning.figure in {Figure.LOSS, Figure.METRIC}


def _split_of_plain_scores(columns: Sequence[_Column]) -> Split:
    """Return the split of a score such as `f1`.

    It is the training split where the same score has a column for an evaluation beside it, and
    where nothing but an accuracy stands beside a loss that does not say its split either.
    """
    scores = [column.meaning for column in columns if column.meaning.figure is Figure.METRIC]
    plain = {canonical_metric(found.name) for found in scores if found.split is Split.NONE}
    marked = {canonical_metric(found.name) for found in scores if found.split is not Split.NONE}
    losses = {column.meaning.split for column in columns if column.meaning.figure is Figure.LOSS}
    lone_accuracy = plain == {"accuracy"} and Split.NONE in losses and Split.TRAIN not in losses
    return Split.TRAIN if plain & marked or lone_accuracy else Split.DEVELOPMENT


def _slots(columns: Sequence[_Column]) -> list[tuple[str, _Column | None]]:
    """Return the best column for every role, None for roles without one."""
    train, development = Split.TRAIN, Split.DEVELOPMENT
    found = [
        ("epoch", _first(columns, Figure.EPOCH, _plainest)),
        ("step", _first(columns, Figure.STEP, _plainest)),
        ("order", _first(columns, Figure.ORDER, _plainest)),
        ("learning_rate", _first(columns, Figure.LEARNING_RATE, _plainest)),
        ("grad_norm", _first(columns, Figure.GRAD_NORM, _plainest)),
        ("seconds", _first(columns, Figure.DURATION, _plainest)),
        ("clock", _first(columns, Figure.CLOCK, _plainest)),
        ("summary", _first(columns, Figure.SUMMARY, _plainest)),
    ]
    for slot, split, levels in (
        ("loss", train, ("", "step")),
        ("mean_loss", train, ("epoch",)),
        ("eval_loss", development, ("", "epoch")),
    ):
        fitting = [c for c in columns if c.meaning.split is split and c.meaning.level in levels]
        found.append((slot, _first(fitting, Figure.LOSS, _wholest)))
    return found


def _first(
    columns: Sequence[_Column], figure: Figure, order: Callable[[_Column], int]
) -> _Column | None:
    return min((c for c in columns if c.meaning.figure is figure), key=order, default=None)


def _plainest(column: _Column) -> int:
    """Put optimizer steps before other counts, and what names no split before what does."""
    plain = plain_name(column.name)
    last = plain in {"epochs", "timestamp"}
    return 2 * ("global" not in plain) + bool(column.meaning.split) + 4 * last


def _wholest(column: _Column) -> int:
    """Put the whole loss before its parts, and the part of the task before the others."""
    parts = column.meaning.name.split("_")
    if not column.meaning.name:
        return 0
    return 1 if any(part in _TASK_PARTS for part in parts) else 2


def _scores(columns: Sequence[_Column], split: Split) -> tuple[tuple[int, str], ...]:
    """Return the scores on a split; of several with one standard name the first counts."""
    found: dict[str, tuple[int, str]] = {}
    for column in columns:
        meaning = column.meaning
        if meaning.figure is Figure.METRIC and meaning.split is split and meaning.level != "step":
            found.setdefault(canonical_metric(meaning.name), (column.index, meaning.name))
    return tuple(found.values())
