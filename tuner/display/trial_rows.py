"""Which trainings a table shows when there is not room for all, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuner.study_view import TrialRow
from tuner.trial import TrialState

__all__ = ["Gap", "choose_rows", "trial_label"]

BEST_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Rows left out of the table at this place."""

    count: int


def trial_label(row: TrialRow) -> str:
    """Return what a person calls a training: `7`, or `7 seed 43` for a contender's re-run."""
    is_rerun = "-seed-" in row.key
    return f"{row.number} seed {row.spec.seed}" if is_rerun else str(row.number)


def choose_rows(rows: Sequence[TrialRow], best_key: str | None, limit: int) -> list[TrialRow | Gap]:
    """Return at most `limit` lines: the running rows, the best few and the last ones.

    Rows keep their order; where some are left out stands a `Gap`, which counts as a line.
    """
    if len(rows) <= limit:
        return list(rows)
    wanted = _by_importance(rows, best_key)
    for size in range(min(limit, len(wanted)), -1, -1):
        lines = _with_gaps(rows, set(wanted[:size]))
        if len(lines) <= limit:
            return lines
    return []


def _by_importance(rows: Sequence[TrialRow], best_key: str | None) -> list[int]:
    """Return the places of all rows, those that must be seen first."""
    places = range(len(rows))
    by_score = sorted(
        (place for place in places if rows[place].score is not None),
        key=lambda place: (rows[place].key != best_key, -(rows[place].score or 0.0)),
    )
    running = [place for place in places if rows[place].state is TrialState.RUNNING]
    best = [place for place in by_score if rows[place].state is TrialState.FINISHED][:BEST_SHOWN]
    return list(dict.fromkeys([*best[:1], *reversed(running), *best, *reversed(places)]))


def _with_gaps(rows: Sequence[TrialRow], shown: set[int]) -> list[TrialRow | Gap]:
    lines: list[TrialRow | Gap] = []
    hidden = 0
    for place, row in enumerate(rows):
        if place in shown:
            lines += [Gap(count=hidden)] if hidden else []
            lines.append(row)
            hidden = 0
        else:
            hidden += 1
    return lines + ([Gap(count=hidden)] if hidden else [])
