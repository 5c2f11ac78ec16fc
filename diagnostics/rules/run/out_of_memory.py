"""Rule R501: the accelerator's memory ran out in training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import MemoryPlan, shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.rules.run._evidence.batch_fixes import (
    Accelerator,
    accelerator_of,
    accumulate,
    shorter_input,
    smaller_batch,
)
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["OutOfMemory"]

_GIB = 2**30
_FULL = RunEvent(
    kind="out-of-memory",
    message="CUDA out of memory. Tried to allocate 512.00 MiB.",
    details={
        "requested_bytes": _GIB // 2,
        "capacity_bytes": 16 * _GIB,
        "allocated_bytes": 15 * _GIB,
        "reserved_bytes": 15 * _GIB,
        "free_bytes": _GIB // 4,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemory(Rule[RunHistory]):
    """The memory of the accelerator ran out.

    Why it matters: a run that dies loses its work. One that goes on in smaller pieces gets the same
    result, at the price of time.

    What to change: fewer sentences at once and as many more accumulated steps: the effective batch
    size, and with it the result, stays. The number is computed: weights, gradients and AdamW take
    16 bytes per parameter (18 in mixed precision); what was allocated beyond them, divided by the
    sentences of the batch, is what one sentence takes; 90 % of the device is filled, in a power of
    two. If a single sentence does not fit, a shorter maximum length or a smaller encoder. Where
    other programs or fragments hold the memory, they are named instead.

    Source: the run's own record of the event; the figures in PyTorch's message; accelerate's
    `estimate-memory`, which counts four times the weights for training with Adam.
    """

    id: ClassVar = "R501"
    name: ClassVar = "out-of-memory"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203", "R301", "R506")
    doubt: ClassVar = "Another program on the same device took the memory."
    bad: ClassVar = {
        "the run ended": run_example(
            f1=(0.1,), state="infeasible", batch_size=32,
            events=[RunEvent(kind="out-of-memory", message="Not even one fits.", epoch=1.2)],
        ),
        "the run went on in smaller pieces": run_example(
            f1=(0.1, 0.5),
            events=[RunEvent(kind="out-of-memory", message="64 ran as 4 x 16.", epoch=1)],
        ),
        "a message with figures": run_example(
            train_loss=(0.9,), events=[_FULL], batch_size=32, parameters=110_000_000, max_steps=900,
            epochs=9,
        ),
        "one tensor larger than the device": run_example(
            events=[
                RunEvent(
                    kind="out-of-memory",
                    message="Tried to allocate 64.00 GiB.",
                    details={"requested_bytes": 64 * _GIB, "capacity_bytes": 16 * _GIB},
                )
            ],
            max_length=512,
        ),
    }  # fmt: skip
    good: ClassVar = {
        "another event": run_example(
            f1=(0.1, 0.5), events=[RunEvent(kind="resumed", message="Resumed.", epoch=1)]
        ),
        "a label error that only looks like it": run_example(
            events=[
                RunEvent(kind="label-error", message="CUDA error: CUBLAS_STATUS_ALLOC_FAILED.")
            ],
        ),
        "memory of the evaluation": run_example(
            train_loss=(0.9,),
            events=[
                RunEvent(kind="out-of-memory", message="CUDA.", details={"phase": "evaluation"})
            ],
        ),
    }

    crowded: float = 0.2
    """Share of the device held by others, or by fragments, from which they are the cause. The
    driver's own context takes 0.3 to 1 GiB. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for recorded events, and at how the run went on."""
        events = [
            event
            for event in failures.events_of(run, "out-of-memory")
            if not failures.in_evaluation(run, event)
        ]
        if not events:
            return []
        fatal = failures.ended(run, events)
        times = "" if len(events) == 1 else f" ({len(events)} times)"
        outcome = failures.fate(run, events)
        outcome += "; the result is the same, only slower" * (outcome == "was survived")
        figures = accelerator_of(events[-1])
        cause, fixes = self._explained(run, figures) if fatal else ("", accumulate(run, None, ""))
        count = Evidence(
            label="times out of memory", value=len(events), epochs=failures.epochs_of(events)
        )
        quoted = failures.sentence(events[-1].message)
        return [
            self.finding(
                f"Running out of memory{times} {outcome}. {quoted}{cause}",
                evidence=[count, *failures.memory_evidence(events[-1], run)],
                fixes=fixes or shorter_input(run) or [_SMALLER_ENCODER],
                severity=Severity.ERROR if fatal else Severity.INFO,
            )
        ]

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Explain a score of 0 only where the run died in its first half, as far as it tells."""
        return failures.explained(self.explains, found)

    def _explained(self, run: RunHistory, figures: Accelerator) -> tuple[str, list[Fix]]:
        """Return what the figures say about the cause, and the changes that follow."""
        capacity = figures.capacity
        if capacity is None:
            return "", _without_figures(run)
        if figures.requested is not None and figures.requested > capacity:
            return (
                " A single tensor was larger than the device: an input of absurd length.",
                shorter_input(run),
            )
        plan = smaller_batch(run, figures)
        ordinary = _without_figures(run) if plan is None else _planned(run, plan)
        if figures.others is not None and figures.others > self.crowded * capacity:
            held = shown_bytes(figures.others)
            free_it = Fix(text="End the other programs on the device (nvidia-smi lists them).")
            return f" Other programs hold {held} of {shown_bytes(capacity)}.", [free_it, *ordinary]
        if figures.idle is not None and figures.idle > self.crowded * capacity:
            return (
                f" {shown_bytes(figures.idle)} were reserved but lay in unusable pieces.",
                [_UNFRAGMENTED, *ordinary],
            )
        return "", ordinary


_SMALLER_ENCODER = Fix(
    text="Take a smaller or distilled encoder, or train adapters (LoRA) instead of all weights.",
)
_UNFRAGMENTED = Fix(
    text="Let the allocator move its segments together: set this environment variable.",
    parameter="PYTORCH_CUDA_ALLOC_CONF",
    new="expandable_segments:True",
    how="reserved minus allocated memory is more than a fifth of the device",
)
_LIGHT_OPTIMIZER = Fix(
    text="Take an optimizer without moments: AdamW keeps 8 bytes per parameter.",
    parameter="optim",
    new="adafactor",
    how="weights and optimizer alone fill the device",
)
_CHECKPOINTING = Fix(
    text="Recompute activations in the backward pass instead of keeping them.",
    parameter="gradient_checkpointing",
    new=True,
    how="keeps the input of each layer only, for about a third more time",
)


def _without_figures(run: RunHistory) -> list[Fix]:
    if series.whole(run.config.get("batch_size")) == 1:
        return shorter_input(run)
    return [*accumulate(run, None, ""), *shorter_input(run)]


def _planned(run: RunHistory, plan: MemoryPlan) -> list[Fix]:
    if plan.available <= 0:
        return [_LIGHT_OPTIMIZER, _SMALLER_ENCODER]
    if plan.batch < 1:
        return [_CHECKPOINTING, *shorter_input(run), _SMALLER_ENCODER]
    return [*accumulate(run, plan.batch, plan.how), *shorter_input(run)]
