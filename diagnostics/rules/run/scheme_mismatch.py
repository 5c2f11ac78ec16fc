"""Rule R306: the tags follow another scheme than the metric reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import entity_scores, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.label_lists import label_names, prefixed
from diagnostics.statistics import binomial_standard_error, f1_cases
from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import RunHistory

__all__ = ["SchemeMismatch"]

_IOB1 = Predictions(
    gold=(("I-PER", "I-PER", "O"), ("O", "I-LOC", "B-LOC")) * 10,
    predicted=(("I-PER", "I-PER", "O"), ("O", "I-LOC", "B-LOC")) * 10,
)
_IOB2 = Predictions(
    gold=(("B-PER", "I-PER", "O"), ("O", "B-LOC", "B-LOC")) * 10,
    predicted=(("B-PER", "I-PER", "O"), ("O", "B-LOC", "O")) * 10,
)
_ONLY_INSIDE = {0: "O", 1: "I-PER", 2: "I-LOC"}
_BOTH_READINGS = ("strict_f1", "f1_strict", "exact_f1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeMismatch(Rule[RunHistory]):
    """The tag scheme of the data and that of the metric differ.

    Why it matters: in IOB1 an entity begins with `I-`. A strict IOB2 metric counts no such entity,
    so F1 is far too low; a lenient one joins or splits neighbours by its own rules.

    What to change: convert the tags to IOB2 and score with `mode="strict", scheme=IOB2`, so that
    everybody counts the same entities.

    Source: run here with seqeval 1.2.2: without a mode it reads IOB1, IOB2, BIOES and BILOU alike,
    with `strict` and `IOB2` an entity without `B-` is none.
    """

    id: ClassVar = "R306"
    name: ClassVar = "scheme-mismatch"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R301", "R302", "R304")
    doubt: ClassVar = "Tags that are converted before the metric sees them."
    bad: ClassVar = {
        "gold entities begin with I-": run_example(f1=(0.4, 0.5), predictions=_IOB1),
        "predictions that begin with I-": run_example(
            f1=(0.4, 0.5), predictions=Predictions(gold=_IOB2.gold, predicted=_IOB1.predicted)
        ),
        "the label list has no B-": run_example(
            f1=(0.0, 0.0), precision=(0.0, 0.0), recall=(0.0, 0.0), id2label=_ONLY_INSIDE
        ),
    }
    good: ClassVar = {
        "IOB2": run_example(f1=(0.4, 0.5), predictions=_IOB2),
        "IOB2 labels": run_example(
            f1=(0.0, 0.0), precision=(0.0, 0.0), recall=(0.0, 0.0),
            id2label={0: "O", 1: "B-PER", 2: "I-PER"},
        ),
        "BIOES labels with a live score": run_example(
            f1=(0.5, 0.6), id2label={0: "O", 1: "B-PER", 2: "I-PER", 3: "E-PER", 4: "S-PER"}
        ),
    }  # fmt: skip

    misread: float = 0.01
    """Share of gold entities, and difference of F1, from which the two readings differ."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare both readings of the predictions, of the scores, and look at the label list."""
        names = label_names(run)
        both = _both_scores(run)
        if run.predictions is not None:
            found = self._in_predictions(run.predictions)
            if found:
                return found
        if both is not None and abs(both[0] - both[1]) > self.misread:
            return [self._two_scores(*both)]
        if names and prefixed(names):
            return self._in_label_list(run, names)
        if run.predictions is None and both is None:
            return NotApplicable(reason="the run kept neither label names nor predictions")
        return []

    def explained(self, found: Sequence[Finding]) -> tuple[str, ...]:
        """Return what a mismatch explains; two readings of one model explain no more than them."""
        grave = any(each.severity is not Severity.INFO for each in found)
        return self.explains if grave else ()

    def _in_predictions(self, predictions: Predictions) -> list[Finding]:
        lenient = entity_scores.count_entities(predictions.gold, predictions.predicted)
        strict = entity_scores.count_entities(predictions.gold, predictions.predicted, strict=True)
        lost = lenient.gold - strict.gold
        if lost > self.misread * lenient.gold:
            message = (
                f"{lost} of {lenient.gold} gold entities begin with I- instead of B-: a strict "
                f"metric misses them (F1 {strict.f1:.3f} strict, {lenient.f1:.3f} lenient)."
            )
            evidence = [
                Evidence(label="gold entities without B-", value=lost),
                Evidence(label="gold entities", value=lenient.gold),
            ]
            return [self.finding(message, evidence=evidence, fixes=[_convert("IOB1")])]
        # The same noise as of any score: so few entities may begin with I- by chance.
        error = binomial_standard_error(lenient.f1, f1_cases(lenient.gold)) if lenient.gold else 0.0
        if abs(lenient.f1 - strict.f1) <= max(self.misread, error):
            return []
        return [self._two_scores(lenient.f1, strict.f1)]

    def _two_scores(self, lenient: float, strict: float) -> Finding:
        return self.finding(
            f"F1 is {lenient:.3f} when read leniently and {strict:.3f} when read strictly: the "
            "model begins entities with I-, and which score is right depends on the metric.",
            evidence=[
                Evidence(label="lenient F1", value=lenient),
                Evidence(label="strict F1", value=strict),
            ],
            fixes=[_convert("lenient")],
            severity=Severity.INFO,
        )

    def _in_label_list(self, run: RunHistory, names: Sequence[str]) -> list[Finding]:
        inside = [name for name in names if name.startswith("I-")]
        if not inside or any(name.startswith(("B-", "S-", "U-")) for name in names):
            return []
        points = series.scores(run)
        dead = bool(points) and run.monitor == "f1" and points[-1].value < 0.05
        return [
            self.finding(
                f"The {len(inside)} labels {', '.join(inside[:4])} have no B-: neighbouring "
                "entities of one type become one, and a strict metric finds none at all.",
                evidence=[Evidence(label="labels with I- only", value=len(inside))],
                fixes=[_convert("IO")],
                severity=Severity.WARNING if dead else Severity.INFO,
            )
        ]


def _both_scores(run: RunHistory) -> tuple[float, float] | None:
    """Return F1 as monitored and as read strictly at the last evaluation that has both."""
    for point in reversed(run.epochs):
        strict = next(
            (point.metrics[name] for name in _BOTH_READINGS if name in point.metrics), None
        )
        value = series.number(point.metrics.get("f1"))
        if strict is not None and value is not None and series.number(strict) is not None:
            return value, strict
    return None


def _convert(old: str) -> Fix:
    return Fix(
        text='Convert the tags to IOB2 and score with mode="strict", scheme=IOB2.',
        parameter="tag_scheme",
        old=old,
        new="IOB2",
        how="B- on the first word of every entity, I- on the others",
    )
