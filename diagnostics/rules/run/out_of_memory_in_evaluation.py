"""Rule R502: the accelerator's memory ran out in the evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.memory_formulas import logits_bytes, shown_bytes
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["OutOfMemoryInEvaluation"]

_USUAL_BATCH = 8
"""Default of `per_device_eval_batch_size`."""

_IN_EVALUATION = RunEvent(
    kind="out-of-memory",
    message="CUDA out of memory. Tried to allocate 2.00 GiB.",
    details={"phase": "evaluation", "requested_bytes": 2**31},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfMemoryInEvaluation(Rule[RunHistory]):
    """The memory ran out while the model was evaluated.

    Why it matters: the training itself fits, and still the run dies, at its first evaluation, or an
    epoch is lost. By default the Trainer keeps the logits of the whole development split on the
    accelerator until the evaluation ends: sentences x length x labels numbers of 4 bytes.

    What to change: move the logits to main memory every 16 batches (`eval_accumulation_steps`),
    keep the chosen labels instead of the logits (`preprocess_logits_for_metrics` with an argmax,
    which divides them by the number of labels), and evaluate in smaller batches.

    Source: the traceback (`evaluation_loop`, `nested_concat`, `prediction_step`) or the step at
    which the run died; the documentation of `TrainingArguments.eval_accumulation_steps`.
    """

    id: ClassVar = "R502"
    name: ClassVar = "out-of-memory-in-evaluation"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203", "R506")
    doubt: ClassVar = "A training step that followed the evaluation was the one that failed."
    bad: ClassVar = {
        "died in the first evaluation": run_example(
            train_loss=(0.9,), events=[_IN_EVALUATION], max_length=512, num_labels=37,
            dataset={"dev_sentences": 35_000}, epochs=3, max_steps=300,
        ),
        "died where an evaluation was due": run_example(
            step_losses=[0.5] * 100, eval_strategy="epoch", epochs=3, max_steps=300,
            events=[RunEvent(kind="out-of-memory", message="CUDA out of memory.")],
        ),
        "already moved to main memory": run_example(
            train_loss=(0.9,), events=[_IN_EVALUATION], eval_accumulation_steps=16,
            per_device_eval_batch_size=64, epochs=3, max_steps=300,
        ),
    }  # fmt: skip
    good: ClassVar = {
        "ran out in a training step": run_example(
            train_loss=(0.9,),
            events=[RunEvent(kind="out-of-memory", message="CUDA.", details={"phase": "train"})],
        ),
        "evaluated before, and the phase is unknown": run_example(
            f1=(0.5,), events=[RunEvent(kind="out-of-memory", message="CUDA out of memory.")]
        ),
    }

    accumulation: int = 16
    """Batches after which the logits are moved to main memory, in batches. Judgement."""

    small_logits: int = 2**29
    """Bytes of all logits below which they are not to blame: 0.5 GiB. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for events that are told to belong to the evaluation, or happened where one was."""
        events = [
            event
            for event in failures.events_of(run, "out-of-memory")
            if failures.in_evaluation(run, event)
        ]
        if not events:
            return []
        fatal = failures.ended(run, events)
        kept = _logits(run)
        size = "" if kept is None else f" All logits of the split take {shown_bytes(kept)}."
        return [
            self.finding(
                f"Running out of memory in the evaluation {failures.fate(run, events)}. "
                f"{failures.sentence(events[-1].message)}{size}",
                evidence=[
                    Evidence(
                        label="times out of memory",
                        value=len(events),
                        epochs=failures.epochs_of(events),
                    ),
                    *failures.memory_evidence(events[-1]),
                ],
                fixes=self._fixes(run, kept),
                severity=Severity.ERROR if fatal else Severity.INFO,
            )
        ]

    def _fixes(self, run: RunHistory, kept: int | None) -> list[Fix]:
        found = []
        if series.whole(run.config.get("eval_accumulation_steps")) is None:
            of = "" if kept is None else f", instead of {shown_bytes(kept)} at the end"
            found.append(
                Fix(
                    text="Move the logits to main memory while the evaluation runs.",
                    parameter="eval_accumulation_steps",
                    new=self.accumulation,
                    how=f"every {self.accumulation} batches{of}",
                )
            )
        batch = _evaluation_batch(run)
        smaller = max(1, (batch or _USUAL_BATCH) // 2)
        if smaller != batch:
            found.append(
                Fix(
                    text="Evaluate in smaller batches; the scores stay the same.",
                    parameter="per_device_eval_batch_size",
                    old=batch,
                    new=smaller,
                    how=f"half of {batch or f'the default of {_USUAL_BATCH}'}",
                )
            )
        # Logits that are small cannot be what filled the device: then it was one batch.
        if kept is not None and kept < self.small_logits:
            found.reverse()
        return [*found, _ARGMAX]


_ARGMAX = Fix(
    text="Keep the chosen labels instead of the logits: give the Trainer "
    "preprocess_logits_for_metrics=lambda logits, labels: logits.argmax(dim=-1).",
)


def _evaluation_batch(run: RunHistory) -> int | None:
    for name in ("per_device_eval_batch_size", "eval_batch_size"):
        if (batch := series.whole(run.config.get(name))) is not None:
            return batch
    return None


def _logits(run: RunHistory) -> int | None:
    """Return the bytes of the split's logits; None when a factor is unknown."""
    sentences = series.whole(run.dataset.get("dev_sentences"))
    length = series.whole(run.config.get("max_length"))
    labels = series.whole(run.config.get("num_labels"))
    if sentences is None or length is None or labels is None:
        return None
    return logits_bytes(sentences, length, labels)
