"""D310: the learning curve still rises at the end of the training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.learning_curve import (
    CurvePoint,
    LearningCurve,
    LearningCurveFound,
    Outlook,
    PowerLaw,
)
from diagnostics.rules.data._evidence.whole_split import every_training_sentence
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["MoreDataWouldHelp"]


def _curve(*scores: float, gain: float, low: float, high: float) -> LearningCurveFound:
    """Return a curve for an example: scores with 250, 500, 750, ... sentences."""
    law = PowerLaw(ceiling=scores[-1] + 2 * gain, distance=10.0, rate=0.5)
    return LearningCurveFound(
        points=tuple(
            CurvePoint(sentences=250 * number, f1=score, lowest=score, highest=score)
            for number, score in enumerate(scores, start=1)
        ),
        train_sentences=250 * len(scores),
        outlook=Outlook(law=law, gain=gain, low=low, high=high),
    )


_RISING = _curve(0.4, 0.5, 0.56, 0.6, gain=0.08, low=0.04, high=0.11)
_FLAT = _curve(0.7, 0.75, 0.757, 0.758, gain=0.001, low=0.0, high=0.01)
_POOR = _curve(0.02, 0.04, 0.05, 0.06, gain=0.03, low=0.01, high=0.04)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreDataWouldHelp(DataRule):
    """More training sentences would help: the score still rises with their number.

    Why it matters: where the curve still rises, labelling brings more than any setting; where it is
    flat, labelling more of the same is lost work.

    What to change: label more sentences, those first of which the model is least sure.

    Source: F1 of a light tagger (a linear model without an encoder) that is trained on 25, 50, 75
    and 100 % of train. A power law a - b n^-c and a straight line over log n go on from there, and
    their mean is what is told. On 42 draws from public data sets (200 to 800 sentences) it missed
    the real gain by 0.014 on average, with fewer sentences by far more. The mean of the two was
    chosen on the same draws, so new data will do worse.
    **A stand-in**: an encoder starts higher and needs fewer sentences, so it gains less as a rule.
    """

    id: ClassVar[str] = "D310"
    name: ClassVar[str] = "more-data-would-help"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "A fine-tuned encoder scores the same on half of the sentences."
    measures: ClassVar = (LearningCurve,)
    needs: ClassVar = (every_training_sentence,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "0.08 more with twice as many": DataSample(
            train="Anna B-PER\nsleeps O\n\n", measured={LearningCurve: _RISING}
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a flat curve": DataSample(
            train="Anna B-PER\nsleeps O\n\n", measured={LearningCurve: _FLAT}
        ),
        "a task that the light tagger cannot do": DataSample(
            train="Anna B-PER\nsleeps O\n\n", measured={LearningCurve: _POOR}
        ),
    }

    worth: float = 0.01
    """Gain of F1 by twice as many sentences from which it is worth a line."""

    learned: float = 0.1
    """F1 of the light tagger below which its curve says nothing about an encoder."""

    thinnest: int = 4
    """One in so many training sentences must have been used, at least."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Look at where the curve leads."""
        found = LearningCurve.of(subject)
        if not found.points or found.outlook is None:
            return NotApplicable(reason="there are too few sentences with entities to divide")
        if found.points[-1].f1 < self.learned:
            return NotApplicable(
                reason=f"the light tagger scores only F1 {found.points[-1].f1:.2f}, so its curve "
                "says nothing about an encoder"
            )
        if found.sampled > self.thinnest:
            return NotApplicable(
                reason=f"the light tagger was trained on one sentence in {found.sampled}, too few "
                "to tell what more than all would add"
            )
        outlook = found.outlook
        if outlook.gain < self.worth:
            return []
        return [self._finding(found, outlook)]

    def _finding(self, found: LearningCurveFound, outlook: Outlook) -> Finding:
        scores = listed([f"{point.f1:.2f}" for point in found.points])
        sizes = listed([f"{point.sentences:,}" for point in found.points])
        more = counted(found.train_sentences, "sentence")
        return self.finding(
            f"A light tagger (a stand-in, no encoder) scores F1 {scores} with {sizes} training "
            f"sentences; twice as many as there are would add about {outlook.gain:.2f} "
            f"({outlook.low:+.2f} to {outlook.high:+.2f}, 95 %).",
            evidence=[
                Evidence(label="gain of F1 by doubling train (light tagger)", value=outlook.gain),
                Evidence(label="lower end of the gain", value=outlook.low),
                Evidence(label="upper end of the gain", value=outlook.high),
            ],
            fixes=[
                Fix(
                    text=f"Label more: another {more} would add about {outlook.gain:.2f} to the "
                    "light tagger, less to an encoder."
                ),
                Fix(
                    text="Make sure first: train on half of train (`--sample "
                    f"{max(1, found.train_sentences // 2)}`), and compare."
                ),
            ],
        )
