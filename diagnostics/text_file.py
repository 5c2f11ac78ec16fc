r"""Text files of unknown encoding, read line by line in flat memory.

Lines end at `\n`, `\r\n` or, in files without `\n`, at `\r` only: the further line ends that
`str.splitlines` knows (U+2028, U+0085, form feed, ...) occur inside tokens of real data.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diagnostics.data_format import ReadingLog
from diagnostics.errors import DataError

__all__ = ["TextFile", "decode_head", "read_head"]

HEAD_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
LONGEST_LINE = 1 << 26
"""Bytes after which a line is taken for a mistake: no tokenised sentence comes near 64 MiB."""

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
        return head.decode("cp1252", errors="replace")


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
        newline: A line feed, or a carriage return for files that hold no line feed.
        longest_line: Length of the longest line in bytes, to the precision of a chunk.
        damaged_line: First line with bytes that the encoding does not allow, or None.
    """

    path: Path
    encoding: str
    newline: str
    longest_line: int
    damaged_line: int | None = None

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
        newline, longest = _line_lengths(path)
        damaged = None
        if encoding.startswith("utf-8"):
            encoding, damaged = _valid_utf8_or(path, encoding)
        text = cls(
            path=path,
            encoding=encoding,
            newline=newline,
            longest_line=longest,
            damaged_line=damaged,
        )
        text._report(log)
        return text

    def _report(self, log: ReadingLog) -> None:
        log.fact("encoding", self.encoding)
        if self.encoding in ("cp1252", "latin-1"):
            log.note(
                "not-utf-8",
                f"{self.path.name} is not UTF-8 and was read as {self.encoding}; if words look "
                "wrong, convert the file to UTF-8 first.",
            )
        if self.damaged_line is not None:
            log.defect(
                "damaged-encoding",
                f"{self.path} is UTF-8 but holds bytes that are not.",
                self.damaged_line,
                "Mend the line or write the file anew as UTF-8.",
            )

    def lines(self) -> Iterator[tuple[int, str]]:
        """Line numbers from 1 and lines without their line ends.

        Raises:
            DataError: If a line is longer than `LONGEST_LINE`.
        """
        if self.longest_line > LONGEST_LINE:
            raise DataError(
                f"{self.path} holds a line of more than {LONGEST_LINE >> 20} MiB; "
                "one line holds one token or one sentence.",
                "Check how the file was written: its line breaks seem to be lost.",
            )
        with self.path.open(encoding=self.encoding, errors="replace", newline=self.newline) as file:
            try:
                for number, line in enumerate(file, start=1):
                    yield number, line.rstrip("\r\n")
            except UnicodeError as error:
                raise DataError(f"{self.path} is not valid {self.encoding}: {error}.") from error


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _line_lengths(path: Path) -> tuple[str, int]:
    """The line end of a file, and the length of its longest line in bytes.

    Only runs that cross a whole chunk matter for the limit, so lines inside one chunk count as the
    chunk's length at most.
    """
    longest = dict.fromkeys((b"\n", b"\r"), 0)
    run = dict.fromkeys((b"\n", b"\r"), 0)
    seen = dict.fromkeys((b"\n", b"\r"), False)
    for chunk in _chunks(path):
        for end in (b"\n", b"\r"):
            first, last = chunk.find(end), chunk.rfind(end)
            run[end] += len(chunk) if first < 0 else first
            longest[end] = max(longest[end], run[end])
            if first >= 0:
                seen[end] = True
                run[end] = len(chunk) - last - 1
    end = b"\r" if seen[b"\r"] and not seen[b"\n"] else b"\n"
    return end.decode(), max(longest[end], run[end])


def _valid_utf8_or(path: Path, encoding: str) -> tuple[str, int | None]:
    """The encoding of a file that should be UTF-8, and its first damaged line if it is that."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _damaged_or_legacy(path, encoding)
    return encoding, None


def _damaged_or_legacy(path: Path, encoding: str) -> tuple[str, int | None]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    good = bad = lines = 0
    first_bad: int | None = None
    control_bytes = b""
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        wrong = text.count("\ufffd")
        if wrong and first_bad is None:
            first_bad = lines + text.count("\n", 0, text.index("\ufffd")) + 1
        bad += wrong
        good += len(text) - len(text.encode("ascii", "ignore")) - wrong
        lines += text.count("\n")
        control_bytes += bytes(set(chunk) & {0x81, 0x8D, 0x8F, 0x90, 0x9D})
    if good > bad or encoding == "utf-8-sig":
        return encoding, first_bad or lines + 1
    return ("latin-1" if control_bytes else "cp1252"), None
