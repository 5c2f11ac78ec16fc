"""Reads the splits of a data set to be repaired or converted, and writes them into a new folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.change_log import ChangeLog
from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.new_folder import new_folder
from diagnostics.repair_report import WrittenSplit
from diagnostics.sentence_repair import FiledSentence
from diagnostics.split_finder import SplitSource
from diagnostics.split_repair import Splits
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import detect_scheme, entities
from diagnostics.writer_finder import write_and_compare

__all__ = ["read_source", "write_splits"]


def read_source(
    place: SplitSource, options: ReadOptions, changes: ChangeLog, *, strict: bool = False
) -> Iterator[FiledSentence]:
    """Yield the sentences of a file as far as it can be read, and keep what was left out.

    Raises:
        DataError: It cannot be read from its very beginning, or has a defect and `strict` holds.
    """
    log = ReadingLog(str(place.path), strict=strict)
    read = 0
    try:
        for sentence in place.format.read(place.path, replace(options, split=place.split), log):
            read += 1
            yield FiledSentence(file=log.source, sentence=sentence)
    except DataError as error:
        if strict or not read:
            raise
        log.note("reading-stopped", error.message)
    changes.add_reading(log)


def write_splits(splits: Splits, writer: DataWriter, out: Path) -> tuple[WrittenSplit, ...]:
    """Write one file per split into a new folder, each read back and compared.

    Raises:
        DiagnosticsError: The folder cannot be made, or the format cannot hold a sentence; then
            nothing is left behind.
    """
    with new_folder(out) as folder:
        for name, filed in splits.items():
            sentences = [each.sentence for each in filed]
            write_and_compare(writer, sentences, folder / f"{name}{writer.suffix}")
    return tuple(
        _counted(name, out / f"{name}{writer.suffix}", [each.sentence for each in filed])
        for name, filed in splits.items()
    )


def _counted(name: str, path: Path, sentences: Sequence[Sentence]) -> WrittenSplit:
    return WrittenSplit(
        name=name,
        path=path,
        sentences=len(sentences),
        tokens=sum(len(each.tokens) for each in sentences),
        entities=_entities(sentences),
    )


def _entities(sentences: Iterable[Sentence]) -> int:
    """Count entities, whatever the scheme; 0 when the tags make no sense."""
    try:
        scheme = detect_scheme(each.tags for each in sentences)
    except DataError:
        return 0
    return sum(len(list(entities(scheme.convert(each.tags).tags))) for each in sentences)
