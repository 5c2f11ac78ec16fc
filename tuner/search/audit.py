"""The pruner's account: what it saved, and whether what it stopped would have won."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner.search.curves import Curve, best_at
from tuner.study_view import PrunerAudit
from tuner.trial import TrialState

__all__ = ["audit"]


def audit(curves: Sequence[Curve], advised: Collection[str] = ()) -> PrunerAudit:
    """Judge the pruner by the trials that it stopped, and by those that were let run against it.

    Args:
        curves: All trials of the search, in the order in which they ended.
        advised: Keys of the trials that the pruner advised to stop but that were let run.

    Returns:
        The account. `wrong` counts the trials of `advised` that finished better than every other
        trial that had finished before.
    """
    pruned = [curve for curve in curves if curve.state is TrialState.PRUNED]
    finished = [curve for curve in curves if curve.state is TrialState.FINISHED]
    saved = sum(curve.epochs - curve.epochs_done for curve in pruned)
    let_run = [curve for curve in finished if curve.key in advised]
    wrong = [curve for curve in let_run if _beats_all_before(curve, finished)]
    return PrunerAudit(
        pruned=len(pruned),
        epochs_saved=saved,
        let_run=len(let_run),
        wrong=len(wrong),
        verdict=_verdict(pruned, finished, saved, len(let_run), len(wrong)),
    )


def _beats_all_before(curve: Curve, finished: Sequence[Curve]) -> bool:
    before = finished[: finished.index(curve)]
    return all(curve.best > other.best for other in before)


def _verdict(
    pruned: Sequence[Curve], finished: Sequence[Curve], saved: int, let_run: int, wrong: int
) -> str:
    if not pruned and not let_run:
        return "The pruner stopped no trial."
    planned = saved + sum(curve.epochs_done for curve in (*pruned, *finished))
    parts = []
    if pruned:
        parts.append(
            f"The pruner stopped {_count(len(pruned), 'trial')} and saved "
            f"{_count(saved, 'epoch')} ({saved / max(planned, 1):.0%} of the plan)."
        )
        parts += _closest(pruned, finished)
    parts.append(_error(let_run, wrong))
    return " ".join(parts)


def _closest(pruned: Sequence[Curve], finished: Sequence[Curve]) -> list[str]:
    """Say how far the closest stopped trial was behind the best finished one, at its last epoch."""
    if not finished:
        return []
    best = max(finished, key=lambda curve: curve.best)
    behind = [
        level - curve.best
        for curve in pruned
        if curve.schedule == best.schedule and (level := best_at(best, curve.progress)) is not None
    ]
    if not behind:
        return []
    nearest = max(min(behind), 0.0)
    return [
        f"The closest of them stood {nearest:.3f} F1 behind the best trial at the same progress."
    ]


def _error(let_run: int, wrong: int) -> str:
    if not let_run:
        return "None that it would have stopped was let run, so its error is not measured."
    if wrong:
        return (
            f"Of {_count(let_run, 'trial')} let run against its advice, {wrong} became the best "
            "so far: trust it less."
        )
    bound = 1 - 0.05 ** (1 / let_run)
    return (
        f"Of {_count(let_run, 'trial')} let run against its advice, none became the best so far "
        f"(with 95 % confidence it is wrong in at most {bound:.0%} of cases)."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
