"""D116: spans that lie inside longer ones or cross them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import either, reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["OverlappingSpans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlappingSpans(DataRule):
    """Labelled spans lie inside longer ones, or cross them.

    Why it matters: a word has one tag, so the longer span stayed and the shorter entities are
    missing from what is learned and measured. Importers such as doccano's drop them without a
    word.

    What to change: decide which of two spans counts; for entities inside entities take a span
    model.

    Source: token classification itself.
    """

    id: ClassVar[str] = "D116"
    name: ClassVar[str] = "overlapping-spans"
    severity: ClassVar[Severity] = Severity.WARNING
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The outer entities are what is wanted."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "one inside another": DataSample(
            train='{"text": "Bell of Oslo", "label": [[0, 12, "ORG"], [8, 12, "LOC"]]}\n',
            format="json-spans",
        ),
        "two that cross": DataSample(
            train='{"text": "Bell of Oslo", "label": [[0, 7, "ORG"], [5, 12, "LOC"]]}\n',
            format="json-spans",
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "side by side": DataSample(
            train='{"text": "Bell of Oslo", "label": [[0, 4, "ORG"], [5, 12, "LOC"]]}\n',
            format="json-spans",
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such spans, those that cross counted by themselves."""
        findings = []
        for found in reading_problems(subject, "overlapping-spans", "crossing-spans"):
            crossing = subject.splits[found.name].counts.get("crossing-spans", 0)
            crossed = (
                f" ({crossing:,} of them {either(crossing, 'crosses', 'cross')} it)"
                if crossing
                else ""
            )
            findings.append(
                self.finding(
                    f"{found.number('span')} of {found.split} {found.verb('overlaps', 'overlap')} "
                    f"a longer one{crossed} and {found.verb('was', 'were')} left out.",
                    evidence=[
                        *found.evidence("overlapping spans"),
                        Evidence(label=f"crossing spans in {found.name}", value=crossing),
                    ],
                    fixes=[
                        Fix(
                            text="Remove the span of each pair that is not wanted; the longer one "
                            "was kept."
                        ),
                        Fix(
                            text="For entities inside entities, take a model that classifies spans."
                        ),
                    ],
                    places=found.places,
                )
            )
        return findings
