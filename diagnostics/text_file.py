r"""Text files of unknown encoding, read line by line in flat memory.

Lines end at `\n`, `\r\n` or, in files without `\n`, at `\r` only: the further line ends that
`str.splitlines` knows (U+2028, U+0085, form feed, ...) occur inside tokens of real data.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from diagnostics.data_format import EXAMPLES_KEPT, ReadingLog
from diagnostics.errors import DataError
from diagnostics.text_damage import (
    Decoded,
    LineEnds,
    count_line_ends,
    decode_utf8,
    lines_ending_in,
    minority,
)

__all__ = ["TextFile", "decode_head", "read_head"]

HEAD_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
LONGEST_LINE = 1 << 26
"""Bytes after which a line is taken for a mistake: no tokenised sentence comes near 64 MiB."""

LONGEST_TABLE_LINE = 1 << 23
"""The same for the lines of tables, which hold one word each: to look for patterns in millions of
characters takes long."""

ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "gzip-compressed",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ\x00": "xz-compressed",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "zstandard-compressed",
    b"Rar!": "a rar archive",
}
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
TEXT_CONTROLS = frozenset(b"\t\n\r\f\v\x1b\x1c\x1d\x1e\x1f\x85")
_OTHER_CONTROLS = bytes(set(range(32)) - TEXT_CONTROLS)


def read_head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        DataError: If it cannot be opened, is empty, or is an archive.
    """
    try:
        if not path.is_file() and path.exists():
            raise DataError(f"{path} is not a regular file.", "Give a file or a folder.")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not head:
        raise DataError(f"{path} is empty.", "Give a file with labelled sentences.")
    _refuse_archives(path, head)
    return head


def _refuse_archives(path: Path, head: bytes) -> None:
    kinds = [kind for magic, kind in ARCHIVES.items() if head.startswith(magic)]
    if head[257:262] == b"ustar":
        kinds.append("a tar archive")
    if kinds:
        raise DataError(
            f"{path} is {kinds[0]}; data is read from plain files.",
            "Unpack it first, then give the folder or the file.",
        )


def decode_head(head: bytes) -> str | None:
    """The text of a file's first bytes as far as it can be decoded, or None for binary data."""
    encoding = _encoding_of_head(head)
    if encoding is None:
        return None
    if encoding != "utf-8":
        return head.decode(encoding, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        encoding = decode_utf8([head], "utf-8").encoding
        return head.decode(encoding, errors="replace")


def _encoding_of_head(head: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if head.startswith(mark):
            return encoding
    if b"\x00" in head:
        return _unmarked_utf16(head)
    controls = len(head) - len(head.translate(None, delete=_OTHER_CONTROLS))
    return None if controls > len(head) * 0.02 else "utf-8"


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte order mark shows as NULs in every other place of western text."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


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

    @classmethod
    def inspect(cls, path: Path, log: ReadingLog) -> TextFile:
        """Look through a file once and find out how to read it as text.

        The encoding is UTF-8 (or what a byte order mark says); a file that is not valid UTF-8 is
        taken for Windows-1252 or Latin-1, unless most of its characters are valid UTF-8: then it is
        UTF-8 with damaged places.

        Raises:
            DataError: If it is empty, binary, an archive or cannot be opened, or if it holds
                damaged places and `log` is strict.
        """
        head = read_head(path)
        encoding = _encoding_of_head(head)
        if encoding is None:
            raise DataError(
                f"{path} is a binary file, and none of the known binary formats.",
                "Give a text file, Parquet, Arrow, or a folder saved by `datasets`.",
            )
        is_utf8 = encoding.startswith("utf-8")
        decoded = _decoded(path, encoding) if is_utf8 else Decoded(encoding=encoding)
        ends = count_line_ends(_chunks(path))
        text = cls(
            path=path,
            encoding=decoded.encoding,
            ends=ends,
            decoded=decoded,
            marks_inside=is_utf8 and ends.marks > 0,
        )
        text._report(log)
        return text

    def _report(self, log: ReadingLog) -> None:
        log.fact("encoding", self.encoding)
        if self.encoding in ("cp1252", "latin-1"):
            message = (
                f"{self.path.name} is not UTF-8 and was read as {self.encoding}; if words look "
                "wrong, convert the file to UTF-8 first."
            )
            lines = () if log.strict else self.decoded.lines
            _note(log, "not-utf-8", message, lines or (None,), self.decoded.foreign if lines else 1)
        if self.decoded.is_damaged:
            self._report_damage(log)
        if not log.strict and self.encoding[:5] in ("utf-8", "cp125", "latin"):
            self._report_line_ends(log)
            self._report_marks(log)

    def _report_damage(self, log: ReadingLog) -> None:
        message = "the file is UTF-8, but this line holds bytes that are not."
        if log.strict:
            hint = "Mend the line or write the file anew as UTF-8."
            log.defect("damaged-encoding", message, self.damaged_line, hint)
        _note(log, "damaged-encoding", message, self.decoded.lines, self.decoded.foreign)

    def _report_line_ends(self, log: ReadingLog) -> None:
        """Say which lines end otherwise than the others: only a check wants to know."""
        log.fact("line_ends", " and ".join(self.ends.counts))
        rare = minority(self.ends.counts)
        if rare is None or self.ends.longest > LONGEST_LINE:
            return
        name = "CR" if "CR" in self.ends.counts else rare[0]
        count = self.ends.counts[name]
        kind = "carriage-return-inside" if name == "CR" else "mixed-line-ends"
        message = f"The line ends in {name}, others end in {_others(self.ends, name)}."
        with self.path.open("rb") as file:
            numbers = list(islice(lines_ending_in(name, file), EXAMPLES_KEPT))
        _note(log, kind, message, numbers, count)

    def _report_marks(self, log: ReadingLog) -> None:
        if not self.marks_inside or self.ends.longest > LONGEST_LINE:
            return
        with self.path.open("rb") as file:
            numbered = islice(enumerate(file, start=1), 1, None)
            marked = (at for at, line in numbered if line.startswith(codecs.BOM_UTF8))
            numbers = list(islice(marked, EXAMPLES_KEPT))
        message = "A byte order mark stands inside the file, as where two files were joined."
        _note(log, "byte-order-mark-inside", message, numbers, self.ends.marks)

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


def _note(
    log: ReadingLog, kind: str, message: str, lines: Sequence[int | None], count: int
) -> None:
    """Keep the first lines of a problem that occurs `count` times."""
    for place, line in enumerate(lines):
        log.note(kind, message, line, count=1 if place else count - len(lines) + 1)


def _without_marks(lines: Iterable[str]) -> Iterator[str]:
    """Leave a mark out at the start of a line; a mark that is a whole cell stays."""
    for line in lines:
        yield line[1:] if line[0] == "\ufeff" and line[1:2] not in ("\t", " ", ",") else line


def _others(ends: LineEnds, name: str) -> str:
    return " or ".join(other for other in ends.counts if other != name)


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
