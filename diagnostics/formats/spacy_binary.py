"""The files that spaCy trains on: `DocBin`, a compressed table of tokens, read without spaCy."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.spacy_strings import strings_by_number
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["SpacyBinaryFormat"]

_ENDING = ".spacy"
_ORTH, _ENT_IOB, _ENT_TYPE, _SENT_START = 65, 77, 78, 80
_INSIDE, _OUTSIDE, _BEGIN, _UNSET = 1, 2, 3, 0
LARGEST = 512 * 2**20
"""Bytes that a file may have unpacked: some five million words with all their attributes."""


class SpacyBinaryFormat(DataFormat):
    """spaCy's binary training data: a sentence per `Doc`, or several where their starts are set."""

    name: ClassVar[str] = "spacy-binary"
    title: ClassVar[str] = "spaCy's binary training data (DocBin, .spacy)"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure by the extension, since the compressed bytes tell nothing of their own."""
        return 0.9 if path.suffix.lower() == _ENDING and head else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Sentences of all documents. Words without any annotation are outside of entities.

        Raises:
            DataError: If msgpack is missing, the file is damaged or too large, or holds no entity
                annotation at all.
        """
        del options
        table = _table(path, _unpacked(path))
        if not any(value != _UNSET for value in table.column(_ENT_IOB)):
            raise DataError(
                f"{path} holds documents without entities: none of their words was annotated.",
                "Set `doc.ents` before adding a document; spans in `doc.spans` are not read.",
            )
        log.fact("documents", len(table.lengths))
        return _sentences(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The tokens of all documents, row by row.

    Attributes:
        attributes: Numbers of the attributes in a row.
        values: The rows, one behind the other.
        lengths: Tokens of each document.
        strings: Number to string.
    """

    attributes: Sequence[int]
    values: array[int]
    lengths: Sequence[int]
    strings: Mapping[int, str]

    def column(self, attribute: int) -> Sequence[int]:
        """Return the values of an attribute; empty where the file does not keep it."""
        if attribute not in self.attributes:
            return ()
        return self.values[self.attributes.index(attribute) :: len(self.attributes)]


def _unpacked(path: Path) -> dict[str, Any]:
    try:
        import msgpack  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError(
            f"{path} can only be read with the package msgpack, which is not installed.",
            "Install it with `pip install msgpack`, or give the file that `python -m spacy "
            "convert` made it from.",
        ) from error
    try:
        with path.open("rb") as file:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(file.read(LARGEST), LARGEST)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise DataError(f"{path} is cut off, or larger than {LARGEST >> 20} MiB unpacked.")
        found = msgpack.unpackb(content, raw=False, strict_map_key=False)
    except (OSError, zlib.error, ValueError, RecursionError, MemoryError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise DataError(f"{path} cannot be read as a file of spaCy: {reason}.") from error
    except msgpack.exceptions.UnpackException as error:
        raise DataError(f"{path} cannot be read as a file of spaCy: it is damaged.") from error
    return found if isinstance(found, dict) else {}


def _table(path: Path, found: Mapping[str, Any]) -> _Table:
    attributes, strings = found.get("attrs"), found.get("strings")
    tokens, lengths = found.get("tokens"), found.get("lengths")
    if not (
        isinstance(attributes, list)
        and isinstance(strings, list)
        and all(isinstance(string, str) for string in strings)
        and {_ORTH, _ENT_IOB, _ENT_TYPE} <= {each for each in attributes if type(each) is int}
        and isinstance(tokens, bytes)
        and isinstance(lengths, bytes)
    ):
        raise DataError(
            f"{path} is no file of spaCy with words and entities.",
            "Write it with `DocBin(docs=docs).to_disk(...)`, which keeps all that is needed.",
        )
    counts = _numbers("i", lengths)
    values = _numbers("Q", tokens)
    if min(counts, default=0) < 0 or sum(counts) * len(attributes) != len(values):
        raise DataError(f"{path} is damaged: its documents have other lengths than it says.")
    return _Table(
        attributes=attributes,
        values=values,
        lengths=counts,
        strings=strings_by_number(strings),
    )


def _numbers(kind: str, content: bytes) -> array[int]:
    """Return the numbers in bytes as spaCy writes them: little-endian; what is over is left out."""
    numbers: array[int] = array(kind)
    numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _sentences(table: _Table) -> Iterator[Sentence]:
    words, marks = table.column(_ORTH), table.column(_ENT_IOB)
    types, starts = table.column(_ENT_TYPE), table.column(_SENT_START)
    end = 0
    for document, length in enumerate(table.lengths, start=1):
        begin, end = end, end + length
        cuts = [place for place in range(begin + 1, end) if starts and starts[place] == 1]
        for first, last in pairwise((begin, *cuts, end)):
            tokens = [table.strings.get(words[place], "") for place in range(first, last)]
            tags = [
                _tag(marks[place], table.strings.get(types[place], ""))
                for place in range(first, last)
            ]
            sentence = _sentence(tokens, tags, document)
            if sentence is not None:
                yield sentence


def _tag(mark: int, kind: str) -> str:
    if mark not in (_BEGIN, _INSIDE) or not kind:
        return "O"
    return f"{'B' if mark == _BEGIN else 'I'}-{kind}"


def _sentence(tokens: Sequence[str], tags: Sequence[str], document: int) -> Sentence | None:
    """Return a sentence without the white space that spaCy keeps as tokens; None without words."""
    kept = [(token, tag) for token, tag in zip(tokens, tags, strict=True) if not token.isspace()]
    if not kept:
        return None
    return Sentence(
        tokens=tuple(token for token, _ in kept),
        tags=tuple(tag for _, tag in kept),
        line=document,
    )
