"""What the first bytes of a file tell: an archive, binary data, or text in some encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

from diagnostics.errors import DataError
from diagnostics.text_damage import decode_utf8

__all__ = ["BYTE_ORDER_MARKS", "HEAD_BYTES", "decode_head", "encoding_of_head", "read_head"]

HEAD_BYTES = 1 << 16
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
    encoding = encoding_of_head(head)
    if encoding is None:
        return None
    if encoding != "utf-8":
        return head.decode(encoding, errors="replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        encoding = decode_utf8([head], "utf-8").encoding
        return head.decode(encoding, errors="replace")


def encoding_of_head(head: bytes) -> str | None:
    """Return the encoding that a file seems to have, None for binary data."""
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
