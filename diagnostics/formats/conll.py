"""Token tables: one word and its tag per line, a blank line between sentences."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.once_per_survey import once_per_survey
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import DOCUMENT_START, TableLayout, detect_layout
from diagnostics.table_rows import COLUMNS_HINT, TableRows, Words
from diagnostics.text_file import TextFile
from diagnostics.text_head import decode_head

__all__ = ["ConllFormat"]

SAMPLE_LINES = 2_000
Paragraph = tuple[Sequence[int], Sequence[str]]
"""Numbers of neighbouring lines, and the lines."""

USUAL_EXTENSIONS = frozenset({".conll", ".bio", ".iob", ".iob2", ".bioes", ".tsv", ".conllu"})


class ConllFormat(DataFormat):
    """CoNLL and TSV files with any separator; words first and tags last unless told otherwise."""

    name: ClassVar[str] = "conll"
    title: ClassVar[str] = "CoNLL/TSV: one word and its tag per line, blank line between sentences"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the lines have a constant number of columns that end in tags."""
        if _layout_of_head(head) is None:
            return None
        return 0.8 if path.suffix.lower() in USUAL_EXTENSIONS else 0.7

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Sentences as the blank lines part them.

        Raises:
            DataError: If no column of tags can be made out, or at the first defect when strict.
        """
        text = TextFile.inspect(path, log)
        returns = not log.strict and text.newline == "\n" and "CR" in text.ends.counts

        def paragraphs() -> Iterator[Paragraph]:
            found = text.paragraphs()
            return itertools.starmap(_cut_at_returns, found) if returns else found

        key = ("layout", path, options.columns, returns)
        layout = once_per_survey(key, lambda: _layout(path, paragraphs(), options.columns))
        _log_layout(layout, log)
        return _sentences(paragraphs(), layout, log)


@functools.lru_cache(maxsize=8)
def _layout_of_head(head: bytes) -> TableLayout | None:
    """Return the layout that a file begins with; a look at a folder asks for each file often."""
    text = decode_head(head)
    if not text:
        return None
    lines = re.split(r"\r*\n", text) if "\n" in text else text.split("\r")
    return detect_layout(lines[: max(len(lines) - 1, 1)], Columns())  # the last may be cut


def _layout(path: Path, paragraphs: Iterable[Paragraph], columns: Columns) -> TableLayout:
    lines = itertools.chain.from_iterable(block for _, block in paragraphs)
    sample = list(itertools.islice(lines, SAMPLE_LINES))
    layout = detect_layout(sample, columns)
    if layout is None:
        raise DataError(
            f"{path}: no separator was found that cuts the lines into a word and a tag each; "
            f"the first line is {_first_content(sample)!r}.",
            COLUMNS_HINT,
        )
    return layout


def _first_content(lines: Iterable[str]) -> str:
    return next((line[:60] for line in lines if line.strip()), "")


def _log_layout(layout: TableLayout, log: ReadingLog) -> None:
    log.fact("separator", {"\t": "tab", ",": "comma"}.get(layout.separator, layout.separator))
    log.fact("columns", layout.describe())
    log.fact("width", layout.width)
    if layout.tag not in layout.entities:
        log.fact("entity_columns", layout.entities)


def _sentences(
    paragraphs: Iterable[Paragraph], layout: TableLayout, log: ReadingLog
) -> Iterator[Sentence]:
    """Sentences of the table; comments, document starts and headers are passed over."""
    rows = TableRows(layout, log)
    empty_with = layout.separator + " \t" if layout.separator in (",", ";", "|") else ""
    for numbers, lines in paragraphs:
        if _is_one_block(lines) and not empty_with:
            yield from map(_sentence, rows.sentences(lines, numbers))
        else:
            for found, block in _blocks(numbers, lines, empty_with):
                yield from map(_sentence, rows.sentences(block, found))


def _is_one_block(lines: Sequence[str]) -> bool:
    """Whether no line but those around ends the sentence; nearly always so."""
    blank = "" in lines or True in map(str.isspace, lines)
    return not blank and True not in map(str.startswith, lines, itertools.repeat(DOCUMENT_START))


def _blocks(numbers: Sequence[int], lines: Sequence[str], empty_with: str) -> Iterator[Paragraph]:
    """Parts of a paragraph between lines that are blank, have no cell filled or start a document.

    Args:
        numbers: Numbers of the lines.
        lines: The lines, none of them empty.
        empty_with: Signs of which a line without any cell filled consists.
    """
    found: list[int] = []
    block: list[str] = []
    for number, line in zip(numbers, lines, strict=True):
        filled = line.strip(empty_with) if empty_with else not line.isspace()
        if filled and line.strip() and not line.startswith(DOCUMENT_START):
            found.append(number)
            block.append(line)
        elif block:
            yield found, block
            found, block = [], []
    if block:
        yield found, block


def _sentence(words: Words) -> Sentence:
    tokens, tags, numbers = words
    first, last = numbers[0], numbers[-1]
    whole = last - first + 1 == len(numbers)  # as a rule: a range takes no memory per word
    return Sentence(
        tokens=tuple(tokens),
        tags=tuple(tags),
        line=first,
        lines=range(first, last + 1) if whole else tuple(numbers),
    )


def _cut_at_returns(numbers: Sequence[int], lines: Sequence[str]) -> Paragraph:
    """Cut lines also at carriage returns, which end lines in a part of the file."""
    pieces = [
        (number, piece)
        for number, line in zip(numbers, lines, strict=True)
        for piece in line.split("\r")
    ]
    return [number for number, _ in pieces], [piece for _, piece in pieces]
