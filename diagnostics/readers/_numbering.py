"""Epochs as they are counted in a log, made into epochs trained so far."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from statistics import median

from diagnostics.readers._draft import Draft

__all__ = ["Numbering", "counts_from_zero"]


class Numbering:
    """Tells how many epochs were trained at each point of a log.

    A log that counts from 0 calls the first epoch 0 while 1 was trained at its end. Points inside
    an epoch get fractions: by their steps where those are known, else evenly.

    Args:
        drafts: The points in the order of training.
        whole: Whether the log knows whole epochs only.
        from_zero: Whether it counts from 0.
    """

    def __init__(self, drafts: Sequence[Draft], *, whole: bool, from_zero: bool) -> None:
        self._whole = whole
        self._known = any(draft.epoch is not None for draft in drafts)
        self.from_zero = whole and from_zero
        self._ends = _ends(drafts, self.from_zero)
        self._length = _steps_per_epoch(self._ends, self.from_zero)
        self._counts = Counter(draft.epoch for draft in drafts if draft.epoch is not None)

    def of_points(self, drafts: Sequence[Draft]) -> list[float]:
        """Return the epochs trained at each point; without epochs the step, else the line."""
        seen: Counter[float] = Counter()
        numbers: list[float] = []
        for place, draft in enumerate(drafts, start=1):
            if draft.epoch is None:
                before = numbers[-1] if numbers and self._known else None
                line = float(place if draft.step is None else draft.step)
                numbers.append(line if before is None else before)
                continue
            seen[draft.epoch] += 1
            number = self.at(draft.epoch, draft.step)
            if number is None:
                most = self._counts[draft.epoch]
                number = max(0.0, self._end(draft.epoch) - (most - seen[draft.epoch]) / most)
            numbers.append(number)
        return numbers

    def at(self, epoch: float, step: int | None) -> float | None:
        """Return the epochs trained at a step of an epoch; None where steps do not tell."""
        if not self._whole:
            return epoch
        end_step = self._ends.get(epoch)
        if step is None or self._length is None or end_step is None:
            return None
        share = min(1.0, max(0.0, (end_step - step) / self._length))
        return max(0.0, self._end(epoch) - share)

    def _end(self, epoch: float) -> float:
        return epoch + 1 if self.from_zero else epoch


def counts_from_zero(first: Draft | None, drafts: Sequence[Draft]) -> bool:
    """Whether the first epoch is called 0; an evaluation before any training is no epoch."""
    if first is None or first.epoch != 0:
        return False
    started = [draft for draft in drafts if draft.epoch == 0]
    trained_later = any(draft.train_loss is not None for draft in drafts if draft.epoch != 0)
    trained = any(draft.train_loss is not None for draft in (first, *started))
    return trained or len(started) > 1 or not trained_later


def _ends(drafts: Sequence[Draft], from_zero: bool) -> dict[float, int]:
    """Return the last step of each epoch, also of the one that was not trained before the first.

    The last epoch may have been cut short: it ends where its steps would have.
    """
    ends: dict[float, int] = {}
    for draft in drafts:
        if draft.epoch is not None and draft.step is not None:
            ends[draft.epoch] = max(draft.step, ends.get(draft.epoch, 0))
    if ends and min(ends) + from_zero == 1:
        ends[min(ends) - 1] = 0
    lengths = _lengths(ends)
    if lengths:
        before, last = sorted(ends)[-2:]
        ends[last] = max(ends[last], ends[before] + round(median(lengths) * (last - before)))
    return ends


def _lengths(ends: dict[float, int]) -> list[float]:
    """Return the steps of each epoch, but for the last where there are others."""
    epochs = sorted(ends)
    pairs = list(itertools.pairwise(epochs))
    return [(ends[two] - ends[one]) / (two - one) for one, two in (pairs[:-1] or pairs)]


def _steps_per_epoch(ends: dict[float, int], from_zero: bool) -> float | None:
    lengths = _lengths(ends)
    if lengths:
        length = median(lengths)
    else:
        trained = {epoch + from_zero: end for epoch, end in ends.items() if epoch + from_zero > 0}
        length = max((end / epoch for epoch, end in trained.items()), default=0.0)
    return length if length > 0 else None
