"""Rule R304: a high accuracy hides that hardly any entity is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.label_lists import label_names, prefixed
from diagnostics.subjects.run_history import RunHistory

__all__ = ["AccuracyFlatters"]

_TAGS = {0: "O", 1: "B-PER", 2: "I-PER"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyFlatters(Rule[RunHistory]):
    """Accuracy flatters the model: it counts the words outside all entities.

    Why it matters: most words are O, so a model that finds nothing is right about 85 to 98 % of
    them. Two models with the same accuracy can differ by half of the entities.

    What to change: report entity-level F1 with precision and recall (seqeval), and choose the best
    epoch by it.

    Source: test runs that collapsed had the share of O words as their accuracy, to three decimals.
    """

    id: ClassVar = "R304"
    name: ClassVar = "accuracy-flatters"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    doubt: ClassVar = "A task without O, such as part-of-speech tagging, where accuracy is right."
    bad: ClassVar = {
        "accuracy 0.93, F1 0.12": run_example(
            f1=(0.0, 0.05, 0.12),
            precision=(0.0, 0.2, 0.3),
            recall=(0.0, 0.03, 0.08),
            accuracy=(0.91, 0.92, 0.93),
        ),
        "accuracy is all there is, for entity tags": run_example(
            accuracy=(0.95, 0.96, 0.97), id2label=_TAGS
        ),
    }
    good: ClassVar = {
        "both high": run_example(f1=(0.7, 0.8), accuracy=(0.95, 0.97)),
        "part-of-speech tags": run_example(
            accuracy=(0.95, 0.96, 0.97), id2label={0: "NOUN", 1: "VERB", 2: "OTHER"}
        ),
        "a classifier of whole texts": run_example(
            accuracy=(0.95, 0.96), architecture="BertForSequenceClassification"
        ),
        "F1 and accuracy low alike": run_example(f1=(0.1, 0.2), accuracy=(0.3, 0.4)),
    }

    low_f1: float = 0.3
    """F1 below which the model finds too little to be of use, in score."""

    errors_left: float = 0.5
    """Share of the first evaluation's errors from which down accuracy alone is but a remark."""

    high_accuracy: float = 0.8
    """Accuracy that looks good beside it, in score. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a high accuracy beside a low F1, or instead of any F1."""
        labels_words = needs.token_classifier(run)
        if labels_words is False:
            model = run.config["architecture"]
            return NotApplicable(reason=f"the model is a {model}, not a token classifier")
        accuracy = series.scores(run, "accuracy")
        if not accuracy:
            return NotApplicable(reason="the run logged no accuracy")
        if series.scores(run, "f1"):
            return self._beside_f1(run, accuracy)
        return self._instead_of_f1(run, accuracy, token_classifier=labels_words is True)

    def _beside_f1(self, run: RunHistory, accuracy: Sequence[series.Point]) -> list[Finding]:
        f1 = max(series.scores(run, "f1"), key=lambda point: point.value)
        beside = next((point for point in accuracy if point.epoch == f1.epoch), None)
        entity_level = bool(series.scores(run, "precision") and series.scores(run, "recall"))
        share = series.plan_share(run)
        over = len(accuracy) > 1 and (share is None or share >= 0.5)
        if beside is None or not entity_level or not over:
            return []
        if f1.value >= self.low_f1 or not self.high_accuracy <= beside.value <= 1:
            return []
        return [
            self.finding(
                f"The accuracy of {beside.value:.3f} looks good, but the best F1 is "
                f"{f1.value:.3f} (epoch {f1.epoch:g}): nearly all right answers are of the most "
                "frequent label, which is O.",
                evidence=[
                    Evidence(label="accuracy", value=beside.value, epochs=(beside.epoch,)),
                    Evidence(label="best F1", value=f1.value, epochs=(f1.epoch,)),
                ],
                fixes=[_choose_by_f1(run)],
            )
        ]

    def _finds_more(self, accuracy: Sequence[series.Point]) -> bool:
        """Whether the errors became so much fewer that the model must find entities by now.

        A model that finds nothing begins and ends at the share of O words.
        """
        first, best = accuracy[0].value, max(point.value for point in accuracy)
        return first < 1 and 1 - best <= self.errors_left * (1 - first)

    def _instead_of_f1(
        self, run: RunHistory, accuracy: Sequence[series.Point], *, token_classifier: bool
    ) -> list[Finding] | NotApplicable:
        names = label_names(run)
        entity_tags = "O" in names and prefixed(names)
        if not entity_tags and (names or not token_classifier):
            return NotApplicable(reason="nothing tells that the labels are entity tags")
        found = self._finds_more(accuracy)
        certainty = "" if entity_tags else " (unless the task has no O, as part-of-speech tags)"
        return [
            self.finding(
                f"Accuracy ({accuracy[-1].value:.3f}) is the only score: it counts the O words, "
                f"so it says little about the entities{certainty}.",
                evidence=[Evidence(label="accuracy", value=accuracy[-1].value)],
                fixes=[_choose_by_f1(run)],
                severity=Severity.WARNING if entity_tags and not found else Severity.INFO,
                tier=Tier.CONCLUSIVE if entity_tags else Tier.HEURISTIC,
            )
        ]


def _choose_by_f1(run: RunHistory) -> Fix:
    chosen = run.config.get("metric_for_best_model")
    if chosen in ("f1", "eval_f1", "overall_f1", "eval_overall_f1"):
        return Fix(text="Read F1 first; the best epoch is chosen by it already.")
    return Fix(
        text="Compute entity-level F1 (seqeval) and choose the best epoch by it.",
        parameter="metric_for_best_model",
        old=chosen if isinstance(chosen, str) else None,
        new="f1",
        how="F1 counts entities, accuracy counts words",
    )
