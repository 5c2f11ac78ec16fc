"""D306: the development split is too small to tell settings apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.measures.sizes import Sizes
from diagnostics.rules.data._evidence.resolution import ASSUMED_F1, Resolution, resolution
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["DevSplitCannotRank"]

_ANNA = "Anna B-PER\nsleeps O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class DevSplitCannotRank(DataRule):
    """The development split holds too few entities to tell good settings from better ones.

    Why it matters: the best epoch and the best setting are chosen by the score on this split. Where
    the score is uncertain by several points, that choice is luck, and the best of twenty scores is
    too good by luck alone.

    What to change: more labelled sentences in dev (they can come out of train), 5-fold
    cross-validation, or the mean over several seeds.

    Source: the standard error of F1 on N entities is 0.78 sqrt(F1 (1 - F1) / N) by simulation,
    times the root of a design effect, since entities of a sentence are right or wrong together.
    """

    id: ClassVar[str] = "D306"
    name: ClassVar[str] = "dev-split-cannot-rank"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.STATISTICAL
    doubt: ClassVar[str] = "The settings in question differ by far more than that."
    measures: ClassVar = (Sizes,)
    bad: ClassVar[Mapping[str, DataSample]] = {
        "40 entities": DataSample(train=_ANNA * 400, dev=_ANNA * 40),
        "150 entities, a remark": DataSample(train=_ANNA * 400, dev=_ANNA * 150),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "1,000 entities": DataSample(train=_ANNA, dev=_ANNA * 1000),
        "no development split": DataSample(train=_ANNA * 400),
    }

    rough: float = 0.1
    """Smallest resolved difference of F1 above which a warning is due. Judgement."""

    coarse: float = 0.05
    """Smallest resolved difference of F1 above which it is worth a line. Judgement."""

    wanted: float = 0.02
    """Difference of F1 that the fix aims at: what settings usually differ by."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare what the development split resolves with what telling settings apart needs."""
        sizes = Sizes.of(subject).splits.get("dev")
        if sizes is None or not sizes.entities:
            return []
        found = resolution(sizes)
        if found.half_width <= self.coarse:
            return []
        many = "The only entity" if found.entities == 1 else f"The {found.entities:,} entities"
        return [
            self.finding(
                f"{many} of the development split ({counted(sizes.sentences, 'sentence')}) "
                f"{'resolves' if found.entities == 1 else 'resolve'} differences of F1 from about "
                f"{found.half_width:.2f} on (95 %, at F1 {ASSUMED_F1}): settings that lie closer "
                "cannot be ranked.",
                evidence=found.evidence("dev"),
                fixes=self._fixes(found),
                severity=Severity.WARNING if found.half_width > self.rough else Severity.INFO,
            )
        ]

    def _fixes(self, found: Resolution) -> list[Fix]:
        seeds = min(10, max(3, round((found.half_width / self.coarse) ** 2)))
        half_way = ""
        if found.half_width > self.rough:
            half_way = f", about {found.entities_for(self.coarse):,} resolve {self.coarse:g}"
        return [
            Fix(
                text="Score settings by 5-fold cross-validation over train and dev, or at least by "
                f"the mean of {seeds} seeds, before you call one better."
            ),
            Fix(
                text=f"Label more for dev: about {found.entities_for(self.wanted):,} entities "
                f"resolve {self.wanted:g}{half_way}."
            ),
        ]
