"""What one simulated study gave, whoever ran it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.policy.in_memory import MemorySession
from benchmarks.policy.task import Scale, Task
from tuner.search.winner import choose, saved_run
from tuner.trial import TrialState

__all__ = ["WORST_REGRET", "Outcome", "best_of", "of_session"]

WORST_REGRET = 1.0
"""Of a study that finished no training: as bad as the median setting, blindly chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One study.

    Attributes:
        regret: (best - chosen) / (best - median), of the chosen settings' true score.
        optimism: Reported minus true score of the choice, in points; None without a choice.
        good_pruned: Trials among the best tenth of the space that were pruned.
        good: Trials among the best tenth that were begun.
        trials: Trials begun.
        epochs: Epochs trained.
    """

    regret: float
    optimism: float | None
    good_pruned: int
    good: int
    trials: int
    epochs: float


def of_session(task: Task, seed: int, session: MemorySession, scale: Scale) -> Outcome:
    """Judge a study that the real policy ran."""
    ledger = session.ledger
    runs = ledger.finished()
    if runs:
        winner = choose(runs)
        saved = saved_run(runs, winner.number)
        truth = task.curve(saved.spec, seed).truth[saved.best_epoch - 1]
        regret, optimism = scale.regret(truth), 100 * (winner.mean - truth)
    else:
        regret, optimism = WORST_REGRET, None
    good = [
        run
        for run in ledger.searched
        if max(task.curve(run.spec, seed).truth, default=0.0) >= scale.good
    ]
    return Outcome(
        regret=regret,
        optimism=optimism,
        good_pruned=sum(run.state is TrialState.PRUNED for run in good),
        good=len(good),
        trials=len(ledger.searched),
        epochs=session.elapsed,
    )


def best_of(values: Sequence[float]) -> int:
    """Return the place of the highest value, the first among equals."""
    return max(range(len(values)), key=lambda place: (values[place], -place))
