"""D101: lines with another number of columns than the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.subjects.dataset import Dataset

__all__ = ["RaggedLines"]

_LINE_WITHOUT_TAG = "Acme B-ORG\nrose\n. O\n\nBell B-PER\nleft O\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaggedLines(DataRule):
    """Lines have another number of columns than the rest, and no word can be read from them.

    Why it matters: the reader has to leave such a line out or to guess. A line left out tears an
    entity apart, or joins two sentences whose separator was damaged.

    What to change: mend the lines; `tuner check DATA --fix OUT` writes a copy without them.

    Source: the format itself. spaCy's converter stops at the first such line without its number.
    """

    id: ClassVar[str] = "D101"
    name: ClassVar[str] = "ragged-lines"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Comments that do not start with `#` look like this; remove them."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a line without a tag": DataSample(train=_LINE_WITHOUT_TAG),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "comments and document starts": DataSample(
            train="-DOCSTART- O\n\n# id = 1\nAcme B-ORG\nrose O\n\nBell B-PER\nleft O\n"
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines."""
        return [
            self.finding(
                f"{split.counts['ragged-line']} lines of {name} have another number of columns "
                "than the others and were left out.",
                evidence=[Evidence(label="ragged lines", value=split.counts["ragged-line"])],
                fixes=[
                    Fix(text="Mend these lines, or write a copy without them with `--fix OUT`.")
                ],
                places=[
                    Place(file=each.file, line=each.line, text=each.message)
                    for each in split.problems["ragged-line"]
                ],
            )
            for name, split in subject.splits.items()
            if "ragged-line" in split.counts
        ]
