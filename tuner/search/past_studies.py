"""Settings that won finished studies of a like model on like data: good points for the next study.

What is good depends on the size of the model and of the data far more than on the data itself; that
is why ready-made points work at all. A laboratory's own finished studies know better than a
published grid, so their winners are tried right after the recipe.

Studies of the same model on the very same data are left out: searching again with another seed
shall be a second opinion, not an echo of the first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.errors import TunerError
from tuner.model_facts import ModelFacts
from tuner.search.conclusion import read_summary
from tuner.search.folder import StudyFolder
from tuner.space import SearchSpace, outside, snap
from tuner.trial import TrialSpec

__all__ = ["PastWinner", "like_winners", "past_points", "past_winners"]

MODEL_FACTOR = 2.0
"""Encoders up to so many times larger or smaller are alike. Published grids change by a factor of
about three from one size class to the next (see `tuner.search.default_space`)."""

DATA_FACTOR = 4.0
"""The same for training sentences: the number of epochs that is best follows their logarithm."""

MOST_POINTS = 2
"""More would leave a small budget nothing to search with."""


_UNREADABLE = (
    *(TunerError, OSError, ArithmeticError, AttributeError, LookupError),
    *(TypeError, ValueError, RecursionError),
)
"""What files from strangers can make of reading them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWinner:
    """The winner of a finished study.

    Attributes:
        study: Name of the study.
        created: When it began, ISO 8601, UTC.
        model: The encoder.
        data_fingerprint: Hash over tokens and tags of its data.
        sentences: Training sentences.
        spec: The settings that won; their epochs are those of the whole training.
    """

    study: str
    created: str
    model: ModelFacts
    data_fingerprint: str
    sentences: int
    spec: TrialSpec


def past_winners(runs: Path) -> tuple[PastWinner, ...]:
    """Return the winners of all finished studies in a folder, the newest first.

    Folders that hold no study, or one that cannot be read, are passed over: none is needed.
    """
    try:
        folders = sorted(runs.iterdir())
    except OSError:
        return ()
    found = [winner for path in folders for winner in _winner(path)]
    return tuple(sorted(found, key=lambda winner: winner.created, reverse=True))


def like_winners(
    winners: Sequence[PastWinner], model: ModelFacts, data_fingerprint: str, sentences: int
) -> tuple[PastWinner, ...]:
    """Return the winners of like studies, the likest first.

    Args:
        winners: Winners, the newest first; of equally like ones the newest comes first.
        model: The encoder to be trained.
        data_fingerprint: Hash of the data to be trained on.
        sentences: Its training sentences.
    """
    ranked = []
    for winner in winners:
        if (winner.model.fingerprint, winner.data_fingerprint) == (
            model.fingerprint,
            data_fingerprint,
        ):
            continue
        larger = _doublings(winner.model.parameters, model.parameters)
        longer = _doublings(winner.sentences, sentences)
        if larger <= math.log2(MODEL_FACTOR) and longer <= math.log2(DATA_FACTOR):
            ranked.append((larger + longer, winner))
    return tuple(winner for _, winner in sorted(ranked, key=lambda pair: pair[0]))


def past_points(winners: Sequence[PastWinner], space: SearchSpace) -> tuple[PastWinner, ...]:
    """Return the first winners with their settings moved to points of a space, each point once.

    Epochs, batch size and the rest move to the nearest value of the space. Those whose learning
    rate lies outside are left out: the user drew the range so.
    """
    rate = space.parameters.get("learning_rate")
    points: list[PastWinner] = []
    seen: list[Mapping[str, Any]] = []
    for winner in winners:
        if rate is not None and not rate.contains(winner.spec.learning_rate):
            continue
        point = snap(winner.spec, space)
        values = {name: getattr(point, name) for name in space.parameters}
        if values not in seen:
            seen.append(values)
            points.append(replace(winner, spec=point))
    return tuple(points[:MOST_POINTS])


def _winner(path: Path) -> Iterator[PastWinner]:
    folder = StudyFolder(path)
    try:
        summary = read_summary(folder) if folder.summary.is_file() else None
        found = folder.read_description()
        if summary is None or summary.winner is None or summary.status != "finished" or not found:
            return
        spec, description = found
        yield PastWinner(
            study=spec.name,
            created=str(description.get("created", "")),
            model=replace(spec.model, parameters=operator.index(spec.model.parameters)),
            data_fingerprint=spec.data_fingerprint,
            sentences=operator.index(spec.data_facts["splits"]["train"]["sentences"]),
            spec=_checked(summary.winner.spec, spec.space),
        )
    except _UNREADABLE:
        return


def _checked(spec: TrialSpec, space: SearchSpace) -> TrialSpec:
    """Return settings whose values are what the space of their own study can hold.

    Raises:
        ValueError: They lie outside.
    """
    if outside(spec, space):
        raise ValueError("the winner lies outside of its space")
    return spec


def _doublings(one: int, other: int) -> float:
    """Return how often one must be doubled to be the other; infinite where one is nothing."""
    if one <= 0 or other <= 0:
        return math.inf
    return abs(math.log2(one / other))
