"""JSON Lines or JSON with the words and the tags of each sentence, tags as names or numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.json_records import complete_values, json_records
from diagnostics.label_names import names_in
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.text_file import TextFile
from diagnostics.text_head import decode_head
from diagnostics.token_records import TAG_KEYS, TOKEN_KEYS, TokenRecords, token_keys

__all__ = ["JsonTokensFormat"]

WRAPPER_KEYS = ("data", "sentences", "examples", "documents", "rows", "records", "items", "dataset")
SPLIT_KEYS = ("train", "training", "validation", "valid", "dev", "development", "test")


class JsonTokensFormat(DataFormat):
    """Objects with a list of words and a list of tags; also lists of (word, tag) pairs."""

    name: ClassVar[str] = "json-tokens"
    title: ClassVar[str] = 'JSON or JSON Lines with {"tokens": [...], "ner_tags": [...]}'

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the first record holds a pair of lists; else the names of the keys count."""
        del path
        text = decode_head(head)
        if not text or text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
            return None
        values = complete_values(text)
        inner = [record for value in values for _, record in _unwrapped(0, value, None)]
        if any(token_keys(record, Columns()) or _is_pairs(record) for record in inner):
            return 0.9
        keys = set(re.findall(r'"(\w+)"\s*:', text))
        return 0.6 if keys & set(TOKEN_KEYS[:4]) and keys & set(TAG_KEYS[:-2]) else None

    def splits(self, path: Path) -> tuple[str, ...]:
        """Splits of a file that is one object with a list of records per split."""
        with path.open("rb") as file:
            head = decode_head(file.read(1 << 12)) or ""
        if not re.match(rf'[\ufeff\s]*\{{\s*"({"|".join(SPLIT_KEYS)})"\s*:\s*\[', head):
            return ()
        log = ReadingLog(str(path))
        records = json_records(TextFile.inspect(path, log), log)
        first: Any = next(records, (0, {}))[1]
        return tuple(key for key in SPLIT_KEYS if isinstance(first, dict) and key in first)

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per record.

        Raises:
            DataError: If there are no words with tags, or numbers without names.
        """
        records = json_records(TextFile.inspect(path, log), log)
        reader = TokenRecords(path, options.columns, log)
        return reader.sentences(_all_records(records, options.split, reader))


def _all_records(
    values: Iterator[tuple[int, Any]], split: str | None, reader: TokenRecords
) -> Iterator[tuple[int, Any]]:
    for line, value in values:
        if reader.names is None and isinstance(value, Mapping):
            outer = {key: part for key, part in value.items() if not _is_records(part)}
            reader.names = names_in(outer) if len(outer) < len(value) else None
        yield from _unwrapped(line, value, split)


def _unwrapped(line: int, value: Any, split: str | None) -> Iterator[tuple[int, Any]]:
    """The records inside a value: itself, those in a list under a known key, or parallel lists."""
    if not isinstance(value, Mapping) or token_keys(value, Columns()):
        yield line, value
        return
    for key in (split,) if split else (*WRAPPER_KEYS, *SPLIT_KEYS):
        if key in value and _is_records(value[key]):
            yield from ((line, record) for record in value[key])
            return
    yield from ((line, record) for record in _rows(value) or (value,))


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping | list)


def _rows(value: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Rows of an object of whole columns: {"tokens": [[...], ...], "tags": [[...], ...]}."""
    token = next((key for key in TOKEN_KEYS if _is_lists(value.get(key))), None)
    tag = next((key for key in TAG_KEYS if _is_lists(value.get(key))), None)
    if token is None or tag is None or len(value[token]) != len(value[tag]):
        return None
    return [{token: words, tag: tags} for words, tags in zip(value[token], value[tag], strict=True)]


def _is_lists(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, list) for row in value)


def _is_pairs(record: Any) -> bool:
    return (
        isinstance(record, list)
        and bool(record)
        and all(
            isinstance(pair, list)
            and len(pair) == 2
            and all(isinstance(part, str) for part in pair)
            for pair in record
        )
    )
