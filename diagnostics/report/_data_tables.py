"""A data set in tables and charts: how much there is of what, in which split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from diagnostics.measures.sizes import Sizes, SizesFound, SplitSizes
from diagnostics.report import _chart
from diagnostics.report._table import Table
from diagnostics.subjects.dataset import Dataset, Split

__all__ = ["label_table", "length_rows", "sizes_of", "split_table"]

_LABELS = 12
"""Labels shown; the others are counted."""
_MOST = 0.99
"""Share of the sentences that the histogram spreads out; longer ones stand in its last bar."""


def sizes_of(dataset: Dataset) -> SizesFound | None:
    """Return how much there is of everything; None where it was not measured."""
    found = dataset.measured.get(Sizes.key())
    return found if isinstance(found, SizesFound) else None


def split_table(dataset: Dataset) -> Table:
    """Return a row per split: how large it is, how much of it is entities, and its file."""
    sizes = sizes_of(dataset)
    measured: Mapping[str, SplitSizes] = {} if sizes is None else sizes.splits
    head = ("Split", "Sentences", "Words", "Entities", "In entities", "File")
    rows = tuple(
        (
            name,
            f"{split.sentences:,}",
            f"{split.tokens:,}",
            *_entity_cells(measured.get(name)),
            _file_cell(split),
        )
        for name, split in dataset.splits.items()
    )
    return Table(head=head, rows=rows)


def _entity_cells(sizes: SplitSizes | None) -> tuple[str, str]:
    if sizes is None or not sizes.words:
        return "", ""
    return f"{sizes.entities:,}", f"{sizes.entity_words / sizes.words:.1%}"


def _file_cell(split: Split) -> str:
    if len(split.files) == 1:
        return PurePath(split.files[0]).name or split.files[0]
    return f"{len(split.files)} files"


def label_table(dataset: Dataset) -> Table | None:
    """Return a row per label, the most frequent first, with its bar; None without entities."""
    sizes = sizes_of(dataset)
    totals = Counter[str]()
    for split in () if sizes is None else sizes.splits.values():
        totals.update({label: found.entities for label, found in split.labels.items()})
    if sizes is None or not totals:
        return None
    shown = sorted(totals, key=lambda label: (-totals[label], label))
    names = shown[:_LABELS]
    rest = sum(totals[label] for label in shown[_LABELS:])
    return Table(
        head=("Label", *sizes.splits),
        rows=tuple((label, *_label_cells(sizes, label)) for label in names),
        bars=tuple(totals[label] / totals[names[0]] for label in names),
        rest=f"and {len(shown) - _LABELS} more labels with {rest:,} entities" if rest else "",
    )


def _label_cells(sizes: SizesFound, label: str) -> Iterator[str]:
    for split in sizes.splits.values():
        found = split.labels.get(label)
        yield f"{0 if found is None else found.entities:,}"


def length_rows(dataset: Dataset, *, columns: int, plain: bool = False) -> list[str]:
    """Return a histogram of the words per sentence for each split, all on the same scale."""
    sizes = sizes_of(dataset)
    splits = {} if sizes is None else {n: s for n, s in sizes.splits.items() if s.sentences}
    if not splits:
        return []
    longest = max(2, *(split.length_at(_MOST) for split in splits.values()))
    blocks = _chart.PLAIN_BLOCKS if plain else _chart.BLOCKS
    width = -(-longest // columns)  # whole words, so that every bar covers as many lengths
    rows = [f"Words per sentence, from 1 to {longest} and more"]
    for name, split in splits.items():
        drawn = _chart.sparkline([0.0, *_binned(split.lengths, longest, width)], blocks)[1:]
        rows.append(f"{name:<5}  {drawn}  {_summary(split)}")
    return rows


def _binned(lengths: Mapping[int, int], longest: int, width: int) -> list[float | None]:
    """Return the sentences per bar of so many lengths; None where there are none."""
    counts = [0] * -(-longest // width)
    for length, count in lengths.items():
        counts[(min(max(length, 1), longest) - 1) // width] += count
    return [float(count) if count else None for count in counts]


def _summary(split: SplitSizes) -> str:
    return (
        f"half {split.length_at(0.5)}, 95 % {split.length_at(0.95)}, "
        f"longest {max(split.lengths, default=0):,}"
    )
