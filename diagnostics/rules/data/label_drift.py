"""D407: labels are distributed otherwise in dev or test than in train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.measures.label_mixtures import LabelMixtures
from diagnostics.measures.sizes import Sizes, SplitSizes
from diagnostics.rules.data._evidence.divergence import chance_of_divergence, jensen_shannon
from diagnostics.rules.data._evidence.wording import SPLITS, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["LabelDrift"]

_PERSON, _PLACE = "Anna B-PER\nsleeps O\n\n", "Rome B-LOC\nshone O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDrift(DataRule):
    """The labels of dev or test are mixed in other shares than those of train.

    Why it matters: what is chosen on such a development split is best for other texts than those
    trained on, and scores of the splits cannot be compared.

    What to change: divide all sentences anew, in proportion to the labels; or, if the splits stand
    for different sources or times on purpose, report scores per label.

    Source: the Jensen-Shannon divergence of the shares of the labels, tested against redrawing of
    whole sentences from both splits (200 draws). How much is worth a line is judgement.
    """

    id: ClassVar[str] = "D407"
    name: ClassVar[str] = "label-drift"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.STATISTICAL
    doubt: ClassVar[str] = "The splits are of different sources or times on purpose."
    measures: ClassVar = (Sizes, LabelMixtures)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "90 % persons, then 40 %": DataSample(
            train=_PERSON * 90 + _PLACE * 10, dev=_PERSON * 40 + _PLACE * 60
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "the same shares": DataSample(
            train=_PERSON * 90 + _PLACE * 10, dev=_PERSON * 44 + _PLACE * 6
        ),
        "too few to tell": DataSample(train=_PERSON * 90 + _PLACE * 10, dev=_PERSON + _PLACE),
    }

    shift: float = 0.02
    """Divergence in bits above which it is worth a line, if it is no chance."""

    large: float = 0.1
    """Divergence in bits above which a warning is due."""

    chance: float = 0.01
    """Probability of the divergence by chance below which it counts as none."""

    def check(self, subject: Dataset) -> Sequence[Finding] | NotApplicable:
        """Compare the shares of labels of each split with those of train."""
        sizes = Sizes.of(subject)
        if sizes.train is None or len(sizes.splits) < 2:
            return NotApplicable(reason="there is no other split to compare train with")
        mixtures = LabelMixtures.of(subject).splits
        train = {label: size.entities for label, size in sizes.train.labels.items()}
        found = []
        for name, split in sizes.evaluated():
            other = {label: size.entities for label, size in split.labels.items()}
            divergence = jensen_shannon(train, other)
            if not divergence > self.shift:  # NaN where a split has no entity
                continue
            chance = chance_of_divergence(mixtures["train"], mixtures[name], divergence)
            if chance < self.chance:
                found.append(self._finding(name, sizes.train, split, divergence, chance))
        return found

    def _finding(
        self, name: str, train: SplitSizes, split: SplitSizes, divergence: float, chance: float
    ) -> Finding:
        shares = _shares(train, split)
        apart = sorted(shares, key=lambda label: -abs(shares[label][1] - shares[label][0]))[:3]
        changes = [
            f"{label} from {shares[label][0]:.0%} to {shares[label][1]:.0%}" for label in apart
        ]
        return self.finding(
            f"The labels of {SPLITS[name]} are mixed otherwise than in train: {listed(changes)} of "
            f"the entities (Jensen-Shannon divergence {divergence:.3f}, p = {chance:.3f}).",
            evidence=[
                Evidence(label=f"label divergence of {name}", value=divergence, unit="bits"),
                Evidence(label="probability by chance", value=chance),
            ],
            fixes=[
                Fix(
                    text="Put all sentences together and divide them anew, in proportion to the "
                    "labels, if the splits should be alike."
                ),
                Fix(text="If they should not, compare scores per label, not their average."),
            ],
            severity=Severity.WARNING if divergence > self.large else Severity.INFO,
        )


def _shares(train: SplitSizes, split: SplitSizes) -> dict[str, tuple[float, float]]:
    """Return, for each label, its share of the entities of train and of the other split."""
    return {
        label: (
            train.labels[label].entities / train.entities if label in train.labels else 0.0,
            split.labels[label].entities / split.entities if label in split.labels else 0.0,
        )
        for label in {**train.labels, **split.labels}
    }
