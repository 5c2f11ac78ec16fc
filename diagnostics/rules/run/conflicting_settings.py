"""Rule R602: settings that contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.conflicts import conflicts
from diagnostics.subjects.run_history import RunHistory

__all__ = ["ConflictingSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictingSettings(Rule[RunHistory]):
    """Settings contradict each other, so that one of them does nothing or the opposite.

    Why it matters: the best epoch chosen by the wrong direction is the worst one; a metric that is
    never logged chooses nothing; early stopping that keeps the last weights stops for nothing.

    What to change: the setting that gives way, named in the finding.

    Source: the checks of `transformers.TrainingArguments.__post_init__` and of
    `EarlyStoppingCallback`, which raise for some of these when a run starts, and stay silent for
    those that only make its result worse.
    """

    id: ClassVar = "R602"
    name: ClassVar = "conflicting-settings"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203",)
    judges_plans: ClassVar = True
    doubt: ClassVar = "The configuration that was recorded is not the one that ran."
    bad: ClassVar = {
        "two precisions": run_example(f1=(0.5, 0.6), fp16=True, bf16=True),
        "saves when it does not evaluate": run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, eval_strategy="epoch",
            save_strategy="steps",
        ),
        "saves between two evaluations": run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, eval_strategy="steps",
            save_strategy="steps", eval_steps=200, save_steps=500,
        ),
        "a metric that is not logged": run_example(
            eval_loss=(0.5, 0.4), load_best_model_at_end=True, metric_for_best_model="eval_f1"
        ),
        "the highest loss is best": run_example(
            eval_loss=(0.5, 0.4), metric_for_best_model="eval_loss", greater_is_better=True
        ),
        "the lowest F1 is best": run_example(
            f1=(0.5, 0.6), metric_for_best_model="f1", greater_is_better=False
        ),
        "early stopping that keeps the last weights": run_example(
            f1=(0.5, 0.6), early_stopping_patience=3, load_best_model_at_end=False
        ),
    }  # fmt: skip
    good: ClassVar = {
        "all agree": run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, eval_strategy="epoch",
            save_strategy="epoch", metric_for_best_model="eval_f1", greater_is_better=True,
            fp16=True, bf16=False, early_stopping_patience=3,
        ),
        "saves every second evaluation": run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, eval_strategy="steps",
            save_strategy="steps", eval_steps=250, save_steps=500,
        ),
        "strategies differ, but no best model is asked for": run_example(
            f1=(0.5, 0.6), eval_strategy="epoch", save_strategy="steps"
        ),
        'save_strategy="best"': run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, eval_strategy="epoch",
            save_strategy="best",
        ),
        "another name of the metric": run_example(
            f1=(0.5, 0.6), load_best_model_at_end=True, metric_for_best_model="eval_overall_f1"
        ),
        "a loss by which lower is better": run_example(
            eval_loss=(0.5, 0.4), metric_for_best_model="loss", greater_is_better=False
        ),
    }  # fmt: skip

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Return what the settings explain; the wrong direction also that the score fell.

        The evaluation at the end is then one of the worst epoch, which was loaded as the best.
        """
        settings = {evidence.label for each in found for evidence in each.evidence}
        return (*self.explains, *(("R201", "R202") if "greater_is_better" in settings else ()))

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare settings that must agree."""
        if not run.config:
            return NotApplicable(reason="the run recorded no settings")
        return [
            self.finding(
                conflict.message,
                evidence=[Evidence(label=conflict.setting, value=conflict.value)],
                fixes=[conflict.fix],
            )
            for conflict in conflicts(run)
        ]
