"""D408: sentences of dev or test are longer or shorter than those of train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.divergence import kolmogorov_smirnov
from diagnostics.rules.data._evidence.wording import SPLITS
from diagnostics.subjects.dataset import Dataset

__all__ = ["LengthDrift"]

_SHORT = "Anna B-PER\nsleeps O\n\n"
_LONG = "Anna B-PER\nsleeps O\nall O\nday O\nlong O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthDrift(DataRule):
    """Sentences of dev or test are much longer or shorter than those of train.

    Why it matters: the texts are of another kind, or one file was cut into sentences in another
    way; an entity that crosses such a cut is lost.

    What to change: look at both files; cut both in the same way.

    Source: the Kolmogorov-Smirnov distance of the lengths. How much is worth a line is judgement.
    """

    id: ClassVar[str] = "D408"
    name: ClassVar[str] = "length-drift"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.STATISTICAL
    doubt: ClassVar[str] = "The splits are of different sources on purpose."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "2 words, then 5": DataSample(train=_SHORT * 50, dev=_LONG * 50),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "the same": DataSample(train=(_SHORT + _LONG) * 50, dev=(_SHORT + _LONG) * 10),
        "too few to tell": DataSample(train=_SHORT * 50, dev=_LONG),
    }

    distance: float = 0.25
    """Distance of the distributions from which it is worth a line, from 0 to 1."""

    ratio: float = 1.5
    """Ratio of the median lengths from which it is worth a line."""

    chance: float = 0.01
    """Probability of the distance by chance below which it counts as none."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Compare the lengths of each split with those of train."""
        sizes = Sizes.of(subject)
        if sizes.train is None or len(sizes.splits) < 2:
            return NotApplicable(reason="there is no other split to compare train with")
        found = []
        for name, split in sizes.evaluated():
            distance, chance = kolmogorov_smirnov(sizes.train.lengths, split.lengths)
            medians = sorted((sizes.train.length_at(0.5), split.length_at(0.5)))
            far = distance >= self.distance and medians[1] >= self.ratio * medians[0]
            if far and chance < self.chance:
                found.append(self._finding(name, sizes.train, split, distance))
        return found

    def _finding(self, name: str, train: SplitSizes, split: SplitSizes, distance: float) -> Finding:
        return self.finding(
            f"Half of the sentences of {SPLITS[name]} have at most {split.length_at(0.5)} words, "
            f"of train at most {train.length_at(0.5)} (distance of the lengths {distance:.2f}).",
            evidence=[
                Evidence(label="median length in train", value=train.length_at(0.5), unit="words"),
                Evidence(
                    label=f"median length in {name}", value=split.length_at(0.5), unit="words"
                ),
                Evidence(label="Kolmogorov-Smirnov distance", value=distance),
            ],
            fixes=[Fix(text=f"Cut the texts of train and {name} into sentences in the same way.")],
        )
