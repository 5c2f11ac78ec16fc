"""What the rules about failed runs share: the events, and whether one of them ended the run."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics import series
from diagnostics.findings import Evidence
from diagnostics.memory_formulas import shown_bytes
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = [
    "done_share",
    "ended",
    "epochs_of",
    "events_of",
    "in_evaluation",
    "memory_evidence",
    "sentence",
]

_IN_EVALUATION = ("evaluation", "eval", "predict")
"""What readers write into `details["phase"]` of an event for the evaluation."""

_FATAL = ("infeasible", "failed")
_DONE = 0.98
"""Share of a plan from which a run counts as whole: the last steps may go unlogged."""


def events_of(run: RunHistory, *kinds: str) -> list[RunEvent]:
    """Return the events of some kinds, in their order."""
    return [event for event in run.events if event.kind in kinds]


def epochs_of(events: Sequence[RunEvent]) -> tuple[float, ...]:
    """Return the epochs of events, where known."""
    return tuple(event.epoch for event in events if event.epoch is not None)


def sentence(text: str) -> str:
    """Return a quoted message as a sentence."""
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?")) else f"{stripped}."


def done_share(run: RunHistory) -> float | None:
    """Return how much of its plan a run has done, by steps or by epochs, whichever says more.

    None when it recorded no plan. Epochs are rounded in many logs, and the last steps may go
    unlogged, so that each may fall a little short.
    """
    shares = []
    steps = [series.total_steps(run), series.whole(run.config.get("steps_done"))]
    planned = series.whole(run.config.get("max_steps"))
    known = [count for count in steps if count is not None]
    if known and planned is not None:
        shares.append(max(known) / planned)
    epochs = series.number(run.config.get("epochs"))
    if epochs is not None and epochs > 0 and run.epochs:
        shares.append(run.epochs[-1].number / epochs)
    return min(1.0, max(shares)) if shares else None


def ended(run: RunHistory, events: Sequence[RunEvent]) -> bool:
    """Whether the last of some events ended the run, as far as its log tells."""
    if not events:
        return False
    state = run.config.get("state")
    if isinstance(state, str):
        return state in _FATAL
    last = events[-1]
    if last.epoch is not None:
        return not any(point.number > last.epoch for point in run.epochs)
    share = done_share(run)
    return share is None or share < _DONE


def in_evaluation(run: RunHistory, event: RunEvent) -> bool:
    """Whether an event belongs to the evaluation: told, or the run died where one was due."""
    phase = event.details.get("phase")
    if isinstance(phase, str):
        return phase in _IN_EVALUATION
    if series.evaluations(run) or not run.steps:
        return False
    last = run.steps[-1]
    every = series.whole(run.config.get("eval_steps"))
    if run.config.get("eval_strategy") == "steps" and every is not None:
        return last.step % every == 0
    if run.config.get("eval_strategy") == "epoch" and last.epoch is not None:
        return last.epoch > 0 and abs(last.epoch - round(last.epoch)) < 0.005
    return False


def memory_evidence(event: RunEvent) -> list[Evidence]:
    """Return the figures of a message about memory."""
    labels = {
        "requested_bytes": "asked for",
        "allocated_bytes": "in use by PyTorch",
        "free_bytes": "free",
        "capacity_bytes": "capacity",
    }
    return [
        Evidence(label=label, value=shown_bytes(value))
        for name, label in labels.items()
        if (value := series.number(event.details.get(name))) is not None
    ]
