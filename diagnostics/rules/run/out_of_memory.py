"""Rule R501: the accelerator's memory ran out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["OutOfMemory"]

_FATAL = ("infeasible", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory(Rule[RunHistory]):
    """The memory of the accelerator ran out.

    Why it matters: a run that dies loses its work. One that goes on in smaller pieces gets the same
    result, at the price of time.

    What to change: half the batch and twice the accumulated steps: the effective batch size, and
    with it the result, stays. If a single sentence does not fit, a shorter maximum length or a
    smaller encoder.

    Source: the run's own record of the event.
    """

    id: ClassVar = "R501"
    name: ClassVar = "out-of-memory"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "Another program on the same device took the memory."
    bad: ClassVar = {
        "the run ended": run_example(
            f1=(0.1,),
            events=[
                RunEvent(kind="out-of-memory", message="Not even one sentence fits.", epoch=1.2)
            ],
            state="infeasible",
            batch_size=32,
        ),
        "the run went on in smaller pieces": run_example(
            f1=(0.1, 0.5),
            events=[RunEvent(kind="out-of-memory", message="64 ran as 4 x 16.", epoch=1)],
        ),
    }
    good: ClassVar = {
        "another event": run_example(
            f1=(0.1, 0.5), events=[RunEvent(kind="resumed", message="Resumed.", epoch=1)]
        ),
    }

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for recorded events, and at how the run went on."""
        events = [event for event in run.events if event.kind == "out-of-memory"]
        if not events:
            return []
        fatal = run.config.get("state") in _FATAL
        times = "" if len(events) == 1 else f" ({len(events)} times)"
        outcome = "ended the run" if fatal else "was survived; the result is the same, only slower"
        epochs = tuple(event.epoch for event in events if event.epoch is not None)
        return [
            self.finding(
                f"Running out of memory{times} {outcome}. {events[-1].message}",
                evidence=[Evidence(label="times out of memory", value=len(events), epochs=epochs)],
                fixes=_fixes(run, fatal=fatal),
                severity=Severity.ERROR if fatal else Severity.INFO,
            )
        ]


def _fixes(run: RunHistory, *, fatal: bool) -> list[Fix]:
    batch = series.whole(run.config.get("batch_size"))
    accumulate = Fix(
        text="Split each batch and accumulate the gradient, which keeps the result.",
        parameter="gradient_accumulation_steps",
        old=series.whole(run.config.get("gradient_accumulation_steps")),
        new=2 * (series.whole(run.config.get("gradient_accumulation_steps")) or 1),
        how="twice the present, with half the batch per step",
    )
    length = series.whole(run.config.get("max_length"))
    shorter = Fix(
        text="Shorten the longest input; longer sentences are cut into windows.",
        parameter="max_length",
        old=length,
        new=128 if length is None else max(32, length // 2),
        how="attention memory grows with the square of the length",
    )
    return [shorter] if fatal and batch == 1 else [accumulate, shorter] if fatal else [accumulate]
