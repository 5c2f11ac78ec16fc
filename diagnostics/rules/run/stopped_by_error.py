"""Rule R507: an error of the program ended the run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.rules.run._evidence.endings import end_of, nothing_trained, resume
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["StoppedByError"]

_LENGTHS = re.compile(
    r"size of tensor a \((\d{1,9})\) must match the size of tensor b \((\d{1,9})\)"
    r"|expanded size of the tensor \((\d{1,9})\) must match the existing size \((\d{1,9})\)"
)
_POSITIONS = {512: 512, 514: 512, 1024: 1024, 2048: 2048, 4096: 4096, 8192: 8192}
"""Positions of usual encoders to the tokens they take; RoBERTa keeps two for itself."""

_AFTER = "after-training"
_KEY = RunEvent(kind="error", message="KeyError: 'ner_tags'")
_TOO_LONG = RunEvent(
    kind="error",
    message="RuntimeError: The size of tensor a (612) must match the size of tensor b (512) at "
    "non-singleton dimension 1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedByError(Rule[RunHistory]):
    """An error of the program ended the run.

    Why it matters: the scores are those of a model in the middle of its training, and what was to
    come after it (the best epoch's weights, the test) never happened.

    What to change: mend what the last line of the traceback names, then resume from the last
    checkpoint. A log with several attempts is judged by how the last of them ended; errors that
    were overcome are remarks.

    Source: the last line of the traceback, or the run's own record of the error.
    """

    id: ClassVar = "R507"
    name: ClassVar = "stopped-by-error"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R105", "R203", "R403", "R506")
    doubt: ClassVar = "The error belongs to another program that writes into the same log."
    bad: ClassVar = {
        "after four epochs, plan unknown": replace(
            run_example(f1=(0.3, 0.5, 0.6, 0.65), events=[_KEY]), config={"state": "failed"}
        ),
        "in the first batch: a sentence is longer than the model's positions": replace(
            run_example(events=[_TOO_LONG]), config={"state": "failed"}
        ),
        "half-way through the plan": run_example(
            f1=(0.3, 0.5), events=[_KEY], max_steps=400, epochs=4, state="failed"
        ),
    }
    good: ClassVar = {
        "another cell of the notebook failed": replace(
            run_example(f1=(0.5, 0.6), events=[RunEvent(kind="error", message="NameError: x")]),
            config={},
        ),
        "memory ran out after an error that was survived": run_example(
            f1=(0.5,),
            events=[_KEY, RunEvent(kind="out-of-memory", message="CUDA out of memory.")],
            state="failed",
        ),
        "stopped by the search's pruner": run_example(f1=(0.1,), max_steps=900, state="pruned"),
    }

    done: float = 0.98
    """Share of the plan from which the run counts as whole: the last steps may go unlogged."""

    def check(self, run: RunHistory) -> Sequence[Finding]:
        """Look at how the last attempt ended, then at errors that were overcome."""
        last = failures.what_ended(run)
        fatal = run.config.get("state") == "failed" or not run.epochs
        if last is not None and last.kind == "error":
            if last.details.get("phase") == _AFTER:
                return [self._after_training(last)]
            if fatal:
                return [self._fatal(run, last)]
        overcome = [e for e in failures.events_of(run, "error") if failures.is_overcome(e)]
        return [self._overcome(overcome)] if overcome else []

    def _fatal(self, run: RunHistory, last: RunEvent) -> Finding:
        quoted = failures.sentence(last.message)
        share = failures.done_share(run)
        later = failures.which_attempt(last)
        if share is not None and share >= self.done and not later:
            return self._after_training(last)
        where = end_of(run) + ("" if share is None else f", {share:.0%} of its plan")
        began = f"An error ended the run {where}: " if not later else "An error ended the run: "
        evaluated = bool(series.evaluations(run)) and not later
        return self.finding(
            f"{began}{quoted}{later}",
            evidence=[Evidence(label="last line of the traceback", value=last.message)],
            fixes=_fixes(run, last, may_resume=not later),
            severity=Severity.WARNING if evaluated else Severity.ERROR,
        )

    def _after_training(self, last: RunEvent) -> Finding:
        return self.finding(
            "The training went through, but an error ended the program after it: "
            f"{failures.sentence(last.message)}",
            evidence=[Evidence(label="last line of the traceback", value=last.message)],
            fixes=[
                Fix(
                    text="Mend what the message names, and repeat what comes after the training "
                    "from its last checkpoint; nothing needs to be trained again."
                )
            ],
            severity=Severity.WARNING,
        )

    def _overcome(self, events: Sequence[RunEvent]) -> Finding:
        last = events[-1]
        times = "" if len(events) == 1 else f" (of {len(events)} errors the last)"
        return self.finding(
            f"An error ended an earlier attempt in this log{times}: "
            f"{failures.sentence(last.message)} The last attempt did not end so.",
            evidence=[Evidence(label="last line of the traceback", value=last.message)],
            fixes=[Fix(text="Nothing is left to mend; judge the last attempt by its own log.")],
            severity=Severity.INFO,
        )


def _fixes(run: RunHistory, last: RunEvent, *, may_resume: bool) -> list[Fix]:
    found = _LENGTHS.search(last.message)
    sizes = [int(size) for size in found.groups() if size is not None] if found else []
    positions = next((_POSITIONS[size] for size in sizes if size in _POSITIONS), None)
    if positions is not None and max(sizes) > positions:
        cut = Fix(
            text="Cut sentences at the positions that the model has (truncation=True), or split "
            "long ones.",
            parameter="max_length",
            new=positions,
            how=f"an input of {max(sizes)} pieces met a model for {positions}",
        )
        return [cut]
    if nothing_trained(run) or not may_resume:
        return [Fix(text="Mend what the message names, and start again.")]
    return [resume(run, before="Mend what the message names")]
