"""Which planted faults count: those that did harm, or that the record itself shows."""

from __future__ import annotations

import enum
import statistics
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.faults.judging import Case
from benchmarks.faults.setup import SCORE

__all__ = ["Standing", "admitted", "standings"]

LEAST_SIGMA = 0.01
"""Standard deviation over seeds that is assumed at least, in F1: three seeds may agree by luck."""


class Standing(enum.StrEnum):
    """What a run counts as."""

    HEALTHY = "healthy"
    POSITIVE = "positive"  # a fault that did harm, or that the record itself shows
    SILENT = "silent"  # planted, and the score did not suffer


def standings(cases: Sequence[Case]) -> Mapping[str, Standing]:
    """Return the standing of each run, by its folder.

    A fault whose harm shows in F1 counts only if F1 lies more than two standard deviations below
    the mean of its healthy twins: the runs of the same corpus and size over all seeds. Where a
    corpus has fewer than two twins nothing can be said, and the run is left out.
    """
    found: dict[str, Standing] = {}
    for case in cases:
        standing = _standing(case, cases)
        if standing is not None:
            found[str(case.folder)] = standing
    return found


def _standing(case: Case, cases: Iterable[Case]) -> Standing | None:
    if case.kind.healthy:
        return Standing.HEALTHY
    if case.kind.evidence != SCORE:
        return Standing.POSITIVE
    twins = [
        each.score
        for each in cases
        if each.kind.name == case.kind.twin
        and each.corpus == case.corpus
        and each.score is not None
    ]
    if len(twins) < 2 or case.score is None:
        return None
    return Standing.POSITIVE if admitted(case.score, twins) else Standing.SILENT


def admitted(score: float, twins: Sequence[float]) -> bool:
    """Whether a score lies more than two standard deviations below those of at least two twins."""
    sigma = max(LEAST_SIGMA, statistics.stdev(twins))
    return score < statistics.mean(twins) - 2 * sigma
