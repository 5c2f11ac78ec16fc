"""Scripted trainings that run out of memory, for engines in this process and in others."""

from __future__ import annotations

import random

from diagnostics.subjects.run_history import RunEvent
from tests.tuner.search.studies import rising
from tuner.engines.scripted import Step
from tuner.trial import TrialOutcome, TrialSpec, TrialState

__all__ = ["MOST_ROWS", "stormy"]

MOST_ROWS = 8


def stormy(spec: TrialSpec) -> list[Step]:
    """Return the curve of a training, which ends at a random epoch where its batch is too large."""
    curve: list[Step] = list(rising(spec))
    if spec.batch_size <= MOST_ROWS:
        return curve
    fails_at = random.Random(spec.learning_rate).randrange(len(curve))
    event = RunEvent(kind="out-of-memory", message="CUDA out of memory.", epoch=float(fails_at))
    outcome = TrialOutcome(
        state=TrialState.INFEASIBLE, reason="Not even one row fits.", events=(event,)
    )
    return [*curve[:fails_at], outcome]
