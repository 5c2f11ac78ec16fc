"""Rule R401: hardly any sentences to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, reference_values, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["TooFewExamples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewExamples(Rule[RunHistory]):
    """There are too few training sentences.

    Why it matters: each entity type is seen a handful of times, and a score can change by several
    points with the choice of sentences alone.

    What to change: label more sentences; until then, enough epochs for 400 optimizer steps, and
    several seeds before two settings are compared.

    Source: spaCy's `debug data` fails below 100 documents. With a good encoder and easy types 200
    sentences can do (a public run reached F1 0.757), so it is a warning only where the model knows
    its sentences by heart and still does not score well.
    """

    id: ClassVar = "R401"
    name: ClassVar = "too-few-examples"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    doubt: ClassVar = "Training on half of the sentences scores the same."
    bad: ClassVar = {
        "40 sentences": run_example(f1=(0.1, 0.2, 0.3), dataset={"train_sentences": 40}),
        "40 sentences, known by heart": run_example(
            f1=(0.3, 0.45, 0.5), train_loss=(0.6, 0.05, 0.01), dataset={"train_sentences": 40}
        ),
    }
    good: ClassVar = {
        "1,000 sentences": run_example(f1=(0.1, 0.5, 0.7), dataset={"train_sentences": 1000}),
    }

    few: int = 100
    """Sentences below which a warning is due if nothing is left to learn; spaCy fails below it."""

    some: int = 200
    """Sentences below which it is worth a line, in sentences."""

    known_score: float = 0.98
    """Training score from which the sentences have nothing left to teach."""

    known_loss: float = 0.02
    """Training loss per word that stands for such a score."""

    good_score: float = 0.8
    """Score from which the number of sentences evidently sufficed. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the number of training sentences with what usually suffices."""
        exact = series.whole(run.dataset.get("train_sentences"))
        estimate = series.whole(run.dataset.get("train_sentences_estimated"))
        count = estimate if exact is None else exact
        if count is None:
            return NotApplicable(reason="the run did not record how many sentences it trained on")
        if count >= self.some:
            return []
        grave = exact is not None and count < self.few and self._exhausted(run)
        about = "" if exact is not None else "About "
        return [
            self.finding(
                f"{about}{count} training sentences are few: scores change by several points with "
                "the choice of sentences alone.",
                evidence=[Evidence(label="training sentences", value=count)],
                fixes=self._fixes(run, count),
                severity=Severity.WARNING if grave else Severity.INFO,
                tier=Tier.STATISTICAL if grave else Tier.HEURISTIC,
            )
        ]

    def _exhausted(self, run: RunHistory) -> bool:
        """Whether the model knows these sentences by heart and still does not score well."""
        best = series.best_point(run)
        if best is None or not series.share_metric(run) or best.value >= self.good_score:
            return False
        logged, losses = series.train_scores(run), series.train_losses(run)
        if logged:
            return logged[-1].value >= self.known_score
        return bool(losses) and 0 <= losses[-1].value < self.known_loss

    def _fixes(self, run: RunHistory, count: int) -> list[Fix]:
        label = Fix(
            text="Label more sentences.",
            parameter="train_sentences",
            old=count,
            new=max(self.some, 2 * count),
            how="twice as many, at least 200",
        )
        steps = series.total_steps(run)
        if steps is None or steps >= reference_values.USUAL_STEPS or not run.epochs[-1].number > 0:
            return [label]
        each = steps / run.epochs[-1].number
        new = reference_values.epochs_for_steps(each)
        usual = reference_values.USUAL_STEPS
        how = f"{new * each:.0f} optimizer steps; {usual} usually do"
        return [label, *fixes.longer(run, new, text="Until then, train longer.", how=how)]
