"""Rule R309: numbers and names of the labels do not belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs, series
from diagnostics.entity_scores import count_entities, parts
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.prediction_gains import relabelling_gain, shift_gain
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.rules.run._evidence.label_lists import (
    data_label_names,
    difference,
    label_names,
    placeholders,
)
from diagnostics.subjects.predictions import Predictions
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["LabelMapMismatch"]

_GOLD = (("B-PER", "I-PER", "O", "B-LOC"), ("O", "B-ORG", "O", "B-LOC")) * 20
_SWAPPED = (("B-LOC", "I-LOC", "O", "B-ORG"), ("O", "B-PER", "O", "B-ORG")) * 20
_ONE_TYPE = (("B-PER", "I-PER", "O", "B-PER"), ("O", "B-PER", "O", "B-PER")) * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMapMismatch(Rule[RunHistory]):
    """The map from numbers to labels is not the one that the data uses.

    Why it matters: the model learns one numbering and is scored, or used, by another. It finds the
    right words and calls them by the wrong names: training looks perfect, F1 is near 0.

    What to change: write one list of labels, give it to the model as `id2label` and `label2id` with
    `num_labels`, and build every split with it.

    Source: in a test run with permuted development labels F1 was 0.04, with the best renaming of
    its predictions 0.71; on 17 other runs renaming gained at most 0.03. The renaming is found on
    one half of the sentences and scored on the other.
    """

    id: ClassVar = "R309"
    name: ClassVar = "label-map-mismatch"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = (
        "R102", "R104", "R201", "R202", "R204", "R205", "R301", "R302", "R303", "R304", "R306",
        "R308",
    )  # fmt: skip
    doubt: ClassVar = "A development split that is annotated by other rules than the training data."
    bad: ClassVar = {
        "renaming the predictions rescues them": run_example(
            f1=(0.0, 0.0), predictions=Predictions(gold=_GOLD, predicted=_SWAPPED)
        ),
        "training F1 1.0, development F1 0.04, as many entities as there are": run_example(
            f1=(0.03, 0.05, 0.04),
            train_f1=(0.8, 0.99, 1.0),
            precision=(0.03, 0.05, 0.04),
            recall=(0.03, 0.05, 0.043),
            train_loss=(0.5, 0.1, 0.02),
        ),
        "an id out of range": run_example(
            f1=(0.1,),
            events=[RunEvent(kind="label-error", message="Assertion t < n_classes failed.")],
        ),
        "the same names in another order": run_example(
            f1=(0.1, 0.1),
            labels=["O", "B-PER", "B-LOC"],
            dataset={"labels": ["O", "B-LOC", "B-PER"]},
        ),
    }
    good: ClassVar = {
        "mistakes that no renaming repairs": run_example(
            f1=(0.3, 0.3), predictions=Predictions(gold=_GOLD, predicted=_GOLD[1:] + _GOLD[:1])
        ),
        "everything called by one name: a collapse": run_example(
            f1=(0.3, 0.3), predictions=Predictions(gold=_GOLD, predicted=_ONE_TYPE)
        ),
        "the same list twice": run_example(
            f1=(0.8,), labels=["O", "B-PER"], dataset={"labels": ["O", "B-PER"]}
        ),
        "a model that generates: its labels are never used": run_example(
            f1=(0.8,), architecture="T5ForConditionalGeneration", labels=["LABEL_0", "LABEL_1"]
        ),
        "hard data: known by heart, F1 0.45 on new names": run_example(
            f1=(0.4, 0.44, 0.45), train_f1=(0.8, 0.99, 1.0), precision=(0.5, 0.5, 0.5),
            recall=(0.33, 0.39, 0.41), train_loss=(0.5, 0.1, 0.02),
        ),
    }  # fmt: skip

    least_gain: float = 0.2
    """F1 that the renaming must gain on held-out sentences; 0.03 is the most seen by chance."""

    fewest_entities: int = 30
    """Gold entities below which the test of the renaming is not run."""

    gap: float = 0.5
    """Training score less development score that memory alone does not explain."""

    known_loss: float = 0.02
    """Training loss per word below which the training labels are known by heart."""

    known_score: float = 0.98
    """Training score that such a loss stands for."""

    low: float = 0.3
    """Development score that such a gap must leave, in score. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look at errors, at the predictions, at both lists of labels, and at the scores."""
        findings = [
            found
            for test in (self._events, self._renaming, self._lists, self._by_scores)
            for found in test(run)
        ]
        if findings:
            return findings[:1]
        names = label_names(run)
        if placeholders(names) and _classifies(run):
            return [self._placeholders(run, len(names))]
        if not names and run.predictions is None and not series.scores(run):
            return NotApplicable(reason="the run kept neither scores, label names nor predictions")
        return []

    def _events(self, run: RunHistory) -> Iterator[Finding]:
        events = [event for event in run.events if event.kind == "label-error"]
        for event in sorted(events, key=failures.is_overcome)[:1]:
            yield self.finding(
                f"The run reported a label that the model does not have: "
                f"{event.message.rstrip('.')}.{failures.which_attempt(event)}",
                evidence=[Evidence(label="label errors", value=len(events))],
                fixes=[_num_labels(run)],
                severity=Severity.INFO if failures.is_overcome(event) else Severity.ERROR,
            )

    def _renaming(self, run: RunHistory) -> Iterator[Finding]:
        if run.predictions is None:
            return
        gold = count_entities(run.predictions.gold, run.predictions.gold).gold
        if gold < self.fewest_entities:
            return
        gain = relabelling_gain(run.predictions)
        # A model that calls everything by one name would gain from the most frequent name, too:
        # only an exchange of several names is a mix-up.
        exchanged = {parts(old)[1] for old in gain.change}
        if gain.after - gain.before <= self.least_gain or len(exchanged) < 2:
            return
        if shift_gain(run.predictions).after >= gain.after:
            return  # a shift looks like a renaming where entities follow a pattern
        pairs = [f"{old} for {new}" for old, new in gain.change.items()]
        yield self.finding(
            f"F1 is {gain.before:.3f} as predicted and {gain.after:.3f} after renaming the "
            f"predictions one to one ({', '.join(pairs[:4])}): the model finds the entities and "
            "calls them by the wrong names.",
            evidence=[
                Evidence(label="F1 as predicted", value=gain.before),
                Evidence(label="F1 after renaming (held out)", value=gain.after),
                Evidence(label="gold entities", value=gold),
            ],
            fixes=[_one_list(f"the predicted names mean: {', '.join(pairs[:20])}")],
        )

    def _lists(self, run: RunHistory) -> Iterator[Finding]:
        model, data = label_names(run), data_label_names(run)
        seen = difference(model, data) if model and data and not placeholders(model) else None
        if seen is not None:
            yield self.finding(
                seen,
                evidence=[
                    Evidence(label="labels of the model", value=len(model)),
                    Evidence(label="labels of the data", value=len(data)),
                ],
                fixes=[_one_list(", ".join(data[:20]))],
                severity=Severity.WARNING,
            )

    def _by_scores(self, run: RunHistory) -> Iterator[Finding]:
        logged, best = series.train_scores(run), series.best_point(run)
        precision, recall = series.scores(run, "precision"), series.scores(run, "recall")
        if best is None or run.monitor != "f1" or not (precision and recall):
            return
        losses = series.train_losses(run)
        implied = self.known_score if losses and 0 <= losses[-1].value < self.known_loss else 0.0
        told = logged[-1].value if logged else implied
        if told - best.value <= self.gap or best.value >= self.low or precision[-1].value <= 0:
            return
        ratio = recall[-1].value / precision[-1].value
        if not 0.67 <= ratio <= 1.5:
            return
        seen = f"F1 is {'' if logged else 'at least '}{told:.2f} on the training sentences"
        yield self.finding(
            f"{seen} and at most {best.value:.2f} on the development split, with {ratio:.2f} "
            "predicted per gold entity: the right number of entities with wrong names or places.",
            evidence=[
                Evidence(label="training F1", value=told),
                Evidence(label="best F1", value=best.value, epochs=(best.epoch,)),
                Evidence(label="predicted per gold entity", value=ratio),
            ],
            fixes=[_one_list("the labels of the training data, in their order")],
            severity=Severity.WARNING if logged else Severity.INFO,
            tier=Tier.STATISTICAL if logged else Tier.HEURISTIC,
        )

    def _placeholders(self, run: RunHistory, count: int) -> Finding:
        best = series.best_point(run)
        works = best is not None and run.monitor != "loss" and best.value >= self.low
        return self.finding(
            f"The model calls its {count} labels LABEL_0, LABEL_1, ...: the names were not given "
            "to it" + (", so its predictions cannot be read later." if works else "."),
            evidence=[Evidence(label="labels without a name", value=count)],
            fixes=[_one_list("the labels of the training data, in their order")],
            severity=Severity.INFO,
        )


def _classifies(run: RunHistory) -> bool:
    """Whether the labels may be used: every configuration has some, whatever its model does."""
    architecture = str(run.config.get("architecture", ""))
    return not architecture or "Classif" in architecture or needs.token_classifier(run) is True


def _one_list(new: str) -> Fix:
    return Fix(
        text="Give model and data one list of labels in one order.",
        parameter="id2label",
        new=new,
        how="the names in the order of the numbers that the data uses",
    )


def _num_labels(run: RunHistory) -> Fix:
    data = data_label_names(run)
    return Fix(
        text="Give the model as many labels as the data has, from one list; one batch on the CPU "
        "names the label at fault.",
        parameter="num_labels",
        old=len(label_names(run)) or None,
        new=len(data) if data else "len(label_list)",
        how="one more than the largest id in the data",
    )
