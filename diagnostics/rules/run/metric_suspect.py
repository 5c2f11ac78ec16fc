"""Rule R307: the score itself is computed wrongly, or on data that proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from diagnostics import needs
from diagnostics.examples import run_example
from diagnostics.findings import Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import score_suspicions as suspicions
from diagnostics.rules.run._evidence.loss_suspicions import solved_at_once
from diagnostics.rules.run._evidence.score_suspicions import Suspicion
from diagnostics.rules.run._evidence.split_suspicions import perfect_at_once, too_good
from diagnostics.subjects.run_history import RunHistory

__all__ = ["MetricSuspect"]


Test = Callable[[RunHistory], Suspicion | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSuspect(Rule[RunHistory]):
    """The metric is suspect: it cannot be right, or it proves nothing.

    Why it matters: every choice, of the epoch, of the settings, of the model, rests on this number.

    What to change: entity-level scores from one call of seqeval, on a split that shares no sentence
    with the training data and has at least a hundred entities.

    Source: F1 of one average never exceeds the harmonic mean of precision and recall, for micro,
    macro and weighted averages alike, since the harmonic mean is concave (Opitz and Burst 2019).
    """

    id: ClassVar = "R307"
    name: ClassVar = "metric-suspect"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.metric,)
    explains: ClassVar = ("R105", "R106", "R201", "R202", "R206")
    doubt: ClassVar = "The code that computes the metric, and a look at a few predictions."
    bad: ClassVar = {
        "accuracy as a count": run_example(
            accuracy=(201, 230, 242), eval_loss=(0.9, 0.8, 0.8), train_loss=(0.5, 0.4, 0.3)
        ),
        "accuracy 0 in every evaluation": run_example(accuracy=(0.0, 0.0, 0.0, 0.0)),
        "F1 1.0 from the first epoch": run_example(f1=(1.0, 1.0, 1.0), eval_loss=(0.01, 0.0, 0.0)),
        "the same score four times while the loss halves": run_example(
            f1=(0.8122, 0.8122, 0.8122, 0.8122), train_loss=(0.7, 0.5, 0.4, 0.35),
            learning_rate=5e-5,
        ),
        "F1 above both precision and recall": run_example(
            f1=(0.7, 0.8), precision=(0.5, 0.6), recall=(0.55, 0.6)
        ),
        "precision is the accuracy, recall is not": run_example(
            f1=(0.4, 0.42), precision=(0.71, 0.74), recall=(0.45, 0.47), accuracy=(0.71, 0.74)
        ),
        "0.998 on sentences that are as easy as the known ones": run_example(
            f1=(0.9, 0.98, 0.998), train_loss=(0.5, 0.1, 0.02), eval_loss=(0.1, 0.03, 0.004)
        ),
        "0.98 after 120 sentences, on sentences that are as easy": run_example(
            f1=(0.7, 0.94, 0.98), train_loss=(0.5, 0.1, 0.06), eval_loss=(0.3, 0.09, 0.05),
            dataset={"train_sentences": 120},
        ),
        "0.0002 after one step, and no score": run_example(
            eval_loss=(0.0002,), steps_per_epoch=1
        ),
        "half of the entities were not evaluated": run_example(
            f1=(0.6, 0.63), per_type=({"PER": {"f1": 0.63, "support": 23}},) * 2,
            dataset={"dev_entities": 43},
        ),
    }  # fmt: skip
    good: ClassVar = {
        "0.0002 after 100 steps, and no score": run_example(eval_loss=(0.0002,)),
        "0.98 after 120 sentences, on harder ones": run_example(
            f1=(0.7, 0.94, 0.98),
            train_loss=(0.5, 0.1, 0.02),
            eval_loss=(0.3, 0.09, 0.05),
            dataset={"train_sentences": 120},
        ),
        "all in order": run_example(
            f1=(0.6, 0.7), precision=(0.65, 0.7), recall=(0.557, 0.7), accuracy=(0.9, 0.95)
        ),
        "macro averages: F1 lies below the mean": run_example(
            f1=(0.55, 0.6), precision=(0.7, 0.72), recall=(0.6, 0.66), accuracy=(0.8, 0.82)
        ),
        "perfect in the end": run_example(f1=(0.8, 0.95, 1.0)),
        "constant, because it has converged": run_example(
            f1=(0.9712,) * 6, eval_loss=(0.024, 0.025, 0.027, 0.028, 0.03, 0.031)
        ),
        "F1 stays near 0: that is a collapse": run_example(
            f1=(0.02, 0.02, 0.02), train_loss=(0.9, 0.6, 0.5)
        ),
        "weighted averages: recall is the accuracy": run_example(
            f1=(0.7, 0.72), precision=(0.74, 0.75), recall=(0.71, 0.73), accuracy=(0.71, 0.73)
        ),
    }

    tolerance: float = 0.01
    """F1 above the harmonic mean that rounding explains, in score."""

    too_good: float = 0.995
    """Score that is worth a look at the splits, if unseen sentences are as easy as known ones."""

    too_good_of_few: float = 0.95
    """The same after a training on fewer than 1,000 sentences. Judgement."""

    dead: float = 0.05
    """Score below which a constant is a model that finds nothing, which other rules tell."""

    converged: float = 0.9
    """Score from which a constant is taken for a converged run. Judgement."""

    least_move: float = 0.1
    """Move of a loss, as a share of its minimum, under which a constant score is odd."""

    miscounted: float = 0.02
    """Share of the gold entities by which two counts may differ."""

    hardly_trained: int = 10
    """Steps within which no loss of next to nothing can have been learned. Judgement."""

    no_loss: float = 0.005
    """Evaluation loss that counts as next to nothing."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Try each test; the first that fires is told, since the others may follow from it."""
        found = next((seen for test in self._tests(run) if (seen := test(run)) is not None), None)
        missing = needs.task_metric(run)
        if found is None:
            return NotApplicable(reason=missing) if missing else []
        return [
            self.finding(
                found.message,
                evidence=found.evidence,
                fixes=found.fixes,
                severity=found.severity,
                tier=found.tier,
            )
        ]

    def _tests(self, run: RunHistory) -> tuple[Test, ...]:
        """Return the tests for a run with a score of its task, or with a loss alone."""
        if run.monitor == "loss":
            return (partial(solved_at_once, steps=self.hardly_trained, loss=self.no_loss),)
        return (
            suspicions.impossible,
            suspicions.all_zero,
            perfect_at_once,
            partial(
                suspicions.constant,
                dead=self.dead,
                converged=self.converged,
                least_move=self.least_move,
            ),
            partial(suspicions.above_its_parts, tolerance=self.tolerance),
            suspicions.mixed,
            partial(suspicions.miscounted, tolerance=self.miscounted),
            suspicions.all_equal,
            partial(too_good, least=self.too_good, least_of_few=self.too_good_of_few),
        )
