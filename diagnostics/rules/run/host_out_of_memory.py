"""Rule R503: the main memory or the shared memory of the machine ran out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.rules.run._evidence.batch_fixes import accumulate
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["HostOutOfMemory"]

_KILLED = RunEvent(kind="host-out-of-memory", message="Killed", details={"cause": "killed"})
_SHARED = RunEvent(
    kind="host-out-of-memory",
    message="DataLoader worker (pid 71) is killed by signal: Bus error.",
    details={"cause": "shared-memory"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOutOfMemory(Rule[RunHistory]):
    """The main memory or the shared memory of the machine ran out.

    Why it matters: the operating system ends the process without a traceback: the log just stops,
    or ends with "Killed" or exit code 137 (128 plus signal 9). Nothing in Python can catch it.

    What to change: fewer data loader workers, each of which holds a copy of the data; with one core
    per worker and one for the training, two are enough for text. In a container, more shared
    memory (`--shm-size 8g`). Without workers, smaller batches where the model itself lies in main
    memory, and data that is read as a stream.

    Source: the run's own record of the event; the signals of Linux; PyTorch's documentation of
    multi-process data loading, which passes tensors through shared memory.
    """

    id: ClassVar = "R503"
    name: ClassVar = "host-out-of-memory"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203", "R301", "R506")
    doubt: ClassVar = "Someone ended the process by hand with kill -9."
    bad: ClassVar = {
        "killed with 8 workers": run_example(
            train_loss=(0.9,), events=[_KILLED], dataloader_num_workers=8, epochs=9, max_steps=900
        ),
        "shared memory of a container": run_example(
            train_loss=(0.9,), events=[_SHARED], epochs=9, max_steps=900
        ),
        "killed without workers": run_example(
            train_loss=(0.9,), events=[_KILLED], dataloader_num_workers=0, batch_size=32, epochs=9,
            max_steps=900,
        ),
        "as another tool names it": run_example(
            train_loss=(0.9,), events=[RunEvent(kind="killed", message="Exit code 137.")],
            epochs=9, max_steps=900,
        ),
    }  # fmt: skip
    good: ClassVar = {
        "the accelerator's memory": run_example(
            train_loss=(0.9,), events=[RunEvent(kind="out-of-memory", message="CUDA.")]
        ),
        "stopped by hand": run_example(
            train_loss=(0.9,), events=[RunEvent(kind="interrupted", message="KeyboardInterrupt")]
        ),
    }

    workers: int = 2
    """Data loader workers that are enough for text. Judgement: tokens are small."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for recorded events."""
        events = failures.events_of(run, "host-out-of-memory", "killed")
        if not events:
            return []
        last = events[-1]
        fatal = failures.ended(run, events)
        shared = last.details.get("cause") == "shared-memory"
        what = "shared memory" if shared else "main memory"
        outcome = failures.fate(run, events)
        return [
            self.finding(
                f"Running out of {what} {outcome}: {failures.sentence(last.message)}",
                evidence=[
                    Evidence(
                        label=f"times out of {what}",
                        value=len(events),
                        epochs=failures.epochs_of(events),
                    ),
                    *failures.memory_evidence(last, run),
                ],
                fixes=self._fixes(run, shared=shared),
                severity=_severity(events[-1], fatal=fatal),
            )
        ]

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Explain a score of 0 only where the run died in its first half, as far as it tells."""
        return failures.explained(self.explains, found)

    def _fixes(self, run: RunHistory, *, shared: bool) -> list[Fix]:
        """Return the changes: workers first, then what is left without them."""
        old = series.number(run.config.get("dataloader_num_workers"))
        new = self.workers if old is not None and old > self.workers else 0
        found = [_SHARED_MEMORY] if shared else []
        if old != new:
            found.append(
                Fix(
                    text="Load the data in fewer processes.",
                    parameter="dataloader_num_workers",
                    old=None if old is None else int(old),
                    new=new,
                    how="each worker holds a copy of the data; 0 loads in the training process",
                )
            )
        if old == 0:
            found += accumulate(run, None, "half of the present")
        return [*found, _STREAM] if found and not shared else found or [_STREAM]


def _severity(last: RunEvent, *, fatal: bool) -> Severity:
    if failures.is_overcome(last):
        return Severity.INFO
    return Severity.ERROR if fatal else Severity.WARNING


_SHARED_MEMORY = Fix(
    text="Give the container more shared memory (docker run --shm-size 8g, or --ipc=host).",
)
_STREAM = Fix(
    text="Read the data as a stream or memory-mapped, and keep labels instead of logits in the "
    "evaluation (preprocess_logits_for_metrics).",
)
