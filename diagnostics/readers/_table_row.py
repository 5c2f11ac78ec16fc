"""One line of a table by roles, and the roles of a table's columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.readers._cells import clock_of, duration_of, number_of, place_of

__all__ = ["Roles", "Row"]


_PARSERS: Mapping[str, Callable[[Any], float | None]] = {
    "epoch": place_of,
    "step": place_of,
    "seconds": duration_of,
    "clock": clock_of,
}


@dataclass(slots=True)
class Row:
    """One line of a table by roles; None: the line does not tell, NaN: it tells NaN.

    Attributes:
        loss: Training loss of a step, of some steps or of an epoch, as the column does not say.
        mean_loss: Training loss that is said to be the mean over an epoch.
        scores: Scores on the development split by their names without the split.
        train_scores: The same on the training split.
        summary: Set where the line sums up the run, such as its total time.
    """

    epoch: float | None = None
    step: float | None = None
    order: float | None = None
    loss: float | None = None
    mean_loss: float | None = None
    eval_loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds: float | None = None
    clock: float | None = None
    summary: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    train_scores: dict[str, float] = field(default_factory=dict)

    @property
    def evaluated(self) -> bool:
        """Whether the line tells of an evaluation."""
        return self.eval_loss is not None or bool(self.scores)

    @property
    def trained(self) -> bool:
        """Whether the line tells of the training."""
        return self.loss is not None or self.mean_loss is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The roles of a table's columns.

    Attributes:
        slots: Number of a column and the field of `Row` that it fills.
        scores: Number of a column and the name of its score on the development split.
        train_scores: The same on the training split.
        read_as: Name of a column to what it was read as, in words.
        left_out: Names of the columns that were not read.
    """

    slots: tuple[tuple[int, str], ...]
    scores: tuple[tuple[int, str], ...]
    train_scores: tuple[tuple[int, str], ...]
    read_as: Mapping[str, str]
    left_out: tuple[str, ...]

    def has(self, *slots: str) -> bool:
        """Whether any column plays one of the roles."""
        return any(slot in slots for _, slot in self.slots)

    @property
    def figures(self) -> int:
        """How many columns hold a loss or a score."""
        losses = sum(slot in {"loss", "mean_loss", "eval_loss"} for _, slot in self.slots)
        return losses + len(self.scores) + len(self.train_scores)

    def row(self, values: Sequence[Any]) -> Row:
        """Return the line by roles; what is no number where one belongs is taken for missing."""
        row = Row()
        size = len(values)
        for index, slot in self.slots:
            if index < size and (cell := values[index]) is not None and cell != "":
                setattr(row, slot, _PARSERS.get(slot, number_of)(cell))
        if self.scores:
            row.scores = _numbers(values, self.scores)
        if self.train_scores:
            row.train_scores = _numbers(values, self.train_scores)
        return row


def _numbers(values: Sequence[Any], places: Sequence[tuple[int, str]]) -> dict[str, float]:
    numbers = {}
    size = len(values)
    for index, name in places:
        if index < size and (cell := values[index]) is not None and cell != "":
            value = number_of(cell)
            if value is not None:
                numbers[name] = value
    return numbers
