"""Writes a repaired copy of a data set, or the same data in another format.

The original is never touched. A copy is written into a temporary folder beside its target and
renamed at the end, so that nothing half-written is ever taken for a result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from diagnostics.change_log import ChangeLog
from diagnostics.data_format import Columns, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError, DiagnosticsError
from diagnostics.findings import Place
from diagnostics.label_names import MISSING_NAMES_HINT
from diagnostics.new_folder import refuse_folder
from diagnostics.repair_report import Change, RepairReport, WrittenSplit
from diagnostics.rules.data._evidence.similar_names import similar_names
from diagnostics.sentence_repair import FiledSentence, SentenceRepair
from diagnostics.split_files import read_source, write_splits
from diagnostics.split_finder import SplitSource, find_splits
from diagnostics.split_repair import Splits, with_development_split, without_duplicates
from diagnostics.tag_scheme import TagScheme, detect_scheme, entities
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
    loses its type. Words without a visible character go, over-long sentences are split where
    sentences end, training sentences that stand in dev or test are removed from train, and a
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
    splits = {
        name: [each for place in places for each in read_source(place, options, changes)]
        for name, places in sources.items()
    }
    if "numbers-without-names" in changes.counts:
        raise DataError(
            f"The tags of {source} are numbers, and nothing says what they mean.",
            MISSING_NAMES_HINT,
        )
    repaired = _repaired(splits, changes, share=share, seed=seed)
    written = write_splits(repaired, writer, folder)
    return RepairReport(
        out=folder,
        format=writer.name,
        splits=written,
        changes=changes.made(),
        left=changes.left(),
    )


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
    splits = {
        name: [
            each for place in places for each in read_source(place, options, changes, strict=True)
        ]
        for name, places in sources.items()
    }
    if writer.scheme_bound:
        scheme = _scheme(splits)
        splits = {
            name: [_in_iob2(each, scheme, changes) for each in sentences]
            for name, sentences in splits.items()
        }
    kept = {name: sentences for name, sentences in splits.items() if sentences}
    changes.add("empty-split-dropped", count=len(splits) - len(kept))
    written = write_splits(kept, writer, folder)
    return RepairReport(
        out=folder,
        format=writer.name,
        splits=written,
        changes=changes.made(),
        left=changes.left(),
    )


def _origins(*places: str | Path | None) -> Iterator[Path]:
    yield from (Path(place) for place in places if place is not None)


def _own_writer(place: SplitSource) -> DataWriter:
    name = place.format.name
    return find_writer(name if name in format_names() else DEFAULT_FORMAT)


def _scheme(splits: Splits) -> TagScheme:
    return detect_scheme(each.sentence.tags for part in splits.values() for each in part)


def _in_iob2(filed: FiledSentence, scheme: TagScheme, changes: ChangeLog) -> FiledSentence:
    tags = scheme.convert(filed.sentence.tags).tags
    if tags == filed.sentence.tags:
        return filed
    count = sum(old != new for old, new in zip(filed.sentence.tags, tags, strict=True))
    changes.add("tags-converted", filed.place(), count=count)
    return FiledSentence(file=filed.file, sentence=replace(filed.sentence, tags=tags))


def _repaired(splits: Splits, changes: ChangeLog, *, share: float, seed: int) -> Splits:
    """Return the splits after all repairs, words first, since what follows compares them.

    Raises:
        DataError: The tags make no sense, or no training sentence is left.
    """
    words = SentenceRepair(_scheme(splits), changes)
    clean = {
        name: [each for filed in sentences for each in words.repaired(filed)]
        for name, sentences in splits.items()
    }
    broken = {
        name: [
            each
            for filed in sentences
            for each in words.with_breaks(filed, alone=len(sentences) == 1)
        ]
        for name, sentences in clean.items()
    }
    kept = {name: sentences for name, sentences in broken.items() if sentences}
    changes.add("empty-split-dropped", count=len(broken) - len(kept))
    if "train" not in kept:
        raise DataError(
            "No training sentence is left that could be read.",
            "Run `tuner check` on the data: it says what cannot be read and why.",
        )
    different = without_duplicates(kept, changes)
    whole = with_development_split(different, changes, share=share, seed=seed)
    if not different.get("dev"):
        whole = without_duplicates(whole, changes)
    _note_names(whole, changes)
    return whole


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
