"""Rule D507: batches put together by chance are mostly padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.measures.subwords import Subwords
from diagnostics.rules.data._evidence.padding import padding_of_random_batches
from diagnostics.rules.data._evidence.subword_samples import found_subwords
from diagnostics.subjects.dataset import Dataset

__all__ = ["PaddingWasted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddingWasted(DataRule):
    """Batches put together by chance are mostly padding.

    Why it matters: a batch is as long as its longest sentence, and padding costs as much time and
    memory as words do. (`tuner` batches sentences of like length and loses about a tenth.)

    What to change: batches by length (`group_by_length` of transformers), and padding to the
    longest of each batch rather than to `max_length`.

    Source: the expected length of the longest of a batch, `sum(1 - F(length - 1) ** batch_size)`.
    """

    id: ClassVar[str] = "D507"
    name: ClassVar[str] = "padding-wasted"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.HEURISTIC
    measures: ClassVar = (Subwords,)
    doubt: ClassVar[str] = "The training groups sentences by length already, as `tuner` does."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a few long sentences among short ones": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(lengths={"train": {12: 950, 200: 50}}),
            plan={"batch_size": 32},
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "sentences of one length": DataSample(
            train="Anna B-PER\n", measured=found_subwords(lengths={"train": {20: 500, 24: 500}})
        ),
        "a batch of one": DataSample(
            train="Anna B-PER\n",
            measured=found_subwords(lengths={"train": {12: 950, 200: 50}}),
            plan={"batch_size": 1},
        ),
    }

    most: float = 0.5
    """Share of padding from which on grouping by length more than halves the cost."""

    usual_batch: int = 16
    """Batch size that is supposed when none is planned."""

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compute the padding of random batches from the lengths of the training sentences."""
        lengths = Subwords.of(subject).lengths.get("train", {})
        size = subject.plan.get("batch_size")
        batch = size if isinstance(size, int) and size > 0 else self.usual_batch
        share = padding_of_random_batches(lengths, batch) if lengths else 0.0
        if share <= self.most:
            return []
        return [
            self.finding(
                f"In batches of {batch} put together by chance, {share:.0%} of the sub-tokens are "
                "padding.",
                evidence=[Evidence(label="padding of random batches", value=round(share, 3))],
                fixes=[
                    Fix(
                        text="Group sentences by length and pad to the longest of a batch.",
                        parameter="group_by_length",
                        old=False,
                        new=True,
                        how=f"{share:.0%} of each epoch is spent on padding otherwise",
                    )
                ],
            )
        ]
