"""Chooses a part of the training sentences of a data set without holding any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diagnostics.data_format import ReadOptions
from diagnostics.development_split import sample_places
from diagnostics.measure import Measure, SeenSentence
from diagnostics.split_finder import Sources
from diagnostics.survey import survey

__all__ = ["Sample", "draw_sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Some of the training sentences, and all of the others.

    Attributes:
        chosen: Numbers of the training sentences in it, from 0.
        total: How many training sentences there are.
    """

    chosen: frozenset[int]
    total: int

    def holds(self, split: str, number: int) -> bool:
        """Whether a sentence of a split takes part."""
        return split != "train" or number in self.chosen

    @property
    def leaves_some_out(self) -> bool:
        """Whether there are training sentences that are not in it."""
        return len(self.chosen) < self.total

    def notes(self, seed: int) -> tuple[str, ...]:
        """Return what a report says about it; nothing when it holds all sentences."""
        if not self.leaves_some_out:
            return ()
        told = f"{len(self.chosen):,} of {self.total:,} training sentences"
        faults = "faulty lines are those of the whole file"
        return (f"Only a sample of {told} was looked at (seed {seed}); {faults}.",)


class _TrainTypes(Measure[list[tuple[str, ...]]]):
    """The entity types of each training sentence; equal sets of them are held once."""

    def __init__(self) -> None:
        self.types: list[tuple[str, ...]] = []
        self.known: dict[tuple[str, ...], tuple[str, ...]] = {}

    def add(self, seen: SeenSentence) -> None:
        """Remember the types."""
        types = tuple(sorted({entity.type for entity in seen.entities}))
        self.types.append(self.known.setdefault(types, types))

    def result(self) -> list[tuple[str, ...]]:
        """Return them in the order of the file."""
        return self.types


def draw_sample(
    sources: Sources, *, count: int, seed: int, options: ReadOptions | None = None
) -> Sample:
    """Read the training split once and choose sentences in proportion to the rarest type in each.

    `tuner train --sample` with the same seed trains on the same sentences where the data has a
    development split of its own.

    Args:
        sources: Where to read each split from.
        count: How many training sentences to choose.
        seed: Decides which.
        options: Which columns to read.

    Raises:
        DataError: The training file cannot be read at all.
    """
    makers: dict[type, Callable[[], Measure[list[tuple[str, ...]]]]] = {_TrainTypes: _TrainTypes}
    train = {"train": sources["train"]}
    types = _TrainTypes.of(survey(train, makers, source="", options=options))
    chosen = range(len(types))
    if count < len(types):
        return Sample(
            chosen=frozenset(sample_places(types, count=count, seed=seed)), total=len(types)
        )
    return Sample(chosen=frozenset(chosen), total=len(types))
