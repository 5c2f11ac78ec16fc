"""Surveys data sets given as text, for tests of measures and of rules about data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diagnostics.data_checkup import check
from diagnostics.findings import Finding
from diagnostics.measure import Measure
from diagnostics.split_finder import find_splits
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import survey

__all__ = ["conll", "found", "numbered", "surveyed", "written"]


def conll(*sentences: str) -> str:
    """CoNLL text of sentences such as `Jane/B-PER left`."""
    return "".join(
        "".join(f"{word.partition('/')[0]} {word.partition('/')[2] or 'O'}\n" for word in words)
        + "\n"
        for words in map(str.split, sentences)
    )


def numbered(start: int, end: int) -> list[str]:
    """Sentences of nine words that differ in their numbers."""
    return [f"On day {n} Anna/B-PER saw {n + 1} birds" for n in range(start, end)]


def written(folder: Path, **splits: str) -> Path:
    """A folder with one file per split."""
    for split, text in splits.items():
        (folder / f"{split}.txt").write_text(text, encoding="utf-8")
    return folder


def surveyed(folder: Path, *measures: type[Measure[Any]], **splits: str) -> Dataset:
    """What some measures find in texts."""
    sources = find_splits(written(folder, **splits))
    makers = {measure.key(): measure for measure in measures}
    return survey(sources, makers, source="texts", named=lambda path: path.name)


def found(folder: Path, rule: str, **options: Any) -> tuple[Finding, ...]:
    """What one rule says about the files of a folder."""
    return check(folder, select=[rule], **options).findings
