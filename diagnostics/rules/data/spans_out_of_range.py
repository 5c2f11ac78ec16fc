"""D115: spans that do not lie in their text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["SpansOutOfRange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpansOutOfRange(DataRule):
    """Labelled spans do not lie in their text, or lack a start, an end or a label.

    Why it matters: what they meant is lost, so its words count as no entity; the model learns to
    leave such words alone.

    What to change: export again with the offsets of these very texts. Offsets that grow wrong
    along a text were counted in bytes, or with other line ends.

    Source: the format itself.
    """

    id: ClassVar[str] = "D115"
    name: ClassVar[str] = "spans-out-of-range"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = (
        "The texts were cut on purpose, and the spans behind the cut are not wanted."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "an end behind the text": DataSample(
            train='{"text": "Bell left", "label": [[0, 40, "PER"]]}\n', format="json-spans"
        ),
        "no label": DataSample(
            train='{"text": "Bell left", "label": [[0, 4]]}\n', format="json-spans"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a span to the end": DataSample(
            train='{"text": "Bell left", "label": [[0, 9, "X"]]}\n', format="json-spans"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such spans."""
        return [
            self.finding(
                f"{found.number('span')} of {found.split} {found.verb('does', 'do')} not lie in "
                f"{found.verb('its text', 'their texts')}, or "
                f"{found.verb('is', 'are')} incomplete, and {found.verb('was', 'were')} left out.",
                evidence=found.evidence("spans out of range"),
                fixes=[
                    Fix(
                        text="Export the spans again with offsets in characters of these texts, "
                        "from 0, the end behind the last."
                    )
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "span-out-of-range", "broken-span")
        ]
