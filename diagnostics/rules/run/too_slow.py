"""Rule R504: the run takes longer than it needs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import ClassVar

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.times import planned_epochs, shown_time, timed
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TooSlow"]

_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSlow(Rule[RunHistory]):
    """The run is too slow: it takes longer than it needs to.

    Why it matters: time is what limits how many settings and seeds can be tried, and a run that is
    not waited for ends undertrained.

    What to change: what the log shows to cost the most. Without an accelerator: use one, or a
    distilled encoder. Where evaluations take a large share: evaluate less often, in larger batches.
    Where much of a batch is padding: put sentences of like length together.

    Source: the run's own times. The share of 30 % for evaluation and the padding of 60 % are
    judgement; epochs are extrapolated by their median, for the first one compiles and caches.
    """

    id: ClassVar = "R504"
    name: ClassVar = "too-slow"
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "Other work on the same machine took the time."
    bad: ClassVar = {
        "two days on a processor": replace(
            timed(run_example(f1=(0.5, 0.6), epochs=10, batch_size=16), 5 * _HOUR),
            environment={"device": "CPU, 8 cores"},
        ),
        "half of the time is evaluation": replace(
            run_example(f1=(0.5, 0.6, 0.7), eval_steps=10, max_steps=300),
            environment={"train_seconds": 4_000, "evaluation_seconds": 2_000},
        ),
        "two thirds of a batch is padding": run_example(
            f1=(0.5, 0.6), dataset={"padding_share": 0.66}
        ),
    }
    good: ClassVar = {
        "quick on a processor": replace(
            timed(run_example(f1=(0.5, 0.6), epochs=10), 60.0), environment={"device": "CPU"}
        ),
        "long on an accelerator": replace(
            timed(run_example(f1=(0.5, 0.6), epochs=3), 5 * _HOUR),
            environment={"device": "NVIDIA A100"},
        ),
        "half of it is evaluation, of half a minute": replace(
            run_example(f1=(0.5, 0.6)),
            environment={"train_seconds": 30, "evaluation_seconds": 15},
        ),
        "evaluation takes a tenth": replace(
            run_example(f1=(0.5, 0.6)),
            environment={"train_seconds": 4_000, "evaluation_seconds": 400},
        ),
    }

    long_on_processor: float = 2.0
    """Hours of a whole run on a processor from which an accelerator is worth the trouble. The time
    of a lunch; judgement."""

    evaluation_share: float = 0.3
    """Share of the time for evaluations from which they are too frequent. Judgement."""

    worth_saving: float = 60.0
    """Seconds of evaluations below which their share is nobody's trouble. Judgement."""

    padding_share: float = 0.6
    """Share of padding in a batch from which sorting by length pays: it then more than doubles the
    speed. Mean length below 0.4 of the maximum."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look at the device, the share of evaluations, and the padding."""
        seconds = [value for point in run.epochs if (value := series.number(point.seconds))]
        shares = _evaluation_share(run), series.number(run.dataset.get("padding_share"))
        if not seconds and shares == (None, None):
            return NotApplicable(reason="the run logged no times")
        return [*self._on_processor(run, seconds), *self._evaluating(run), *self._padding(run)]

    def _on_processor(self, run: RunHistory, seconds: Sequence[float]) -> Iterator[Finding]:
        device = run.environment.get("device")
        epochs = planned_epochs(run)
        if not seconds or epochs is None or not isinstance(device, str):
            return
        total = median(seconds) * epochs / (run.epochs[-1].number / len(run.epochs))
        if "cpu" in device.lower() and total > self.long_on_processor * _HOUR:
            yield self.finding(
                f"On a processor ({device}) the {epochs:g} epochs take {shown_time(total)}; an "
                "accelerator is far faster.",
                evidence=[Evidence(label="time of the plan", value=round(total), unit="s")],
                fixes=[_ON_ACCELERATOR, *_shorter_input(run), _DISTILLED],
            )

    def _evaluating(self, run: RunHistory) -> Iterator[Finding]:
        share = _evaluation_share(run)
        spent = series.number(run.environment.get("evaluation_seconds")) or 0.0
        if share is None or share <= self.evaluation_share or spent < self.worth_saving:
            return
        every = series.whole(run.config.get("eval_steps"))
        factor = share / self.evaluation_share * 2
        if every is not None and run.config.get("eval_strategy") != "epoch":
            rarer = Fix(
                text="Evaluate less often.",
                parameter="eval_steps",
                old=every,
                new=round(every * factor) + 1,
                how=f"{share:.0%} of the time now, about half of {self.evaluation_share:.0%} then",
            )
        else:
            rarer = _larger_evaluation_batch(run)
        yield self.finding(
            f"Evaluations take {share:.0%} of the time.",
            evidence=[Evidence(label="share of evaluations", value=share)],
            fixes=[rarer],
        )

    def _padding(self, run: RunHistory) -> Iterator[Finding]:
        share = series.number(run.dataset.get("padding_share"))
        if share is None or share <= self.padding_share or share >= 1:
            return
        if run.config.get("group_by_length") is True:
            return
        yield self.finding(
            f"{share:.0%} of each batch is padding: the same work on sorted sentences is up to "
            f"{1 / (1 - share):.1f} times as fast.",
            evidence=[Evidence(label="share of padding", value=share)],
            fixes=[_BY_LENGTH],
        )


_ON_ACCELERATOR = Fix(text="Train on an accelerator: a free notebook with a GPU is enough.")
_DISTILLED = Fix(text="Take a distilled encoder, which has half the layers.")
_BY_LENGTH = Fix(
    text="Put sentences of like length into a batch, and pad to the longest of the batch only.",
    parameter="group_by_length",
    new=True,
    how='train_sampling_strategy="group_by_length" from Transformers 5 on',
)


def _shorter_input(run: RunHistory) -> list[Fix]:
    length = series.whole(run.config.get("max_length"))
    if length is not None and length <= 128:
        return []
    fix = Fix(
        text="Shorten the longest input, if few sentences are longer.",
        parameter="max_length",
        old=length,
        new=128,
        how="the length of nearly all sentences; attention grows with its square",
    )
    return [fix]


def _larger_evaluation_batch(run: RunHistory) -> Fix:
    names = ("per_device_eval_batch_size", "eval_batch_size")
    known = [size for name in names if (size := series.whole(run.config.get(name))) is not None]
    return Fix(
        text="Evaluate in larger batches; the scores stay the same.",
        parameter="per_device_eval_batch_size",
        old=known[0] if known else None,
        new=4 * (known[0] if known else 8),
        how="four times the present: without gradients a sentence takes less memory",
    )


def _evaluation_share(run: RunHistory) -> float | None:
    """Return the share of the wall time that evaluations took; None when it was not logged."""
    total = series.number(run.environment.get("train_seconds"))
    evaluating = series.number(run.environment.get("evaluation_seconds"))
    if total is None or evaluating is None or not 0 < evaluating <= total:
        return None
    return evaluating / total
