"""What makes a logged score suspect, each as a sentence with its figures and a way out."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostics import fixes, needs, series
from diagnostics.findings import Evidence, Fix, Severity, Tier
from diagnostics.rules.run._evidence import score_checks as checks
from diagnostics.rules.run._evidence.score_fixes import (
    as_share,
    longer_inputs,
    recompute,
)
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "Suspicion",
    "above_its_parts",
    "all_equal",
    "all_zero",
    "constant",
    "impossible",
    "miscounted",
    "mixed",
]

_JUST_ABOVE = 1.5
"""Up to here a score above 1 is neither a percentage nor a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One reason not to trust a score.

    Attributes:
        message: What was seen, with its numbers.
        evidence: The figures of the message.
        fixes: What to change.
        severity: How much it matters.
        tier: How strong the evidence is.
    """

    message: str
    evidence: list[Evidence]
    fixes: list[Fix]
    severity: Severity = Severity.WARNING
    tier: Tier = Tier.CONCLUSIVE


def impossible(run: RunHistory) -> Suspicion | None:
    """Look for a share that is negative, above 1, or NaN."""
    values = checks.impossible_values(run)
    if not values:
        return None
    name, value = next(iter(values.items()))
    # Readers draw the same line: a score above 100 is a count.
    percent = all(_JUST_ABOVE < worst <= 100 for worst in values.values())
    kind = "a percentage" if percent else "a count" if value > 100 else "no share at all"
    return Suspicion(
        message=f"The {name} is {value:.6g}, {kind} where a share from 0 to 1 is expected.",
        evidence=[Evidence(label=name, value=value)],
        fixes=[as_share(run, name, kind)],
        severity=Severity.INFO if percent else Severity.WARNING,
    )


def constant(
    run: RunHistory, *, dead: float, converged: float, least_move: float
) -> Suspicion | None:
    """Look for one score, between `dead` and `converged`, over a loss that moves."""
    points = series.scores(run)
    if len(points) < 3 or not series.share_metric(run):
        return None
    found = checks.constant_score(run, least_move=least_move)
    if found is None or not dead < found[0] < converged:
        return None
    score, move = found
    return Suspicion(
        message=f"{series.score_label(run)} is exactly {score:.6g} in all {len(points)} "
        f"evaluations, while the loss moves by {move:.0%}: the model gives the most frequent "
        "answer throughout, or the metric does not look at its predictions.",
        evidence=[
            Evidence(label="score", value=score),
            Evidence(label="move of the loss", value=move),
        ],
        fixes=[
            fixes.lower_learning_rate(run, 3),
            Fix(text="Print ten predictions of the first and of the last epoch."),
        ],
    )


def all_zero(run: RunHistory) -> Suspicion | None:
    """Look for a score of exactly 0 throughout, where no rule about entities can tell why."""
    values = [point.value for point in series.scores(run)]
    share = series.plan_share(run)
    slow_start = share is not None and share < 0.5
    if len(values) < 3 or any(values) or not run.higher_is_better or slow_start:
        return None
    if run.monitor == "loss" or needs.entity_scores(run) is None:
        return None
    return Suspicion(
        message=f"{series.score_label(run)} is exactly 0 in all {len(values)} evaluations: no "
        "answer is right, which guessing does better, or answers are not compared with their "
        "labels.",
        evidence=[Evidence(label="score", value=0.0)],
        fixes=[
            recompute(run, "predictions and labels must be of the same kind, such as class ids"),
            Fix(text="Print ten predictions of the last epoch beside their labels."),
        ],
        severity=Severity.WARNING if series.share_metric(run) else Severity.INFO,
    )


def above_its_parts(run: RunHistory, *, tolerance: float) -> Suspicion | None:
    """Look for an F1 above the harmonic mean of precision and recall."""
    for point, f1, mean in checks.harmonic_means(run):
        if f1 > mean + tolerance:
            return Suspicion(
                message=f"F1 is {f1:.3f} at epoch {point.number:g}, above the harmonic mean "
                f"({mean:.3f}) of the precision and recall beside it, which no average can be.",
                evidence=[
                    Evidence(label="F1", value=f1, epochs=(point.number,)),
                    Evidence(label="harmonic mean", value=mean, epochs=(point.number,)),
                ],
                fixes=[recompute(run, "three numbers of one call belong together")],
            )
    return None


def mixed(run: RunHistory) -> Suspicion | None:
    """Look for precision and recall that are averaged in different ways."""
    found = checks.mixed_averages(run)
    if found is None:
        return None
    precision, recall = found
    return Suspicion(
        message=f"Precision equals accuracy ({precision:.3f}) in every evaluation, recall "
        f"({recall:.3f}) does not: they are averaged in different ways.",
        evidence=[
            Evidence(label="precision", value=precision),
            Evidence(label="recall", value=recall),
        ],
        fixes=[recompute(run, "one average for all three")],
    )


def miscounted(run: RunHistory, *, tolerance: float) -> Suspicion | None:
    """Look for numbers of gold entities that differ from those of the split."""
    counts = checks.miscounted(run, tolerance=tolerance)
    if counts is None:
        return None
    evaluated, gold = counts
    return Suspicion(
        message=f"The scores rest on {evaluated:.0f} gold entities, the split has {gold:.0f}: "
        "words are cut off or counted twice.",
        evidence=[
            Evidence(label="entities evaluated", value=evaluated),
            Evidence(label="entities of the split", value=gold),
        ],
        fixes=[longer_inputs(run)],
    )


def all_equal(run: RunHistory) -> Suspicion | None:
    """Look for F1, precision, recall and accuracy that are one number."""
    value = checks.one_average(run)
    if value is None:
        return None
    tokens = needs.token_classifier(run) is True
    return Suspicion(
        message=f"F1, precision, recall and accuracy are one number ({value:.3f}): a micro average "
        "over all words or classes, which says no more than the accuracy.",
        evidence=[Evidence(label="score", value=value)],
        fixes=[recompute(run, "one average of all classes is the accuracy")],
        severity=Severity.WARNING if tokens else Severity.INFO,
    )
