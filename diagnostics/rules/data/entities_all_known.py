"""D406: nearly all entities of dev or test are known from train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.entity_overlap import EntityOverlap, SplitOverlap
from diagnostics.rules.data._evidence.wording import SPLITS, counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["EntitiesAllKnown"]

_ANNA, _OMAR = "Anna B-PER\nsleeps O\n\n", "Omar B-PER\nwakes O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesAllKnown(DataRule):
    """Nearly all entities of dev or test occur in train, with the same label.

    Why it matters: a list of the training entities would score as well, so the score does not say
    what happens to new names.

    What to change: score known and new entities apart; or divide so that names differ.

    Source: generalisation to unseen entities is where taggers differ (Augenstein et al. 2017). In
    usual corpora a third to three quarters of the entities are known.
    """

    id: ClassVar[str] = "D406"
    name: ClassVar[str] = "entities-all-known"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    doubt: ClassVar[str] = "The labels are closed lists, such as countries or currencies."
    measures: ClassVar = (EntityOverlap,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one name everywhere": DataSample(train=_ANNA * 20, dev=_ANNA * 30),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "one in three is new": DataSample(train=_ANNA * 20, dev=_ANNA * 20 + _OMAR * 10),
        "too few to say": DataSample(train=_ANNA * 20, dev=_ANNA * 5),
    }

    known: float = 0.9
    """Share of known entities above which it is worth a line."""

    fewest: int = 20
    """Entities of the split below which nothing is said."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the share of known entities of each split."""
        found = EntityOverlap.of(subject)
        return [
            self._finding(name, overlap, found.sampled)
            for name, overlap in found.splits.items()
            if overlap.share > self.known and sum(overlap.looked_up.values()) >= self.fewest
        ]

    def _finding(self, name: str, overlap: SplitOverlap, sampled: int) -> Finding:
        total, known = sum(overlap.looked_up.values()), sum(overlap.known.values())
        where = f", in a sample of one in {sampled}" if sampled > 1 else ""
        new = total - known
        apart = (
            f"Look at the recall of the {counted(new, 'new entity')} by itself."
            if new
            else f"Add sentences with new names to {name}: there is none."
        )
        return self.finding(
            f"{known:,} of {counted(total, 'entity')} of {SPLITS[name]} ({overlap.share:.0%}"
            f"{where}) stand in train with the same label: the score says little about new names.",
            evidence=[
                Evidence(label=f"entities of {name} known from train", value=overlap.share),
                Evidence(label=f"new entities in {name}", value=new),
            ],
            fixes=[
                Fix(text=apart),
                Fix(text="Or divide by documents or by names, so that other names are scored."),
            ],
            places=overlap.unknown_places,
        )
