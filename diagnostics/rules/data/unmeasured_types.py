"""D210: types of train that dev or test do not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import named, percent, times
from diagnostics.rules.data._evidence.tag_reading import (
    first_places,
    readable,
    slip_types,
    type_places,
    types_of,
)
from diagnostics.rules.data._evidence.wording import counted, listed
from diagnostics.subjects.dataset import Dataset

__all__ = ["UnmeasuredTypes"]

_TRAIN = "Acme B-ORG\nrose O\n\nBell B-PER\nleft O\n\n"
_PLACES = "Paris B-LOC\nis O\nfar O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmeasuredTypes(DataRule):
    """The development or test split lacks entity types of the training split.

    Why it matters: how well such a type is learned cannot be measured, and the choice of the best
    epoch ignores it.

    What to change: move some sentences with the type to that split, or split anew, stratified.

    Source: judgement for single entities. It is a warning when a split drawn by chance from the
    training sentences would lack the type with less than 1 % chance: `(1 - share) ** entities`.
    """

    id: ClassVar[str] = "D210"
    name: ClassVar[str] = "unmeasured-types"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.STATISTICAL
    measures = (TagPairs,)
    needs = (readable,)
    doubt: ClassVar[str] = "A split from another source, in which the type does not occur."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a frequent type": DataSample(train=(_TRAIN + _PLACES) * 10, dev=_TRAIN * 10),
        "a rare type": DataSample(train=_TRAIN * 10 + _PLACES, test=_TRAIN),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "the same types": DataSample(train=_TRAIN + _PLACES, dev=_TRAIN + _PLACES),
        "no other split": DataSample(train=_TRAIN + _PLACES),
    }

    chance: float = 0.01
    """Chance of such a gap in a random split below which it is a warning."""

    fewest_entities: int = 10
    """Entities of a type in train from which its gap can be a warning."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare the types of train with those of each other split."""
        types = types_of(subject)
        slips = slip_types(subject)
        known = [kind for kind in types.get("train", Counter()) if kind not in slips]
        return [
            self._of(subject, split, [kind for kind in known if kind not in found])
            for split, found in types.items()
            if found and any(kind not in found for kind in known)
        ]

    def _of(self, subject: Dataset, split: str, missing: Sequence[str]) -> Finding:
        types = types_of(subject)
        known, size = types["train"], types[split].total()
        total = known.total()
        chances = {kind: (1 - known[kind] / total) ** size for kind in missing}
        least = min(missing, key=lambda kind: chances[kind])
        unlikely = chances[least] < self.chance and known[least] >= self.fewest_entities
        shown = listed([f"{named(kind)} ({times(known[kind])})" for kind in missing])
        says = f"{counted(len(missing), 'type')} of train {'is' if len(missing) == 1 else 'are'} "
        says += f"missing in {split} and cannot be measured there: {shown}."
        if unlikely:
            says += f" Fewer than {percent(self.chance)} of random splits of "
            says += f"{counted(size, 'entity')} would lack {named(least)}."
        return self.finding(
            says,
            evidence=[
                Evidence(label=f"types missing in {split}", value=len(missing)),
                Evidence(label="smallest chance of such a gap", value=chances[least]),
            ],
            fixes=[
                Fix(
                    text=f"Move sentences with {listed([named(kind) for kind in missing], 3)} to "
                    f"{split}, or join the splits and split them anew, stratified by type."
                )
            ],
            severity=Severity.WARNING if unlikely else Severity.INFO,
            tier=Tier.STATISTICAL if unlikely else Tier.HEURISTIC,
            places=first_places(type_places(subject, "train", least)),
        )
