"""The scalars of TensorBoard event files, made into the rows of a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from diagnostics.readers._columns import Figure, Meaning, meaning_of
from diagnostics.readers._name_words import Split

__all__ = ["rows_of_scalars"]

Row = dict[str, Any]
Scalar = tuple[int, str, float]
"""Step, tag and value."""

_FIGURES = {
    Figure.EPOCH: "epoch",
    Figure.LEARNING_RATE: "learning_rate",
    Figure.GRAD_NORM: "grad_norm",
}


def rows_of_scalars(
    scalars: Iterable[Scalar], notes: list[str], *, in_folders: bool = False
) -> list[Row]:
    """Return the rows of a log: one of the training and one of an evaluation for each step.

    Args:
        scalars: Step, tag and value, in the order they were logged.
        notes: Where to say what was mapped.
        in_folders: Whether the tags begin with the split that a folder told, as those of Keras do.
    """
    by_tag: dict[str, dict[int, float]] = {}
    again = False
    for step, tag, value in scalars:
        if step >= 0:
            values = by_tag.setdefault(tag, {})
            again |= step in values and tag.startswith(("eval", "val"))
            values.setdefault(step, value)
    tags: dict[str, str] = {}
    for tag in by_tag:
        key = _entry(tag, in_folders)
        # Of several tags of one meaning the plainest counts: `train/loss`, not `train/loss_total`.
        if key and len(tag) < len(tags.get(key, f"{tag} ")):
            tags[key] = tag
    entries = {key: by_tag[tag] for key, tag in tags.items()}
    if again:
        notes.append("Of several evaluations at one step the first was taken.")
    entries = _decided(entries, notes)
    by_keras = any("/epoch_" in f"/{tag}" for tag in tags.values())
    by_epoch = by_keras or _counts_epochs(entries)
    if by_epoch and entries:
        notes.append("The steps of the event files are epochs.")
    rows = _rows(entries, plain_epoch=tags.get("epoch") == "epoch")
    return _by_epoch(rows) if by_epoch else rows


@lru_cache(maxsize=4096)
def _entry(tag: str, in_folders: bool) -> str:
    """Return the entry of a log row for a tag; empty for what belongs into none."""
    split, slash, rest = tag.partition("/")
    if slash and not in_folders:  # as the Hugging Face Trainer writes it
        if split == "eval":
            return f"eval_{rest}"
        if split == "train" and rest.startswith("train_"):
            return rest
    meaning = meaning_of(tag)
    return "" if meaning is None else _entry_for(meaning)


def _entry_for(meaning: Meaning) -> str:
    if meaning.figure in _FIGURES:
        return _FIGURES[meaning.figure]
    if meaning.figure is Figure.LOSS:
        return _loss(meaning)
    if meaning.figure is not Figure.METRIC or meaning.split is Split.TRAIN:
        return ""
    if meaning.level == "step":
        return ""
    return f"{'test' if meaning.split is Split.TEST else 'eval'}_{meaning.name}"


def _loss(meaning: Meaning) -> str:
    if meaning.name:  # a part of the loss
        return ""
    if meaning.split in {Split.TRAIN, Split.NONE}:
        return "mean_loss" if meaning.level == "epoch" else "loss"
    if meaning.level == "step":
        return ""
    return "eval_loss" if meaning.split is Split.DEVELOPMENT else "test_loss"


def _decided(
    entries: Mapping[str, dict[int, float]], notes: list[str]
) -> dict[str, dict[int, float]]:
    """Let the mean over an epoch and the test split take the place of what was not logged."""
    decided = dict(entries)
    mean = decided.pop("mean_loss", None)
    if mean is not None:
        decided.setdefault("loss", mean)
    if not any(name.startswith("eval_") for name in decided):
        tested = [name for name in decided if name.startswith("test_")]
        if tested:
            notes.append("Scores of a test split take the place of a development split.")
        decided |= {f"eval_{name[5:]}": decided[name] for name in tested}
    return {name: values for name, values in decided.items() if not name.startswith("test_")}


def _counts_epochs(entries: Mapping[str, dict[int, float]]) -> bool:
    """Whether the steps are epochs: 0, 1, 2, ... with an evaluation at each, and no epoch told."""
    steps = sorted({step for values in entries.values() for step in values})
    evaluated = {
        step for name, values in entries.items() if name.startswith("eval_") for step in values
    }
    return (
        "epoch" not in entries
        and len(steps) > 1
        and steps[0] in {0, 1}
        and steps == list(range(steps[0], steps[0] + len(steps)))
        and evaluated == set(steps)
    )


def _rows(entries: Mapping[str, dict[int, float]], *, plain_epoch: bool) -> list[Row]:
    """Return the rows; a plain `epoch` is Lightning's, which counts the epochs begun from 0."""
    training: dict[int, Row] = {}
    evaluations: dict[int, Row] = {}
    for name, values in entries.items():
        if name != "epoch":
            place = evaluations if name.startswith("eval_") else training
            for step, value in values.items():
                place.setdefault(step, {"step": step})[name] = value
    epochs = entries.get("epoch", {})
    begun = plain_epoch and all(epoch == epoch // 1 for epoch in epochs.values())
    for rows, done in ((training, 0), (evaluations, 1)):
        for step, row in rows.items():
            if step in epochs:
                row["epoch"] = epochs[step] + done * begun
    return [*training.values(), *evaluations.values()]


def _by_epoch(rows: list[Row]) -> list[Row]:
    """Return the rows with their steps as epochs, counted from 1."""
    first = min((row["step"] for row in rows), default=0)
    return [
        {**{name: value for name, value in row.items() if name != "step"}, "epoch": epoch}
        for row in rows
        if (epoch := row["step"] + (first == 0))
    ]
