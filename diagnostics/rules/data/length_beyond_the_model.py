"""Rule D601: the planned maximum length is more than the model can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.data_rule import DataRule
from diagnostics.data_sample import DataSample
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.subjects.dataset import Dataset

__all__ = ["LengthBeyondTheModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthBeyondTheModel(DataRule):
    """The planned maximum length is more than the model can read at once.

    Why it matters: the model has no position beyond its last one. Training ends with an index
    error, on a GPU as a device-side assert that names neither the length nor the line.

    What to change: the model's own limit, or a model for longer inputs.

    Source: `max_position_embeddings` of the model's configuration.
    """

    id: ClassVar[str] = "D601"
    name: ClassVar[str] = "length-beyond-the-model"
    severity: ClassVar[Severity] = Severity.ERROR
    tier: ClassVar[Tier] = Tier.CONCLUSIVE
    doubt: ClassVar[str] = "The model has relative positions and no limit."
    bad: ClassVar[Mapping[str, DataSample]] = {
        "1,024 in a model that reads 512": DataSample(
            train="Anna B-PER\n", model={"max_positions": 512}, plan={"max_length": 1024}
        ),
    }
    good: ClassVar[Mapping[str, DataSample]] = {
        "just the limit": DataSample(
            train="Anna B-PER\n", model={"max_positions": 512}, plan={"max_length": 512}
        ),
        "no limit is known": DataSample(train="Anna B-PER\n", plan={"max_length": 4096}),
    }

    def check(self, subject: Dataset) -> Sequence[Finding]:
        """Compare plan and model."""
        planned, limit = subject.plan.get("max_length"), subject.model.get("max_positions")
        if not isinstance(planned, int) or not isinstance(limit, int) or planned <= limit:
            return []
        return [
            self.finding(
                f"max_length is {planned}, but this model reads {limit} sub-tokens at most.",
                evidence=[Evidence(label="limit of the model", value=limit, unit="sub-tokens")],
                fixes=[
                    Fix(
                        text=f"Set max_length to {limit} or less.",
                        parameter="max_length",
                        old=planned,
                        new=limit,
                        how="the limit of the model",
                    )
                ],
            )
        ]
