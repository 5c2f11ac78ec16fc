"""Rule D508: the tokenizer tells words by the space before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.subjects.dataset import Dataset

__all__ = ["PrefixSpaceNeeded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixSpaceNeeded(DataRule):
    """The tokenizer tells words by the space before them, which words in a list have lost.

    Why it matters: without `add_prefix_space=True` each word of a list looks like the middle of a
    word to such a model, or the tokenizer refuses the list. (`tuner` sets it by itself.)

    What to change: load the tokenizer with `add_prefix_space=True` in scripts of your own.

    Source: the assertion of `RobertaTokenizerFast` about pretokenized inputs; transformers issue
    9607.
    """

    id: ClassVar[str] = "D508"
    name: ClassVar[str] = "prefix-space-needed"
    severity: ClassVar[Severity] = Severity.INFO
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The training is `tuner`'s own, or sets it already."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "a byte-level tokenizer": DataSample(
            train="Anna B-PER\n", model={"name": "roberta-base", "needs_prefix_space": True}
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "a word-piece tokenizer": DataSample(
            train="Anna B-PER\n", model={"name": "bert-base-cased", "needs_prefix_space": False}
        ),
        "no model was named": DataSample(train="Anna B-PER\n"),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Look at what is known about the tokenizer."""
        if not subject.model.get("needs_prefix_space"):
            return []
        return [
            self.finding(
                "This model's tokenizer needs `add_prefix_space=True` for words in a list; tuner "
                "sets it, other scripts have to.",
                evidence=[Evidence(label="tokenizer", value="byte-level")],
                fixes=[
                    Fix(
                        text="In scripts of your own, load the tokenizer with "
                        "add_prefix_space=True.",
                        parameter="add_prefix_space",
                        old=False,
                        new=True,
                        how="what byte-level tokenizers ask for",
                    )
                ],
            )
        ]
