"""Keeps what a model said about the development split, for the diagnosis of its run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tuner.training.encode import EncodedSplit, IntArray

__all__ = ["FILE", "write_predictions"]

FILE = "dev_predictions.jsonl"
"""One line per sentence: `{"gold": ["O", "B-PER"], "predicted": ["O", "O"]}`."""

MOST_SENTENCES = 500
"""Enough to tell shifted labels and swapped types from bad luck; some 100 kB per training."""


def write_predictions(
    folder: Path, labels: Sequence[str], split: EncodedSplit, predicted: IntArray
) -> None:
    """Write gold and predicted labels of a split, of evenly spread sentences where it is large.

    Args:
        folder: Folder of the run.
        labels: Names of the label ids.
        split: The split that was predicted.
        predicted: Shape (words,): predicted label ids.

    Raises:
        OSError: The file cannot be written; an older one stays whole.
    """
    starts = np.flatnonzero(np.diff(split.sentence_of, prepend=-1))
    stops = np.append(starts[1:], split.gold.size)
    count = min(starts.size, MOST_SENTENCES)
    chosen = np.linspace(0, max(starts.size - 1, 0), count).round().astype(int)

    def names(ids: IntArray) -> list[str]:
        return [labels[number] for number in ids.tolist()]

    lines = [
        json.dumps({"gold": names(split.gold[words]), "predicted": names(predicted[words])})
        for words in (slice(starts[number], stops[number]) for number in chosen)
    ]
    partial = folder / f".{FILE}.partial"
    partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    partial.replace(folder / FILE)
