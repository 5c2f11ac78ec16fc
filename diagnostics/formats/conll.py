"""Token tables: one word and its tag per line, a blank line between sentences."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import DOCUMENT_START, LOOKS_TAGGED, TableLayout, detect_layout
from diagnostics.text_file import TextFile, decode_head

__all__ = ["ConllFormat"]

SAMPLE_LINES = 2_000
USUAL_EXTENSIONS = frozenset({".conll", ".bio", ".iob", ".iob2", ".bioes", ".tsv", ".conllu"})
KEY_AND_VALUE = re.compile(r"#\s*[\w.:-]+\s*=\s")
COLUMNS_HINT = (
    "Choose the columns with `--columns token=0,tag=-1` (numbers from 0, -1 is the last), "
    "with `separator=tab` where needed."
)


class ConllFormat(DataFormat):
    """CoNLL and TSV files with any separator; words first and tags last unless told otherwise."""

    name: ClassVar[str] = "conll"
    title: ClassVar[str] = "CoNLL/TSV: one word and its tag per line, blank line between sentences"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the lines have a constant number of columns that end in tags."""
        text = decode_head(head)
        if not text:
            return None
        lines = re.split(r"\r*\n", text) if "\n" in text else text.split("\r")
        lines = lines[: max(len(lines) - 1, 1)]  # the last may be cut
        layout = detect_layout(lines, Columns())
        if layout is None:
            return None
        return 0.8 if path.suffix.lower() in USUAL_EXTENSIONS else 0.7

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Sentences as the blank lines part them.

        Raises:
            DataError: If no column of tags can be made out, or at the first defect when strict.
        """
        text = TextFile.inspect(path, log)
        sample = [line for _, line in itertools.islice(text.lines(), SAMPLE_LINES)]
        layout = detect_layout(sample, options.columns)
        if layout is None:
            raise DataError(
                f"{path}: no separator was found that cuts the lines into a word and a tag each; "
                f"the first line is {_first_content(sample)!r}.",
                COLUMNS_HINT,
            )
        _log_layout(layout, log)
        return _TableReader(layout, log).sentences(text.lines())


def _first_content(lines: Iterable[str]) -> str:
    return next((line[:60] for line in lines if line.strip()), "")


def _log_layout(layout: TableLayout, log: ReadingLog) -> None:
    log.fact("separator", {"\t": "tab", ",": "comma"}.get(layout.separator, layout.separator))
    log.fact("columns", layout.describe())


def _sentence(tokens: list[str], tags: list[str], numbers: list[int]) -> Sentence:
    first, last = numbers[0], numbers[-1]
    whole = last - first + 1 == len(numbers)  # as a rule: a range takes no memory per word
    return Sentence(
        tokens=tuple(tokens),
        tags=tuple(tags),
        line=first,
        lines=range(first, last + 1) if whole else tuple(numbers),
    )


class _TableReader:
    """Builds sentences from the lines of one table."""

    def __init__(self, layout: TableLayout, log: ReadingLog) -> None:
        self.layout = layout
        self.log = log
        self.split = layout.split()
        self.width, self.token, self.tag = layout.width, layout.token, layout.tag
        self.blank_with = layout.separator if layout.separator in (",", ";", "|") else ""

    def sentences(self, lines: Iterable[tuple[int, str]]) -> Iterator[Sentence]:
        """Sentences of the table; comments, document starts and the header are passed over."""
        tokens: list[str] = []
        tags: list[str] = []
        numbers: list[int] = []
        to_skip = bool(self.layout.header)
        for number, line in lines:
            if self._breaks(line):
                if tokens:
                    yield _sentence(tokens, tags, numbers)
                    tokens, tags, numbers = [], [], []
                continue
            if to_skip:
                to_skip = False
                continue
            row = self._row(line, number)
            if row is None:
                continue
            numbers.append(number)
            # The same words come again and again: one object for each saves most of the memory.
            tokens.append(sys.intern(row[0]))
            tags.append(row[1])
        if tokens:
            yield _sentence(tokens, tags, numbers)

    def _breaks(self, line: str) -> bool:
        """Whether a line ends the sentence: blank, a row of empty cells, or a new document."""
        if not line or line.isspace() or (line[0] == "-" and line.startswith(DOCUMENT_START)):
            return True
        return bool(self.blank_with) and not line.strip(self.blank_with + " \t")

    def _row(self, line: str, number: int) -> tuple[str, str] | None:
        """The word and the tag of a line; None for comments and, when not strict, for defects."""
        fields = self.split(line)
        if line[0] == "#" and self._is_comment(line, fields):
            return None
        if len(fields) != self.width:
            fields = self._mended(line, fields)
        if len(fields) != self.width:
            self._ragged(fields, number)
            return None
        token, tag = fields[self.token], fields[self.tag].strip()
        if not tag:
            self.log.defect("missing-tag", f"the word {token!r} has no tag.", number, COLUMNS_HINT)
            return None
        if not token or token.isspace():
            self.log.note("empty-token", f"The word of a line is {token!r}.", number)
        return token, tag

    def _is_comment(self, line: str, fields: Sequence[str]) -> bool:
        """CoNLL-U comments start with `#`, but so do hashtags, which have a tag."""
        if len(fields) != self.layout.width:
            return True
        if self.layout.separator == "whitespace" and KEY_AND_VALUE.match(line):
            return True
        tag = fields[self.layout.tag]
        return tag not in self.layout.tags and not LOOKS_TAGGED.fullmatch(tag)

    def _mended(self, line: str, fields: Sequence[str]) -> Sequence[str]:
        """Undo what is harmless: separators at the end of the line, and a word that is missing."""
        if self.layout.separator != "whitespace":
            cut = list(fields)
            while len(cut) > self.layout.width and not cut[-1]:
                cut.pop()
            return cut
        missing = len(fields) == self.layout.width - 1 and line[0] in " \t"
        return ["", *fields] if missing and self.layout.token == 0 else fields

    def _ragged(self, fields: Sequence[str], number: int) -> None:
        shown = self.log.facts["separator"]
        self.log.defect(
            "ragged-line",
            f"{len(fields)} columns where the other lines have {self.layout.width} "
            f"(separator: {shown}): {' '.join(fields)[:60]!r}.",
            number,
            f"Mend the line. {COLUMNS_HINT}",
        )
