"""Settings that did best elsewhere: what a store of finished studies would tell a new one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.policy.task import Task, TaskScale
from tuner.trial import TrialSpec

__all__ = ["known_good"]


def known_good(
    tasks: Sequence[Task], candidates: Sequence[TrialSpec], points: int = 3
) -> tuple[TrialSpec, ...]:
    """Choose settings that together do best on some data sets.

    Greedily: each next one lowers the sum, over the data sets, of the regret of the best of them
    the most.

    Args:
        tasks: Data sets of earlier studies; never the one that is searched.
        candidates: Settings to choose from.
        points: How many.
    """
    scales = [TaskScale(task).scale for task in tasks]
    regrets = [
        [
            scale.regret(max(task.curve(spec, 0).truth))
            for task, scale in zip(tasks, scales, strict=True)
        ]
        for spec in candidates
    ]
    chosen: list[int] = []
    best = [math.inf] * len(tasks)
    for _ in range(points):
        after = [math.fsum(map(min, best, row)) for row in regrets]
        chosen.append(after.index(min(after)))
        best = list(map(min, best, regrets[chosen[-1]]))
    return tuple(candidates[k] for k in chosen)
