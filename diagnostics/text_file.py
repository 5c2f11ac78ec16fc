r"""Text files of unknown encoding, read line by line in flat memory.

Lines end at `\n`, `\r\n` or, in files without `\n`, at `\r` only: the further line ends that
`str.splitlines` knows (U+2028, U+0085, form feed, ...) occur inside tokens of real data.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError
from diagnostics.once_per_survey import once_per_survey
from diagnostics.text_damage import Decoded, LineEnds, count_line_ends, decode_utf8
from diagnostics.text_defects import report_on
from diagnostics.text_head import encoding_of_head, read_head

__all__ = ["TextFile"]

CHUNK_BYTES = 1 << 20
LONGEST_LINE = 1 << 26
"""Bytes after which a line is taken for a mistake: no tokenised sentence comes near 64 MiB."""

LONGEST_TABLE_LINE = 1 << 23
"""The same for the lines of tables, which hold one word each: to look for patterns in millions of
characters takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A text file whose encoding and line ends are known.

    Attributes:
        path: Where it is.
        encoding: Name of a Python codec.
        ends: How its lines end.
        decoded: Which lines are not UTF-8.
        marks_inside: Whether lines but the first start with byte order marks.
    """

    path: Path
    encoding: str
    ends: LineEnds
    decoded: Decoded
    marks_inside: bool = False

    @property
    def newline(self) -> str:
        """A line feed, or a carriage return for files that hold no line feed."""
        return self.ends.newline

    @property
    def damaged_line(self) -> int | None:
        """First line with bytes that the encoding does not allow, or None."""
        return self.decoded.lines[0] if self.decoded.is_damaged else None

    @property
    def has_endless_line(self) -> bool:
        """Whether a line is longer than any line may be."""
        return self.ends.longest > LONGEST_LINE

    @staticmethod
    def inspect(path: Path, log: ReadingLog) -> TextFile:
        """Look through a file once and find out how to read it as text.

        The encoding is UTF-8 (or what a byte order mark says); a file that is not valid UTF-8 is
        taken for Windows-1252 or Latin-1, unless most of its characters are valid UTF-8: then it is
        UTF-8 with damaged places.

        Raises:
            DataError: If it is empty, binary, an archive or cannot be opened, or if it holds
                damaged places and `log` is strict.
        """
        text = once_per_survey(("text", path), lambda: _looked_through(path))
        report_on(text, log)
        return text

    def lines(self, longest: int | None = None) -> Iterator[tuple[int, str]]:
        """Line numbers from 1 and lines without their line ends.

        Byte order marks that joined files leave at the start of a line are left out.

        Args:
            longest: Bytes that a line may have; None is `LONGEST_LINE`.

        Raises:
            DataError: If a line is longer.
        """
        self._refuse_long_lines(LONGEST_LINE if longest is None else longest)
        with self.path.open(encoding=self.encoding, errors="replace", newline=self.newline) as file:
            lines = _without_marks(file) if self.marks_inside else file
            try:
                for number, line in enumerate(lines, start=1):
                    yield number, line.rstrip("\r\n")
            except UnicodeError as error:
                raise DataError(f"{self.path} is not valid {self.encoding}: {error}.") from error

    def paragraphs(self) -> Iterator[tuple[Sequence[int], list[str]]]:
        """Lines without an empty one between them, with their numbers.

        What `lines` gives, but a block at a time: most of the time that a large table takes went
        into handing over its lines one by one.

        Raises:
            DataError: If a line is longer than `LONGEST_TABLE_LINE`.
        """
        simple = set(self.ends.counts) <= {"LF"} and not self.marks_inside
        if not simple or "16" in self.encoding or "32" in self.encoding:
            yield from _grouped(self.lines(LONGEST_TABLE_LINE))
            return
        self._refuse_long_lines(LONGEST_TABLE_LINE)
        with self.path.open(encoding=self.encoding, errors="replace", newline="\n") as file:
            number, block = 1, list[str]()
            rest = ""
            try:
                while chunk := file.read(CHUNK_BYTES):
                    *lines, rest = (rest + chunk).split("\n")
                    start = 0
                    for empty in _places_of_empty(lines):
                        block += lines[start:empty]
                        if block:
                            yield range(number, number + len(block)), block
                        number += len(block) + 1
                        block, start = [], empty + 1
                    block += lines[start:]
            except UnicodeError as error:
                raise DataError(f"{self.path} is not valid {self.encoding}: {error}.") from error
        block += [rest] if rest else []
        if block:
            yield range(number, number + len(block)), block

    def _refuse_long_lines(self, longest: int) -> None:
        if self.ends.longest > longest:
            raise DataError(
                f"{self.path}, line {self.ends.longest_number:,}: a line of more than "
                f"{longest >> 20} MiB; one line holds one token or one sentence.",
                "Check how the file was written: its line breaks seem to be lost.",
            )


def _looked_through(path: Path) -> TextFile:
    encoding = encoding_of_head(read_head(path))
    if encoding is None:
        raise DataError(
            f"{path} is a binary file, and none of the known binary formats.",
            "Give a text file, Parquet, Arrow, or a folder saved by `datasets`.",
        )
    is_utf8 = encoding.startswith("utf-8")
    decoded = _decoded(path, encoding) if is_utf8 else Decoded(encoding=encoding)
    ends = count_line_ends(_chunks(path))
    return TextFile(
        path=path,
        encoding=decoded.encoding,
        ends=ends,
        decoded=decoded,
        marks_inside=is_utf8 and ends.marks > 0,
    )


def _places_of_empty(lines: Sequence[str]) -> Iterator[int]:
    """Places of empty lines, found without looking at each line in Python."""
    place = -1
    with contextlib.suppress(ValueError):
        while True:
            place = lines.index("", place + 1)
            yield place


def _grouped(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[Sequence[int], list[str]]]:
    numbers: list[int] = []
    block: list[str] = []
    for number, line in lines:
        if line:
            numbers.append(number)
            block.append(line)
        elif block:
            yield numbers, block
            numbers, block = [], []
    if block:
        yield numbers, block


def _without_marks(lines: Iterable[str]) -> Iterator[str]:
    """Leave a mark out at the start of a line; a mark that is a whole cell stays."""
    for line in lines:
        yield line[1:] if line[0] == "\ufeff" and line[1:2] not in ("\t", " ", ",") else line


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _decoded(path: Path, encoding: str) -> Decoded:
    """The encoding of a file that should be UTF-8, and its damaged lines if it is that."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return decode_utf8(_chunks(path), encoding)
    return Decoded(encoding=encoding)
