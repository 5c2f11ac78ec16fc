"""What makes an evaluation loss suspect where no score was logged beside it."""

from __future__ import annotations

from diagnostics import series
from diagnostics.findings import Evidence, Severity, Tier
from diagnostics.rules.run._evidence.score_fixes import SPLIT_ANEW
from diagnostics.rules.run._evidence.score_suspicions import Suspicion
from diagnostics.subjects.run_history import RunHistory

__all__ = ["solved_at_once"]


def solved_at_once(run: RunHistory, *, steps: int, loss: float) -> Suspicion | None:
    """Look for an evaluation loss of next to nothing after next to no training.

    Args:
        run: The run.
        steps: Optimizer steps within which a loss so low cannot have been learned.
        loss: What counts as next to nothing.
    """
    first = next((point for point in series.evaluations(run)), None)
    value = None if first is None else series.number(first.eval_loss)
    if first is None or value is None or first.step is None:
        return None
    if not (0 <= value < loss and 0 < first.step <= steps):
        return None
    count = f"{first.step} step" + "s" * (first.step != 1)
    return Suspicion(
        message=f"The evaluation loss is {value:.2g} after {count} already: the split was solved "
        "before the training, or all of it has one label.",
        evidence=[Evidence(label="first evaluation loss", value=value, epochs=(first.number,))],
        fixes=[SPLIT_ANEW],
        severity=Severity.INFO,
        tier=Tier.HEURISTIC,
    )
