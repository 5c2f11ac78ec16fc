"""The assignment problem: which one-to-one map of rows to columns scores most."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["best_assignment"]


def best_assignment(score: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the column of each row so that the sum of the scores is the largest possible.

    The Hungarian algorithm with potentials (Kuhn 1955, Munkres 1957), cubic in the size.

    Args:
        score: A square matrix of finite numbers.
    """
    size = len(score)
    # Row and column 0 are sentinels: `row_of[column]` is the row a column is given to, 0 for none.
    row_potential, column_potential = [0.0] * (size + 1), [0.0] * (size + 1)
    row_of = [0] * (size + 1)
    for row in range(1, size + 1):
        way = _augmenting_path(score, row, row_of, row_potential, column_potential)
        for column, before in way:
            row_of[column] = row_of[before] if before else row
    chosen = [0] * size
    for column in range(1, size + 1):
        chosen[row_of[column] - 1] = column - 1
    return tuple(chosen)


def _augmenting_path(
    score: Sequence[Sequence[float]],
    row: int,
    row_of: list[int],
    row_potential: list[float],
    column_potential: list[float],
) -> list[tuple[int, int]]:
    """Return (column, column before it) of the cheapest path from a row to a free column."""
    size = len(score)
    row_of[0] = row
    slack, before = [math.inf] * (size + 1), [0] * (size + 1)
    done = [False] * (size + 1)
    column = 0
    while row_of[column]:
        done[column] = True
        current = row_of[column]
        for other in range(1, size + 1):
            if done[other]:
                continue
            cost = -score[current - 1][other - 1]
            reduced = cost - row_potential[current] - column_potential[other]
            if reduced < slack[other]:
                slack[other], before[other] = reduced, column
        nearest = min((c for c in range(1, size + 1) if not done[c]), key=slack.__getitem__)
        step = slack[nearest]
        for other in range(size + 1):
            if done[other]:
                row_potential[row_of[other]] += step
                column_potential[other] -= step
            else:
                slack[other] -= step
        column = nearest
    path = []
    while column:
        path.append((column, before[column]))
        column = before[column]
    return path
