"""Where in a training a printed row stands: its epochs and steps, as far as the log tells."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.readers._training_record import TrainingRecord
from diagnostics.series import number, whole

__all__ = ["Places"]


class Places:
    """Turns what rows are numbered by into epochs trained and optimizer steps done.

    Hand-written loops count epochs from 0 or 1 and batches anew in each; a progress bar counts the
    steps of the whole training; a Trainer gives epochs as shares with two decimals.

    Attributes:
        total_steps: Steps planned, as the progress bar or the header tells, or None.
        numbered: Whether the steps are the training's own, not counted by rows of the log.
        notes: What was changed, as sentences.
    """

    def __init__(self, record: TrainingRecord) -> None:
        self.notes: list[str] = []
        self._record = record
        places = list(_places(record))
        first = next((epoch for epoch, _ in places if epoch is not None), None)
        self._shift = 1 if record.counted and not record.by_share and first == 0 else 0
        if self._shift:
            self.notes.append("The log counts epochs from 0; here the first one is 1.")
        self._batches = self._batches_per_epoch(places)
        self.total_steps = whole(record.config.get("max_steps")) or self._bar_total(places)
        self.numbered = self._has_steps(places) or self._per_epoch() is not None

    def number(self, epoch: float | None, step: int | None) -> float:
        """Return how many epochs were trained; the steps where nothing tells of epochs."""
        if epoch is None:
            per_epoch = self._per_epoch()
            if step is not None and per_epoch:
                return round(step / per_epoch, 4)
            return float(step or 0)
        if self._batches and step is not None:
            return epoch + self._shift - 1 + min(1.0, step / self._batches)
        return epoch + self._shift

    def step(self, epoch: float | None, step: int | None) -> int | None:
        """Return how many optimizer steps were done, None when nothing tells."""
        if self._batches:
            if epoch is None:
                return None
            done = epoch + self._shift - 1
            within = self._batches if step is None else min(step, self._batches)
            return int(done * self._batches) + within
        per_epoch = self._per_epoch()
        if self._record.by_share and epoch is not None and per_epoch:
            return self._of_share(epoch, per_epoch)
        return step if self._record.counter.total is None or self.total_steps else None

    def _of_share(self, epoch: float, per_epoch: float) -> int:
        """Return the step that an epoch with two decimals stands for.

        The bar may have been drawn well before the row was written, so the epoch decides; rows lie
        at multiples of the logging interval.
        """
        step = epoch * per_epoch
        every = whole(self._record.config.get("logging_steps"))
        if every:
            nearest = round(step / every) * every
            if nearest and abs(nearest - step) <= 0.006 * per_epoch:
                return nearest
        return round(step)

    def _per_epoch(self) -> float | None:
        """Return the optimizer steps of an epoch from the plan of the training."""
        epochs = number(self._record.config.get("epochs"))
        if self.total_steps is None or epochs is None or epochs <= 0:
            return None
        return self.total_steps / epochs

    def _has_steps(self, places: list[tuple[float | None, int | None]]) -> bool:
        return any(self.step(epoch, step) is not None for epoch, step in places)

    def _batches_per_epoch(self, places: list[tuple[float | None, int | None]]) -> int | None:
        """Return the batches of an epoch, if the rows count them anew in each epoch."""
        if not self._record.counted or self._record.by_share:
            return None
        before: tuple[float, int] | None = None
        anew = False
        largest = 0
        for epoch, step in places:
            if epoch is None or step is None:
                continue
            largest = max(largest, step)
            anew = anew or (before is not None and epoch > before[0] and step < before[1])
            before = epoch, step
        one_epoch = before is not None and len({epoch for epoch, _ in places}) == 1
        told = self._record.batches or largest
        return told or None if anew or one_epoch else None

    def _bar_total(self, places: list[tuple[float | None, int | None]]) -> int | None:
        """Return the total of the progress bar, if its steps go with the epochs."""
        total = self._record.counter.total
        if total is None or not self._record.by_share:
            return None
        ratios = [
            step / epoch for epoch, step in places if epoch and step and epoch > 0.3 and step > 0
        ]
        if ratios and max(ratios) > 1.3 * min(ratios):
            return None
        epochs = number(self._record.config.get("epochs"))
        if epochs and ratios and not 0.8 < total / epochs / ratios[-1] < 1.25:
            return None
        return total


def _places(record: TrainingRecord) -> Iterator[tuple[float | None, int | None]]:
    """Yield what the rows are numbered by, in their order."""
    rows = [(row.epoch, row.step) for row in record.steps]
    points = [(point.epoch, point.step) for point in record.points]
    yield from rows or points
