"""Rule R301: the model predicts O everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, reference_values, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import has_another_library

__all__ = ["AllOCollapse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOCollapse(Rule[RunHistory]):
    """The model finds no entities: it predicts O (outside) everywhere.

    Why it matters: most tokens are O, so predicting only O already gives a high accuracy and a
    falling loss. F1 is 0, and the model is useless.

    What to change: in this order: a learning rate far from the usual; too few optimizer steps (400
    are usually enough); labels without `B-` and `I-` prefixes, which no entity metric can read.

    Source: 8 of 8 public runs that end at F1 = 0 raised nothing in eight log checkers. F1 = 0 in
    the first epochs is normal, so only the end of a run, or its second half, is judged.
    """

    id: ClassVar = "R301"
    name: ClassVar = "all-o-collapse"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.entity_scores, needs.evaluations(1))
    explains: ClassVar = (
        "R106",
        "R201",
        "R202",
        "R206",
        "R302",
        "R303",
        "R304",
        "R308",
    )
    doubt: ClassVar = "The first epochs of a slow start look the same."
    bad: ClassVar = {
        "F1 is 0 to the end": run_example(
            f1=(0.0, 0.0, 0.0, 0.0),
            precision=(0.0, 0.0, 0.0, 0.0),
            recall=(0.0, 0.0, 0.0, 0.0),
            accuracy=(0.83, 0.83, 0.83, 0.83),
        ),
        "one evaluation after a whole epoch, without a hit": run_example(
            f1=(0.0,), precision=(0.0,), recall=(0.0,), accuracy=(0.83,)
        ),
        "never more than a hit or two, and none in the end": run_example(
            f1=(0.02, 0.0, 0.006, 0.005, 0.0),
            precision=(0.05, 0.0, 0.004, 0.003, 0.0),
            recall=(0.013, 0.0, 0.013, 0.013, 0.0),
        ),
        "a few lucky hits at the end of a collapse": run_example(
            f1=(0.5, 0.02, 0.01), precision=(0.5, 0.6, 0.5), recall=(0.5, 0.01, 0.005)
        ),
    }
    good: ClassVar = {
        "slow start: 0 for two epochs": run_example(
            f1=(0.0, 0.0, 0.4, 0.6), precision=(0, 0, 0.5, 0.6), recall=(0, 0, 0.35, 0.6)
        ),
        "still in the first half of its plan": run_example(
            f1=(0.0, 0.0),
            precision=(0.0, 0.0),
            recall=(0.0, 0.0),
            eval_loss=(1.0, 0.8),
            max_steps=900,
        ),
        "one evaluation in the first epoch": run_example(
            f1=(0.0,), precision=(0.0,), recall=(0.0,), epochs=3, max_steps=300
        ),
        "pruned by a search while its loss fell": run_example(
            f1=(0.0, 0.0, 0.0),
            precision=(0.0, 0.0, 0.0),
            recall=(0.0, 0.0, 0.0),
            eval_loss=(1.0, 0.8, 0.7),
            max_steps=500,
            state="pruned",
        ),
        "low, but it does predict entities": run_example(
            f1=(0.01, 0.03), precision=(0.006, 0.02), recall=(0.1, 0.15)
        ),
    }

    ceiling: float = 0.05
    """F1 below which a run may count as collapsed: one at 7 times the usual rate peaked at .04."""

    fewest_predicted: float = 0.1
    """Predicted per gold entity (recall / precision) below which it counts as predicting only O."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for an F1 of nearly 0 at the end, from predicting hardly any entities."""
        points = series.scores(run)
        share = series.plan_share(run)
        if share is not None and share < 0.5:
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        if run.config.get("state") == "pruned" and (share is None or share < 0.9):
            return NotApplicable(reason="the search stopped the run before its end")
        if len(points) == 1 and points[0].epoch < 1:
            return NotApplicable(reason="the run was evaluated once, within its first epoch")
        tail = points[-2:]
        # One evaluation must be without a single hit; more show that low is where it stays.
        ceiling = self.ceiling if len(points) > 1 else math.ulp(0.0)
        if max(point.value for point in tail) >= ceiling:
            return []
        silent = max(point.value for point in tail) == 0
        if not silent:
            ratio = _predicted_per_gold(run)
            silent = ratio is not None and ratio <= self.fewest_predicted
        never = points[-1].value == 0 and max(point.value for point in points) < self.ceiling
        return [self._finding(run, points, silent=silent)] if silent or never else []

    def _finding(self, run: RunHistory, points: Sequence[series.Point], *, silent: bool) -> Finding:
        first = next(
            point
            for position, point in enumerate(points)
            if all(later.value < self.ceiling for later in points[position:])
        )
        accuracy = series.scores(run, "accuracy")
        evidence = [
            Evidence(label="F1 at the end", value=points[-1].value, epochs=(points[-1].epoch,))
        ]
        message = (
            f"F1 is {points[-1].value:.3g} from epoch {first.epoch:g} to the end: "
            "the model predicts O for (nearly) every word."
        )
        if len(points) == 1:
            message = (
                f"F1, precision and recall are 0 at the only evaluation (epoch {first.epoch:g}): "
                "the model predicts O for every word, or no entity right."
            )
        if not silent:
            highest = max(point.value for point in points)
            message = (
                f"F1 is 0 at the end and was never above {highest:.2g}: what the model marks is no "
                "entity."
            )
        elif accuracy:
            message += f" Its accuracy of {accuracy[-1].value:.3f} is the share of O words."
            evidence.append(Evidence(label="accuracy", value=accuracy[-1].value))
        severity = Severity.WARNING if len(points) == 1 else Severity.ERROR
        return self.finding(message, evidence=evidence, fixes=_fixes(run), severity=severity)


def _predicted_per_gold(run: RunHistory) -> float | None:
    """Return predicted / gold entities at the last evaluation; None when it cannot be known."""
    precision, recall = series.scores(run, "precision")[-1], series.scores(run, "recall")[-1]
    return recall.value / precision.value if precision.value > 0 else None


_CHECK_TAGS = Fix(text="Check that the training data holds entities, with B- and I- prefixes.")


def _fixes(run: RunHistory) -> list[Fix]:
    found = []
    rate = series.number(run.config.get("learning_rate"))
    usual = reference_values.learning_rate_range(run)
    if rate is not None and rate > usual.high:
        found.append(fixes.lower_learning_rate(run, 10))
    elif rate is not None and rate < usual.low:
        found += fixes.raise_learning_rate(run, 3)
    steps, last = series.total_steps(run), run.epochs[-1].number
    if steps is not None and last > 0 and steps < reference_values.USUAL_STEPS:
        new = reference_values.epochs_for_steps(steps / last)
        how = f"{math.ceil(new) * steps / last:.0f} steps at {steps / last:.0f} per epoch"
        found += fixes.longer(run, new, text="Train for more steps.", how=how)
    if has_another_library(run):
        return [*found, _CHECK_TAGS]
    check = Fix(
        text="Check that labels carry B- and I- prefixes and that the first sub-token of a word is "
        "the labelled one; other sub-tokens and padding are -100.",
        parameter="label_pad_token_id",
        new=-100,
        how="the index that the loss ignores",
    )
    return [*found, check]
