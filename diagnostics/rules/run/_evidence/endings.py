"""Where a run ended before its plan, and how it goes on from there."""

from __future__ import annotations

import re

from diagnostics import series
from diagnostics.findings import Fix
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import library_that_trained

__all__ = ["end_of", "nothing_trained", "resume", "stopped_in_first_epoch"]

_CHECKPOINT = re.compile(r"checkpoint-(\d{1,12})")


def end_of(run: RunHistory) -> str:
    """Return where the log ends, and where the plan does, as `at step 200 of 600`."""
    steps, planned = series.total_steps(run), series.whole(run.config.get("max_steps"))
    if steps is not None:
        return f"at step {steps}" + ("" if planned is None else f" of {planned}")
    epochs = series.number(run.config.get("epochs"))
    if not run.epochs and stopped_in_first_epoch(run):
        done = series.number(run.config.get("epochs_done"))
        share = "" if done is None else f", {done:.0%} through it"
        return "in epoch 1" + ("" if epochs is None else f" of {epochs:g}") + share
    if not run.epochs:
        return "before its first logged step"
    return f"at epoch {run.epochs[-1].number:g}" + ("" if epochs is None else f" of {epochs:g}")


def stopped_in_first_epoch(run: RunHistory) -> bool:
    """Whether the run itself says that it was stopped, and reported no epoch before."""
    return not run.epochs and run.config.get("state") == "interrupted"


def nothing_trained(run: RunHistory) -> bool:
    """Whether the log tells of no step that there could be a checkpoint of."""
    return not run.epochs and series.whole(run.config.get("steps_done")) is None


_CALLS = {
    "transformers": "trainer.train(resume_from_checkpoint=True)",
    "lightning": 'trainer.fit(model, ckpt_path="last")',
    "flair": "trainer.resume(model)",
}
"""Library to how it goes on."""

_FROM_THE_START = ("spacy", "keras")
"""Libraries that keep no state of a training unless they were told to."""


def resume(run: RunHistory, *, before: str = "") -> Fix:
    """Return the change that goes on from the last checkpoint; `before` says what comes first."""
    library = library_that_trained(run)
    if library in _FROM_THE_START:
        again = "train again from the start, to the end of the plan."
        return Fix(text=f"{before}, then {again}" if before else again.capitalize())
    first = f"{before}, then resume" if before else "Resume"
    call = f": {_CALLS[library]}" if _CALLS.get(library) else ""
    text = f"{first} from the last checkpoint{call}."
    if library in ("lightning", "flair"):
        return Fix(text=text)
    checkpoint = _CHECKPOINT.search(run.source)
    return Fix(
        text=text,
        parameter="resume_from_checkpoint",
        new=True if checkpoint is None else checkpoint[0],
        how=f"the run ended {end_of(run)}; True takes the latest checkpoint of the output folder",
    )
