"""D101: lines with another number of columns than the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import reading_problems
from diagnostics.subjects.dataset import Dataset

__all__ = ["RaggedLines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaggedLines(DataRule):
    """Lines have another number of columns than the rest, and no word can be read from them.

    Why it matters: the reader has to leave such a line out or to guess. A line left out tears an
    entity apart, or joins two sentences whose separator was damaged. A training stops there.

    What to change: mend the lines; `tuner check DATA --fix OUT` writes a copy without them.

    Source: the format itself. spaCy's converter stops at the first such line without its number.
    """

    id: ClassVar[str] = "D101"
    name: ClassVar[str] = "ragged-lines"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "Comments that do not start with `#` look like this; remove them."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a line without a tag": DataSample(train="Acme B-ORG\nrose\n. O\n\nBell B-PER\nleft O\n"),
        "a comma without quotes": DataSample(
            train="Sentence #,Word,POS,Tag\n1,Acme,NNP,B-ORG\n,1,000,CD,O\n", format="kaggle-csv"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "comments and document starts": DataSample(
            train="-DOCSTART- O\n\n# id = 1\nAcme B-ORG\nrose O\n\nBell B-PER\nleft O\n"
        ),
        "separators at the end of a line": DataSample(train="Acme\tB-ORG\t\nrose\tO\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with such lines."""
        return [
            self.finding(
                f"{found.number('line')} of {found.split} {found.verb('has', 'have')} another "
                f"number of columns than the others, and {found.verb('was', 'were')} left out.",
                evidence=found.evidence("ragged lines"),
                fixes=[
                    Fix(text="Mend these lines, or write a copy without them with `--fix OUT`."),
                    Fix(
                        text="Were the columns taken wrongly, name them: `--columns "
                        "token=0,tag=-1,separator=tab`."
                    ),
                ],
                places=found.places,
            )
            for found in reading_problems(subject, "ragged-line")
        ]
