"""Reads the splits of a data set to be repaired or converted, and writes them into a new folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.repair.change_list import ChangeList
from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.repair.new_folder import new_folder
from diagnostics.repair.passed_lines import PassedLines
from diagnostics.repair.repair_report import WrittenSplit
from diagnostics.repair.split_repair import Splits
from diagnostics.scheme_detection import detect_scheme
from diagnostics.split_finder import SplitSource
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities
from diagnostics.writer_finder import write_and_compare

__all__ = ["read_splits", "write_splits"]


class _ListingLog(ReadingLog):
    """Also lists every problem that reading without it changes, not only the first ones."""

    def __init__(self, source: str, changes: ChangeLog, *, strict: bool) -> None:
        super().__init__(source, strict=strict)
        self.changes = changes

    def note(self, kind: str, message: str, line: int | None = None, *, count: int = 1) -> None:
        """Keep and list a problem."""
        super().note(kind, message, line, count=count)
        more = f" (and {count - 1:,} more)" if count > 1 else ""
        self.changes.list_problem(self.source, kind, f"{message}{more}", line)


def read_splits(
    sources: Mapping[str, Sequence[SplitSource]],
    options: ReadOptions,
    changes: ChangeLog,
    *,
    strict: bool = False,
) -> dict[str, list[FiledSentence]]:
    """Return the sentences of all splits, as far as they can be read.

    Raises:
        DataError: As for one file: its very beginning cannot be read, or `strict` and a defect.
    """
    splits: dict[str, list[FiledSentence]] = {}
    for name, places in sources.items():
        changes.split = name
        splits[name] = [
            each for place in places for each in _read(place, options, changes, strict=strict)
        ]
    return splits


def _read(
    place: SplitSource, options: ReadOptions, changes: ChangeLog, *, strict: bool
) -> Iterator[FiledSentence]:
    """Yield the sentences of a file as far as it can be read, and keep what was left out.

    Raises:
        DataError: It cannot be read from its very beginning, or has a defect and `strict` holds.
    """
    log = _ListingLog(str(place.path), changes, strict=strict)
    passed = PassedLines(place.path) if place.format.name == "conll" else None
    read = 0
    try:
        for sentence in place.format.read(place.path, replace(options, split=place.split), log):
            read += 1
            if passed is not None:
                passed.read(sentence)
            yield FiledSentence(file=log.source, sentence=sentence)
    except DataError as error:
        if strict or not read:
            raise
        log.note("reading-stopped", error.message)
    if passed is not None:
        passed.note(changes)
    changes.add_reading(log)


def write_splits(
    splits: Splits, writer: DataWriter, out: Path, listed: ChangeList
) -> tuple[WrittenSplit, ...]:
    """Write one file per split into a new folder, each read back and compared, and the changes.

    Raises:
        DiagnosticsError: The folder cannot be made, or the format cannot hold a sentence; then
            nothing is left behind.
    """
    with new_folder(out) as folder:
        for name, filed in splits.items():
            sentences = [each.sentence for each in filed]
            write_and_compare(writer, sentences, folder / f"{name}{writer.suffix}")
        listed.write(folder)
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
