"""D125: tags with white space at their edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["WhiteSpaceInTags"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhiteSpaceInTags(DataRule):
    """Tags have white space at an edge, such as `B-PER ` for `B-PER`.

    Why it matters: it was cut off here, but for most programs they are two labels, and the rarer
    one is hardly learned.

    What to change: remove the white space; `--fix OUT` does.

    Source: the format itself: tags are compared letter by letter.
    """

    id: ClassVar[str] = "D125"
    name: ClassVar[str] = "white-space-in-tags"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "All programs that read the data cut white space off."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a blank behind a tag": DataSample(train="Bell\tB-PER \nleft\tO\n"),
        "in JSON": DataSample(
            train='{"tokens": ["Bell", "left"], "tags": ["B-PER ", "O"]}\n', format="json-tokens"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "blanks between columns": DataSample(train="Bell   B-PER\nleft   O\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such tags."""
        return [
            self.finding(
                f"{found.number('tag')} of {found.split} {found.verb('has', 'have')} white space "
                "at an edge, which was cut off.",
                evidence=found.evidence("tags with white space"),
                fixes=[Fix(text="Remove the white space; `--fix OUT` writes a copy without it.")],
                places=found.places,
            )
            for found in reading_problems(subject, "white-space-in-tag")
        ]
