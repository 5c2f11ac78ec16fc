"""D216: entities that are too long for a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.entity_shapes import EntityShapes
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.rules.data._evidence.label_wording import percent
from diagnostics.rules.data._evidence.tag_reading import readable
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["OverlongEntities"]

_FEW = 2
"""Long entities that do not make a data set one of phrases, however small it is."""

_GOOD = "the O\nUniversity B-ORG\nof I-ORG\nYork I-ORG\nsaid O\n\n" * 5
_LONG = "Acme B-ORG\n" + "said I-ORG\n" * 19 + ". O\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlongEntities(DataRule):
    """Entities have more words than names have.

    Why it matters: as a rule an end was lost and the entity runs on to the end of the sentence. A
    model rarely finds both ends of such an entity.

    What to change: look at the lines; close the entity where the name ends.

    Source: judgement. In WNUT 2017 one of 3,890 entities has more than 15 words, in the SEC filings
    of Salinas Alvarado et al. none. A data set in which more than 1 in 20 has is about phrases, not
    names; there, three times the 95th percentile counts.
    """

    id: ClassVar[str] = "D216"
    name: ClassVar[str] = "overlong-entities"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures = (TagPairs, EntityShapes)
    needs = (readable,)
    doubt: ClassVar[str] = "Titles of works, addresses, and tasks about phrases or arguments."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one runs on": DataSample(train=_GOOD * 5 + _LONG),
        "longer than the rest by far": DataSample(
            train=_LONG * 40 + _LONG.replace(". O", "said I-ORG\n" * 60)
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "names": DataSample(train=_GOOD),
        "a data set of phrases": DataSample(train=_LONG * 40),
    }

    most_words: int = 15
    """Words that a name may have."""

    phrases: float = 0.05
    """Share of longer entities from which the data set is about phrases."""

    factor: float = 3.0
    """How many times the 95th percentile an entity of a data set of phrases may have."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at the lengths."""
        shapes = EntityShapes.of(subject)
        total = sum(shapes.lengths.values())
        limit: float = self.most_words
        longer = sum(count for length, count in shapes.lengths.items() if length > limit)
        if longer > max(_FEW, self.phrases * total):
            limit = max(limit, self.factor * _percentile(shapes.lengths, 0.95))
            longer = sum(count for length, count in shapes.lengths.items() if length > limit)
        if not longer:
            return []
        longest = max(shapes.lengths)
        one = longer == 1
        return [
            self.finding(
                f"{longer:,} of {counted(total, 'entity')} ({percent(longer / total)}) "
                f"{'has' if one else 'have'} more than {limit:.0f} words"
                f"{f': {longest:,}' if one else f', up to {longest:,}'}.",
                evidence=[
                    Evidence(label=f"entities of more than {limit:.0f} words", value=longer),
                    Evidence(label="words of the longest entity", value=longest),
                ],
                fixes=[Fix(text="Look whether an end is missing, and close the entity there.")],
                places=[place for length, place in shapes.longest if length > limit],
            )
        ]


def _percentile(lengths: Mapping[int, int], share: float) -> int:
    """Return the length that a share of the entities does not exceed."""
    reached, wanted = 0, share * sum(lengths.values())
    for length, count in sorted(lengths.items()):
        reached += count
        if reached >= wanted:
            return length
    return 0
