"""What the columns of a results table in a model card hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.readers._markdown import Table
from diagnostics.readers._vocabulary import KNOWN_METRICS, canonical_metric

__all__ = ["TRAIN_LOSSES", "CardColumns", "columns_of", "is_results_table"]

TRAIN_LOSSES = ("training loss", "train loss")
"""Names of the training loss in lower case."""

_EVAL_LOSSES = ("validation loss", "eval loss", "val loss", "valid loss", "evaluation loss")
_DEVELOPMENT = ("validation ", "eval ", "val ", "valid ", "dev ")
_NO_SCORE = frozenset({"size", "probability", "time", "status", "lr", "skips", "notes"})
_RATES = frozenset({"learning rate", "lr"})
_PLACES = {"epoch": "epoch", "epochs": "epoch", "step": "step", "steps": "step"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardColumns:
    """The columns of one table.

    Attributes:
        keys: The entry of a Trainer's log row for each column; empty for what belongs into none.
        of_keras: Whether Keras wrote the table: it puts the epoch last, and counts it from 0.
        misnamed: Columns named after the training split that hold scores of the development split.
    """

    keys: tuple[str, ...]
    of_keras: bool
    misnamed: tuple[str, ...]


def is_results_table(table: Table) -> bool:
    """Return whether a table tells of a training: a loss or a known score at epochs or steps."""
    names = {_plain(name) for name in table.columns}
    told = {*TRAIN_LOSSES, *_EVAL_LOSSES, "loss"} | KNOWN_METRICS
    return bool(names & _PLACES.keys()) and bool(told & {*names, *map(canonical_metric, names)})


def columns_of(names: Sequence[str]) -> CardColumns:
    """Return what the columns of a table hold, told from all their names."""
    plain = [_plain(name) for name in names]
    of_keras = "train loss" in plain and plain[-1] == "epoch"
    scored_twice = any(name.startswith(_DEVELOPMENT) and name not in _EVAL_LOSSES for name in plain)
    # A plain "loss" is that of the training, unless one is there that says so.
    losses = {"loss": "eval_loss" if {*TRAIN_LOSSES} & {*plain} else "loss"}
    # Scores that Keras computes in a callback bear no mark of their split and are written down as
    # of the training; scores of the training itself stand beside "Validation ..." ones.
    train_counts = of_keras and not scored_twice
    keys = tuple(
        losses.get(low) or _key(name, low, train_counts)
        for name, low in zip(names, plain, strict=True)
    )
    misnamed = tuple(
        name
        for name, low, key in zip(names, plain, keys, strict=True)
        if low.startswith("train ") and key.startswith("eval_")
    )
    return CardColumns(keys=keys, of_keras=of_keras, misnamed=misnamed)


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").strip()


def _key(name: str, plain: str, train_counts: bool) -> str:
    if plain in TRAIN_LOSSES:
        return "loss"
    if plain in _EVAL_LOSSES:
        return "eval_loss"
    if plain in _PLACES:
        return _PLACES[plain]
    if plain in _RATES:
        return "learning_rate"
    return _score_key(name, plain, train_counts)


def _score_key(name: str, plain: str, train_counts: bool) -> str:
    if not plain or _NO_SCORE & set(plain.split()):
        return ""
    if plain.startswith(("train ", "training ")):
        return f"eval_{name.partition(' ')[2]}" if train_counts else ""
    for start in _DEVELOPMENT:
        if plain.startswith(start):
            return f"eval_{name[len(start) :]}"
    return f"eval_{name}"
