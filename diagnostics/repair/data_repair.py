"""Writes a repaired copy of a data set, or the same data in another format.

The original is never touched. A copy is written into a temporary folder beside its target and
renamed at the end, so that nothing half-written is ever taken for a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.data_format import Columns, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError, DiagnosticsError
from diagnostics.findings import Place
from diagnostics.label_names import MISSING_NAMES_HINT
from diagnostics.repair.change_list import FILE_NAME
from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.repair.new_folder import refuse_folder
from diagnostics.repair.repair_report import Change, RepairReport, WrittenSplit
from diagnostics.repair.sentence_repair import SentenceRepair
from diagnostics.repair.split_files import read_splits, write_splits
from diagnostics.repair.split_repair import (
    Splits,
    different_splits,
    with_development_split,
    without_duplicates,
)
from diagnostics.repair.tag_conversion import TagConversion
from diagnostics.repair.tag_repair import mended, split_schemes
from diagnostics.repair.torn_sentences import joined
from diagnostics.rules.data._evidence.similar_names import similar_names
from diagnostics.split_finder import SplitSource, find_splits
from diagnostics.tag_scheme import TagScheme, entities
from diagnostics.writer_finder import data_writers, find_writer

__all__ = [
    "Change",
    "RepairReport",
    "WrittenSplit",
    "convert",
    "format_names",
    "repair",
]

DEFAULT_FORMAT = "conll"
RARE_NAME = 0.1
"""Share of the other's entities up to which a short name may be its misspelling."""


def format_names() -> tuple[str, ...]:
    """Return the names of the formats that can be written (for `--convert FORMAT`)."""
    return tuple(writer.name for writer in data_writers())


def repair(
    source: str | Path,
    out: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    to: str | None = None,
    share: float = 0.15,
    seed: int = 42,
) -> RepairReport:
    """Write a repaired copy of a data set: one file per split in a new folder.

    Tags become IOB2, and broken transitions are repaired as every reader of `tuner` does: no word
    loses its type. Each split is read by its own scheme where they differ, misspelled tags are
    mended, and sentences that part an entity are joined. Words without a visible character go,
    over-long sentences are split where sentences end, a split with the same sentences as another
    is dropped, training sentences that stand in dev or test are removed from train, and a
    development split is made where there is none. All sentences are held in memory.

    Args:
        source: What `check` takes: a file, a folder, a saved `datasets` folder, or a hub id.
        out: The new folder. It must not exist, or be empty, and must not lie inside `source`.
        dev: Development file, as for `check`.
        test: Test file, as for `check`.
        data_format: Name of the format of `source`; None detects it.
        columns: As for `check`.
        to: Name of the format to write; None keeps that of the training split where it can be
            written, and takes CoNLL otherwise.
        share: Part of train that becomes the development split when there is none, from 0 to 1.
        seed: Decides which sentences that is.

    Returns:
        What was written, each kind of change with its count and first places, and what was left.

    Raises:
        DiagnosticsError: The data cannot be read, `out` is refused, or a format is unknown. `out`
            is then as it was.
    """
    if not 0 < share < 1:
        raise DiagnosticsError(f"`0 < share < 1` must hold, but got {share}.", "Take 0.15.")
    folder = Path(out)
    sources = find_splits(source, dev=dev, test=test, data_format=data_format)
    refuse_folder(folder, _origins(source, dev, test))
    writer = find_writer(to) if to else _own_writer(sources["train"][0])
    changes = ChangeLog()
    options = ReadOptions(columns=Columns.parse(columns))
    splits = read_splits(sources, options, changes)
    if "numbers-without-names" in changes.counts:
        raise DataError(
            f"The tags of {source} are numbers, and nothing says what they mean.",
            MISSING_NAMES_HINT,
        )
    repaired = _repaired(splits, changes, share=share, seed=seed)
    return _written(repaired, writer, folder, changes)


def convert(
    source: str | Path,
    to: str,
    out: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
) -> RepairReport:
    """Write a data set in another format, and change nothing else.

    Tags stay as they are written, unless the format holds entities in place of tags; they are
    then read by the data's own scheme. Reading is strict: data with defects is refused.

    Args:
        source: What `check` takes.
        to: Name of the format to write, one of `format_names()`.
        out: The new folder, as for `repair`.
        dev: Development file, as for `check`.
        test: Test file, as for `check`.
        data_format: Name of the format of `source`; None detects it.
        columns: As for `check`.

    Returns:
        What was written.

    Raises:
        DiagnosticsError: The data cannot be read, has defects, or holds words that the format
            cannot hold; `out` is refused; or a format is unknown. `out` is then as it was.
    """
    writer = find_writer(to)
    folder = Path(out)
    sources = find_splits(source, dev=dev, test=test, data_format=data_format)
    refuse_folder(folder, _origins(source, dev, test))
    options = ReadOptions(columns=Columns.parse(columns))
    changes = ChangeLog()
    splits: Splits = read_splits(sources, options, changes, strict=True)
    if writer.scheme_bound:
        splits = _in_iob2(splits, changes)
    kept = {name: sentences for name, sentences in splits.items() if sentences}
    changes.add("empty-split-dropped", count=len(splits) - len(kept))
    return _written(kept, writer, folder, changes)


def _written(splits: Splits, writer: DataWriter, folder: Path, changes: ChangeLog) -> RepairReport:
    return RepairReport(
        out=folder,
        format=writer.name,
        splits=write_splits(splits, writer, folder, changes.listed),
        changes=changes.made(),
        left=changes.left(),
        listed=folder / FILE_NAME if changes.listed.count else None,
    )


def _origins(*places: str | Path | None) -> Iterator[Path]:
    yield from (Path(place) for place in places if place is not None)


def _own_writer(place: SplitSource) -> DataWriter:
    name = place.format.name
    return find_writer(name if name in format_names() else DEFAULT_FORMAT)


def _in_iob2(splits: Splits, changes: ChangeLog) -> Splits:
    converted = {}
    for name, scheme in split_schemes(splits).items():
        changes.split = name
        tags = TagConversion(scheme, changes, repair=False)
        converted[name] = [tags.of_sentence(filed) for filed in splits[name]]
    return converted


def _repaired(splits: Splits, changes: ChangeLog, *, share: float, seed: int) -> Splits:
    """Return the splits after all repairs, words first, since what follows compares them.

    Raises:
        DataError: The tags make no sense, or no training sentence is left.
    """
    schemes = split_schemes(splits)
    broken = {
        name: _whole_sentences(name, sentences, schemes[name], changes)
        for name, sentences in splits.items()
    }
    kept = {name: sentences for name, sentences in broken.items() if sentences}
    changes.add("empty-split-dropped", count=len(broken) - len(kept))
    if "train" not in kept:
        raise DataError(
            "No training sentence is left that could be read.",
            "Run `tuner check` on the data: it says what cannot be read and why.",
        )
    different = without_duplicates(different_splits(kept, changes), changes)
    if not different["train"]:
        raise DataError(
            "Every training sentence stands in dev or test as well; none would be left in train.",
            "Give other files for dev and test, or leave them out.",
        )
    whole = with_development_split(different, changes, share=share, seed=seed)
    if not different.get("dev"):
        whole = without_duplicates(whole, changes)
    _note_names(whole, changes)
    return whole


def _whole_sentences(
    split: str, sentences: Sequence[FiledSentence], scheme: TagScheme, changes: ChangeLog
) -> list[FiledSentence]:
    """Return the sentences of a split with their tags, breaks and words repaired."""
    changes.split = split
    words = SentenceRepair(scheme, changes)
    meant = joined(mended(sentences, scheme, changes), scheme, changes)
    clean = [each for filed in meant for each in words.repaired(filed)]
    alone = len(clean) == 1
    return [each for filed in clean for each in words.with_breaks(filed, alone=alone)]


def _note_names(splits: Splits, changes: ChangeLog) -> None:
    """Keep pairs of type names that look like one: which is right, only a person knows."""
    first: dict[str, Place] = {}
    counts = Counter[str]()
    for filed in (each for sentences in splits.values() for each in sentences):
        for start, _, kind in entities(filed.sentence.tags):
            counts[kind] += 1
            first.setdefault(kind, filed.place(start))
    ordered = dict(counts.most_common())
    for often, seldom in similar_names(ordered, rare=RARE_NAME):
        text = f"{often} ({counts[often]}) and {seldom} ({counts[seldom]})"
        changes.add("similar-type-names", replace(first[seldom], text=text))
