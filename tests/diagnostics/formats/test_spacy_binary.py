"""Training data of spaCy is read as spaCy wrote it, without spaCy; see the contract's tests."""

from __future__ import annotations

import builtins
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.formats import spacy_binary
from diagnostics.formats.spacy_binary import SpacyBinaryFormat
from diagnostics.spacy_strings import string_number

msgpack = pytest.importorskip("msgpack")

SEVERAL = Path(__file__).parents[2] / "data" / "spacy" / "several_sentences.spacy"
"""Written by spaCy 3.8: one document with three sentences and white space as tokens."""


def read(path: Path) -> list[tuple[tuple[str, str], ...]]:
    log = ReadingLog(str(path))
    sentences = SpacyBinaryFormat().read(path, ReadOptions(), log)
    return [tuple(zip(each.tokens, each.tags, strict=True)) for each in sentences]


def written(path: Path, change: Callable[[dict[str, Any]], object] = dict.copy) -> Path:
    """Write one document of two words; `change` spoils it."""
    words = ("Anna", "left")
    rows = ((string_number("Anna"), 3, string_number("PER")), (string_number("left"), 2, 0))
    document = {
        "version": "0.1",
        "attrs": [65, 77, 78],
        "tokens": b"".join(struct.pack("<3Q", *row) for row in rows),
        "lengths": struct.pack("<i", 2),
        "strings": [*words, "PER", ""],
    }
    change(document)
    path.write_bytes(zlib.compress(msgpack.packb(document)))
    return path


def test_sentences_are_those_of_the_document() -> None:
    assert read(SEVERAL) == [
        (("Zoë", "B-PERSON"), ("met", "O"), ("ORG", "B-ORG"), (".", "O")),
        (
            *(("She", "O"), ("left", "O"), ("Łódź", "B-GPE"), ("in", "O"), ("May", "B-DATE")),
            (".", "O"),
        ),
        (("Straßenbahngesellschaften", "B-FIRMA"), ("X", "O")),
    ]


@pytest.mark.parametrize(
    ("string", "number"),
    [
        ("", 0),
        ("PERSON", 380),
        ("_", 456),
        ("DEPRECATED276", 379),
        ("Anna", 10846488766732760801),
        ("é", 16256712947286012828),
        ("xxxxxxxx", 12990727605588688405),
        ("Straßenbahngesellschaften", 3764873129820976140),
    ],
)
def test_numbers_of_strings_are_those_of_spacy(string: str, number: int) -> None:
    assert string_number(string) == number


def test_a_file_with_the_least_attributes_is_read(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.spacy")) == [(("Anna", "B-PER"), ("left", "O"))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: document.update(attrs=[65]), "no file of spaCy with words"),
        (lambda document: document.update(attrs=5), "no file of spaCy with words"),
        (lambda document: document.pop("strings"), "no file of spaCy with words"),
        (lambda document: document.update(strings=[b"x"]), "no file of spaCy with words"),
        (lambda document: document.update(lengths=struct.pack("<i", 3)), "other lengths"),
        (lambda document: document.update(lengths=struct.pack("<ii", -1, 3)), "other lengths"),
        (lambda document: document.update(tokens=b"\0" * 48), "holds documents without entities"),
        (lambda document: document.update(tokens=b"", lengths=b""), "without entities"),
    ],
)
def test_what_is_damaged_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(written(tmp_path / "a.spacy", change))


def test_a_small_file_cannot_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.spacy"
    path.write_bytes(zlib.compress(b"\0" * 10_000))
    monkeypatch.setattr(spacy_binary, "LARGEST", 1_000)
    with pytest.raises(DataError, match="is cut off, or larger than"):
        read(path)


def test_without_msgpack_the_way_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.spacy")
    importing = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "msgpack":
            raise ImportError(name)
        return importing(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DataError, match="package msgpack") as raised:
        read(path)
    assert "pip install msgpack" in raised.value.hint
    assert "python -m spacy convert" in raised.value.hint
