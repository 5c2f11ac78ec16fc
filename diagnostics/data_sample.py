"""A small data set as text: the bad and good examples that rules about data carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["DataSample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSample:
    """A data set that can be shown in a few lines and written to files.

    Attributes:
        train: Content of the training file.
        dev: Content of the development file; empty when there is none.
        test: Content of the test file; empty when there is none.
        format: Name of the data format.
        plan: Planned hyperparameters by their standard names.
        model: Facts about the encoder.
        measured: Class of a measure that is handed in to what it would have measured.
    """

    train: str
    dev: str = ""
    test: str = ""
    format: str = "conll"
    plan: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[type, Any] = field(default_factory=dict)

    @property
    def contents(self) -> dict[str, str]:
        """Split to the content of its file, only those that are there."""
        texts = {"train": self.train, "dev": self.dev, "test": self.test}
        return {split: text for split, text in texts.items() if text}
