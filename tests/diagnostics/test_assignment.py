"""The assignment problem against all permutations."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.assignment import best_assignment


def squares(size: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(st.integers(-20, 20), min_size=size, max_size=size)
    return st.lists(row, min_size=size, max_size=size)


@given(st.integers(1, 5).flatmap(squares))
def test_no_other_map_scores_more(score: list[list[int]]) -> None:
    chosen = best_assignment(score)
    orders = list(itertools.permutations(range(len(score))))
    best = max(sum(score[row][column] for row, column in enumerate(order)) for order in orders)
    assert sorted(chosen) == list(range(len(score)))
    assert sum(score[row][column] for row, column in enumerate(chosen)) == best


def test_nothing_is_assigned_to_nothing() -> None:
    assert best_assignment([]) == ()
