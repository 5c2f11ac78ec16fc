"""Where a run ended before its plan, and how it goes on from there."""

from __future__ import annotations

import re

from diagnostics import series
from diagnostics.findings import Fix
from diagnostics.subjects.run_history import RunHistory

__all__ = ["end_of", "nothing_trained", "resume"]

_CHECKPOINT = re.compile(r"checkpoint-(\d{1,12})")


def end_of(run: RunHistory) -> str:
    """Return where the log ends, and where the plan does, as `at step 200 of 600`."""
    steps, planned = series.total_steps(run), series.whole(run.config.get("max_steps"))
    if steps is not None:
        return f"at step {steps}" + ("" if planned is None else f" of {planned}")
    epochs = series.number(run.config.get("epochs"))
    if not run.epochs:
        return "before its first logged step"
    return f"at epoch {run.epochs[-1].number:g}" + ("" if epochs is None else f" of {epochs:g}")


def nothing_trained(run: RunHistory) -> bool:
    """Whether the log tells of no step that there could be a checkpoint of."""
    return not run.epochs and series.whole(run.config.get("steps_done")) is None


def resume(run: RunHistory, *, before: str = "") -> Fix:
    """Return the change that goes on from the last checkpoint; `before` says what comes first."""
    checkpoint = _CHECKPOINT.search(run.source)
    first = f"{before}, then resume" if before else "Resume"
    return Fix(
        text=f"{first} from the last checkpoint: trainer.train(resume_from_checkpoint=...).",
        parameter="resume_from_checkpoint",
        new=True if checkpoint is None else checkpoint[0],
        how=f"the run ended {end_of(run)}; True takes the latest checkpoint of the output folder",
    )
