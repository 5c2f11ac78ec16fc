"""Sentences as token ids and label ids, well aligned or with the planted slip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from benchmarks.faults.setup import Setup
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["IGNORED", "Collator", "encoded"]

IGNORED = -100
Row = dict[str, list[int]]


def encoded(
    sentences: Sequence[Sentence],
    labels: Sequence[str],
    tokenizer: PreTrainedTokenizerBase,
    setup: Setup,
) -> list[Row]:
    """Return the rows of some sentences; the setup says how long, and which pieces are labelled."""
    number = {label: place for place, label in enumerate(labels)}
    rows = []
    for sentence in sentences:
        found = tokenizer(
            list(sentence.tokens),
            is_split_into_words=True,
            truncation=True,
            max_length=setup.max_length,
        )
        words = found.word_ids()
        rows.append(
            {
                "input_ids": list(found["input_ids"]),
                "attention_mask": list(found["attention_mask"]),
                "labels": _labels(words, [number[tag] for tag in sentence.tags], setup.all_pieces),
            }
        )
    return rows


def _labels(words: Sequence[int | None], tags: Sequence[int], all_pieces: bool) -> list[int]:
    """Label the first sub-token of each word, or all of them; special tokens are ignored."""
    before: int | None = None
    labels = []
    for word in words:
        labelled = word is not None and (all_pieces or word != before)
        labels.append(tags[word] if word is not None and labelled else IGNORED)
        before = word
    return labels


class Collator:
    """Pads rows to the longest of them."""

    def __init__(self, padding: int, pad_label: int) -> None:
        self.padding = padding
        self.pad_label = pad_label

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the tensors of a batch."""
        longest = max(len(row["input_ids"]) for row in rows)
        fillings = {"input_ids": self.padding, "attention_mask": 0, "labels": self.pad_label}
        return {
            name: torch.tensor(
                [[*row[name], *[filling] * (longest - len(row[name]))] for row in rows]
            )
            for name, filling in fillings.items()
        }
