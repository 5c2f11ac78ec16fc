"""D202: tag numbers that have no name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Place, Severity, Tier
from diagnostics.rules.data._evidence.wording import counted
from diagnostics.subjects.dataset import Dataset, Split

__all__ = ["LabelIdsOutOfRange"]

_KIND = "id-out-of-range"
_NAMES = '{"label_names": ["O", "B-PER"], "data": [{"tokens": ["Al", "left"], "ner_tags": '


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelIdsOutOfRange(DataRule):
    """Tags are numbers, and some of them are outside the list of label names.

    Why it matters: on a GPU such a number ends the training with `device-side assert triggered` or
    `t >= 0 && t < n_classes`, which does not name it. Here the sentences are left out.

    What to change: complete the list of names in the order of the numbers, or correct the tags.
    Words that shall not be scored (-100) are marked after the tokenizer, not in the data.

    Source: the file itself: each number is compared with the length of the list.
    """

    id: ClassVar[str] = "D202"
    name: ClassVar[str] = "label-ids-out-of-range"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "A list of names beside the file that belongs to another file."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "more numbers than names": DataSample(
            train=_NAMES + '[1, 0]}, {"tokens": ["Bo"], "ner_tags": [2]}]}\n', format="json-tokens"
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a name for each number": DataSample(train=_NAMES + "[1, 0]}]}\n", format="json-tokens"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Flag each split in which the reader met such numbers."""
        return [
            self._of(name, split, split.counts[_KIND])
            for name, split in subject.splits.items()
            if split.counts.get(_KIND)
        ]

    def _of(self, name: str, split: Split, count: int) -> Finding:
        return self.finding(
            f"{counted(count, 'tag number')} of {name} {'has' if count == 1 else 'have'} no name "
            "in the list of labels; the sentences were left out.",
            evidence=[Evidence(label=f"tag numbers without a name in {name}", value=count)],
            fixes=[
                Fix(
                    text="Complete the list of names, in the order of the numbers; or correct the "
                    "tags. Leave -100 to the program that makes the sub-tokens."
                )
            ],
            places=[
                Place(file=each.file, line=each.line, text=each.message)
                for each in split.problems.get(_KIND, ())
            ],
        )
