"""What the rules about failed runs share: the events, and whether one of them ended the run."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics import series
from diagnostics.findings import Evidence, Finding, Severity
from diagnostics.memory_formulas import shown_bytes
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = [
    "aftermath",
    "done_share",
    "ended",
    "epochs_of",
    "events_of",
    "explained",
    "fate",
    "in_evaluation",
    "is_overcome",
    "memory_evidence",
    "sentence",
    "what_ended",
    "which_attempt",
]

_IN_EVALUATION = ("evaluation", "eval", "predict")
"""What readers write into `details["phase"]` of an event for the evaluation."""

_FAILURES = frozenset(
    (
        *("error", "label-error", "out-of-memory", "host-out-of-memory", "killed", "interrupted"),
        *("unknown-argument", "version-conflict", "non-finite"),
    )
)
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
    shares = [series.plan_share(run), series.epoch_share(run)]
    return max((share for share in shares if share is not None), default=None)


_DONE_LABEL = "share of the plan done"


def explained(rules: Sequence[str], found: Sequence[Finding]) -> tuple[str, ...]:
    """Return what a death explains of some rules: R301 only if it came in the first half.

    A run of which the plan is unknown counts as one that had no time to learn. How far it came is
    read off the findings of the rule, as `memory_evidence` wrote it.
    """
    figures = (each for one in found for each in one.evidence if each.label == _DONE_LABEL)
    late = any(isinstance(each.value, float) and each.value >= 0.5 for each in figures)
    return tuple(rule for rule in rules if not (late and rule == "R301"))


def ended(run: RunHistory, events: Sequence[RunEvent]) -> bool:
    """Whether the last of some events ended the run, as far as its log tells."""
    if not events or is_overcome(events[-1]):
        return False
    last = events[-1]
    state = run.config.get("state")
    if isinstance(state, str):
        return state in _FATAL
    if last.epoch is not None:
        return not any(point.number > last.epoch for point in run.epochs)
    share = done_share(run)
    return share is None or share < _DONE


def is_overcome(event: RunEvent) -> bool:
    """Whether an event belongs to an attempt that another one followed in the same log."""
    return event.details.get("overcome") is True


def fate(run: RunHistory, events: Sequence[RunEvent]) -> str:
    """Return what some events did to the run, as what follows "Running out of memory"."""
    if events and is_overcome(events[-1]):
        return "ended an earlier attempt, not the last one"
    if events and events[-1].details.get("later") is True:
        return "ended the last attempt, not the earlier one that logged more and is judged"
    return "ended the run" if ended(run, events) else "was survived"


def which_attempt(event: RunEvent) -> str:
    """Return of which attempt an event is, as a sentence; empty for the one that is judged."""
    if is_overcome(event):
        return " That was an earlier attempt, not the last one."
    later = event.details.get("later") is True
    return " That was the last attempt; an earlier one, which logged more, is judged." * later


def aftermath(run: RunHistory, event: RunEvent) -> tuple[str, Severity]:
    """Return what came after a failure of the set-up, as a sentence, and how grave that makes it.

    Such a failure stops a run before its first step, or is a warning that the run outlived.
    """
    went_on = bool(run.epochs) and event.details.get("later") is not True
    survived = went_on or is_overcome(event)
    told = which_attempt(event) or " The run went on all the same." * went_on
    return told, Severity.INFO if survived else Severity.ERROR


def what_ended(run: RunHistory) -> RunEvent | None:
    """Return the last failure of the last attempt, None when the log tells of none."""
    failures = (event for event in reversed(run.events) if event.kind in _FAILURES)
    return next((event for event in failures if not is_overcome(event)), None)


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


def memory_evidence(event: RunEvent, run: RunHistory | None = None) -> list[Evidence]:
    """Return the figures of a message about memory, and the share of its plan a run has done."""
    labels = {
        "requested_bytes": "asked for",
        "allocated_bytes": "in use by PyTorch",
        "free_bytes": "free",
        "capacity_bytes": "capacity",
    }
    found = [
        Evidence(label=label, value=shown_bytes(value))
        for name, label in labels.items()
        if (value := series.number(event.details.get(name))) is not None
    ]
    share = None if run is None else done_share(run)
    return found if share is None else [*found, Evidence(label=_DONE_LABEL, value=share)]
