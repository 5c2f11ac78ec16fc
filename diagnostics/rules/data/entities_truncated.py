"""Rule D501: entities lie beyond the length at which inputs are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.subwords import Subwords, SubwordsFound
from diagnostics.rules.data._evidence.padding import cost_of_length, sufficient_length
from diagnostics.rules.data._evidence.subword_samples import found_subwords
from diagnostics.subjects.dataset import Dataset

__all__ = ["EntitiesTruncated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesTruncated(DataRule):
    """Entities lie beyond the length at which inputs are cut.

    Why it matters: most training scripts cut a long sentence at `max_length` sub-tokens. What lies
    behind is neither learned nor scored: the score is measured on the rest and looks better than
    the model is. (`tuner` itself trains on overlapping windows and loses nothing, but a word near
    the edge of a window has less context.)

    What to change: a larger `max_length`, shorter sentences, or overlapping windows (`stride`).

    Source: SpanMarker prints the same share before a training; run_ner.py of transformers cuts
    without a word (transformers issues 11036 and 18050).
    """

    id: ClassVar[str] = "D501"
    name: ClassVar[str] = "entities-truncated"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    measures: ClassVar = (Subwords,)
    doubt: ClassVar[str] = "The training uses overlapping windows, as `tuner train` does."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one entity in ten is cut off": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(max_length=64, entity_ends={"PER": {10: 90, 90: 10}}),
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "all within the length": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(max_length=128, entity_ends={"PER": {10: 90, 90: 10}}),
        ),
        "one in a thousand": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(max_length=64, entity_ends={"PER": {10: 999, 90: 1}}),
        ),
    }

    largest_loss: float = 0.005
    """Share of all entities that may be lost; SpanMarker warns about any, spaCy about none."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Count the entities that begin to end beyond the planned length."""
        found = Subwords.of(subject)
        lost = found.lost_entities(found.max_length)
        total = sum(sum(ends.values()) for ends in found.entity_ends.values())
        count = sum(lost.values())
        if not total or count <= self.largest_loss * total:
            return []
        worst = ", ".join(
            f"{kind} {number} of {sum(found.entity_ends[kind].values())}"
            for kind, number in sorted(lost.items(), key=lambda item: -item[1])[:3]
            if number
        )
        return [
            self.finding(
                f"{count} of {total} entities ({count / total:.1%}) lie beyond {found.max_length} "
                f"sub-tokens and are lost where inputs are cut there: {worst}.",
                evidence=[
                    Evidence(label="entities beyond the length", value=count),
                    Evidence(label="maximum length", value=found.max_length, unit="sub-tokens"),
                    Evidence(label="words beyond it", value=sum(found.words_beyond.values())),
                ],
                fixes=[self._fix(found)],
                places=found.entity_places,
            )
        ]

    def _fix(self, found: SubwordsFound) -> Fix:
        new = sufficient_length(found, largest_loss=self.largest_loss)
        left = sum(found.lost_entities(new).values())
        if new <= found.max_length:
            return Fix(
                text="Split sentences at their ends, or train on overlapping windows (`stride`): "
                "no length that is allowed holds them."
            )
        cost = cost_of_length(found, found.max_length, new)
        return Fix(
            text=f"Set max_length to {new}: {left} entities are lost then, for {cost:.2g} times "
            "the tokens of an epoch.",
            parameter="max_length",
            old=found.max_length,
            new=new,
            how=f"smallest multiple of 32 that loses at most {self.largest_loss:.1%}",
        )
