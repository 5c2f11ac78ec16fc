"""D126: numbered tags whose names are not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rules.data._evidence.reading_problems import either, reading_problems
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset

__all__ = ["NumbersWithoutNames"]

HINT = (
    "Put a file `label_names.json` beside it with the names in the order of the numbers, such as "
    '["O", "B-PER", "I-PER"].'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersWithoutNames(DataRule):
    """Tags are numbers without a name.

    Why it matters: without names nobody can tell where an entity starts, so no entity can be
    scored; a number beyond the list ends a training on a GPU with an assertion that names no line.

    What to change: a list `label_names.json` beside the file, in the order of the numbers.

    Source: the loss function: a label must lie between 0 and the number of labels.
    """

    id: ClassVar[str] = "D126"
    name: ClassVar[str] = "numbers-without-names"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    explains: ClassVar[tuple[str, ...]] = ("D201", "D204", "D208", "D212", "D213", "D215", "D216")
    doubt: ClassVar[str] = (
        "The data is for another task than entities, in which classes have no names."
    )
    bad: ClassVar[Mapping[str, DataSample]] = {
        "no names": DataSample(
            train='{"tokens": ["Bell", "left"], "ner_tags": [1, 0]}\n', format="json-tokens"
        ),
        "too few names": DataSample(
            train='{"label_names": ["O", "B-PER"], "data": [{"tokens": ["a"], "ner_tags": [0]}, '
            '{"tokens": ["Bell", "b"], "ner_tags": [1, 7]}]}\n',
            format="json-tokens",
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "names in the file": DataSample(
            train='{"names": ["O", "B-PER"], "data": [{"tokens": ["Bell"], "ner_tags": [1]}]}\n',
            format="json-tokens",
        ),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split with numbers that mean nothing."""
        findings = []
        for found in reading_problems(subject, "ids-without-names", "id-out-of-range"):
            beyond = subject.splits[found.name].counts.get("id-out-of-range", 0)
            findings.append(
                self.finding(
                    f"In {found.split}, {counted(beyond, 'tag')} "
                    f"{either(beyond, 'is a number', 'are numbers')} without a name; the sentences "
                    "were left out."
                    if beyond
                    else f"The tags of {found.split} are numbers, and nothing says what they mean.",
                    evidence=[
                        Evidence(label=f"numbers beyond the names in {found.name}", value=beyond)
                    ],
                    fixes=[Fix(text=HINT)],
                    places=found.places,
                )
            )
        return findings
