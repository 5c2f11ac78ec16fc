"""Turns records with words and tags (JSON objects, table rows) into sentences."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics.data_format import Columns, ReadingLog
from diagnostics.errors import DataError
from diagnostics.label_names import MISSING_NAMES_HINT, names_beside
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["TAG_KEYS", "TOKEN_KEYS", "TokenRecords", "label_of_sentence", "token_keys"]

TOKEN_KEYS = ("tokens", "words", "token", "word", "sentence", "text", "input", "sent")
TAG_KEYS = (
    "ner_tags",
    "ner",
    "ner_labels",
    "tags",
    "labels",
    "label",
    "tag",
    "bio_tags",
    "bio",
    "iob_tags",
    "fine_ner_tags",
    "entities",
    "named_entities",
)
NESTED = frozenset({list, tuple, dict})
NAMELESS = ""
"""Stands for a tag number without a name until the sentence is left out."""

COLUMNS_HINT = "Name them with `--columns token=KEY,tag=KEY`."


def token_keys(record: Any, columns: Columns) -> tuple[str, str] | None:
    """The keys of the words and the tags in a record, or None when it has no such pair.

    A pair is two lists of plain values, or two strings of blank-separated ones; chosen keys are
    taken as they are.
    """
    if not isinstance(record, Mapping):
        return None
    token_choices = [columns.token] if columns.token else TOKEN_KEYS
    tag_choices = [columns.tag] if columns.tag else TAG_KEYS
    for token in token_choices:
        for tag in tag_choices:
            if token in record and tag in record and _pair(record[token], record[tag]):
                return token, tag
    return None


def _pair(words: Any, tags: Any) -> bool:
    if isinstance(words, str) or isinstance(tags, str):
        return isinstance(words, str) and isinstance(tags, str)
    return _plain_list(words) and _plain_list(tags) and (len(words) > 0) >= (len(tags) > 0)


def _plain_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and NESTED.isdisjoint(map(type, value))


class TokenRecords:
    """Builds sentences from the records of one file.

    Args:
        path: The file, beside which names of numbered labels are searched.
        columns: The user's choice of keys.
        log: What is found goes there.
        names: Names of numbered labels where the file itself holds them.
    """

    def __init__(
        self, path: Path, columns: Columns, log: ReadingLog, names: Sequence[str] | None = None
    ) -> None:
        self.path = path
        self.columns = columns
        self.log = log
        self.names = names
        self.keys: tuple[str, str] | None = None
        self.names_searched = names is not None

    def sentences(self, records: Iterable[tuple[int, Any]]) -> Iterator[Sentence]:
        """The sentence of each record that holds one.

        Raises:
            DataError: If no record holds words and tags, or at the first defect when strict.
        """
        first: Any = None
        for line, record in records:
            first = record if first is None else first
            pair = _from_pairs(record) or self._from_keys(record, line)
            if pair is None:
                continue
            sentence = self._sentence(pair[0], pair[1], line)
            if sentence is not None:
                yield sentence
        if self.log.strict and self.keys is None and first is not None and not _from_pairs(first):
            raise _no_keys(self.path, first)

    def _from_keys(self, record: Any, line: int) -> tuple[Any, Any] | None:
        keys = self.keys or token_keys(record, self.columns)
        if keys is None:
            if isinstance(record, Mapping) and self.log.strict:
                raise _no_keys(self.path, record)
            label = label_of_sentence(record)
            kind = "no-tokens" if label is None else "label-of-sentence"
            message = f"the record holds no words with tags{_one_for_all(label)}."
            self.log.defect(kind, message, line, COLUMNS_HINT)
            return None
        if self.keys is None:
            self.keys = keys
            self.log.fact("columns", f"token={keys[0]},tag={keys[1]}")
        if not isinstance(record, Mapping) or any(record.get(key) is None for key in keys):
            missing = " and ".join(f"`{key}`" for key in keys)
            self.log.defect("no-tokens", f"the record lacks {missing}.", line)
            return None
        return record[keys[0]], record[keys[1]]

    def _sentence(self, words: Any, tags: Any, line: int) -> Sentence | None:
        if isinstance(words, str) and isinstance(tags, str):
            words, tags = words.split(" "), tags.split(" ")
            if len(words) == len(tags):
                self.log.note(
                    "tags-in-one-string", "Words and tags stand in one string each.", line
                )
        if not _plain_list(words) or not _plain_list(tags):
            self.log.defect("no-tokens", "words and tags must be two lists.", line, COLUMNS_HINT)
            return None
        if len(words) != len(tags):
            self._lengths_differ(words, tags, line)
            return None
        if not len(words):
            self.log.note("empty-record", "A record without words was left out.", line)
            return None
        return self._checked(list(map(_word, words)), [self._tag(tag, line) for tag in tags], line)

    def _lengths_differ(self, words: Sequence[Any], tags: Sequence[Any], line: int) -> None:
        message = f"{_counted(words, 'word')} but {_counted(tags, 'tag')}."
        if self.log.strict or len(tags) != 1 or len(words) < 3:
            self.log.defect("length-mismatch", message, line, "Mend it.")
        else:
            shown = f"{len(words)} words but one label for all: {str(tags[0])[:40]!r}."
            self.log.defect("label-of-sentence", shown, line)

    def _checked(
        self, words: Sequence[str | None], tags: Sequence[str | None], line: int
    ) -> Sentence | None:
        if None in words or None in tags:
            self.log.defect("missing-value", "a word or a tag is missing (null).", line)
            return None
        if NAMELESS in tags:
            return None  # noted where the number was looked up
        if any(word is not None and not word.strip() for word in words):
            self.log.note("empty-token", "A word is empty or white space.", line)
        return Sentence(
            tokens=tuple(word for word in words if word is not None),
            tags=tuple(tag for tag in tags if tag is not None),
            line=line,
        )

    def _tag(self, tag: Any, line: int) -> str | None:
        """The name of a tag; None when it has none."""
        if isinstance(tag, str):
            stripped = tag.strip()
            if stripped != tag and stripped:
                self.log.remark("white-space-in-tag", f"The tag is written as {tag!r}.", line)
            return stripped or None
        if not isinstance(tag, int) or isinstance(tag, bool):
            return None
        if not self.names_searched:
            self.names = self.names or names_beside(self.path)
            self.names_searched = True
        if self.names is None:
            return self._number(tag, line)
        if not 0 <= tag < len(self.names):
            self.log.defect(
                "id-out-of-range",
                f"the tag number {tag} has no name: there are {len(self.names)} names.",
                line,
                MISSING_NAMES_HINT,
            )
            return NAMELESS
        return self.names[tag]

    def _number(self, tag: int, line: int) -> str:
        """A number that nothing names: a check takes it for a name itself.

        Raises:
            DataError: If the log is strict.
        """
        if self.log.strict:
            raise DataError(
                f"The tags of {self.path} are numbers, and nothing says what they mean.",
                MISSING_NAMES_HINT,
            )
        if "ids-without-names" not in self.log.counts:
            message = f"The tags are numbers such as {tag}, and nothing says what they mean."
            self.log.note("ids-without-names", message, line)
        return str(tag)


def _word(value: Any) -> str | None:
    if type(value) is str:
        return sys.intern(value)
    return None if value is None or isinstance(value, bool) else str(value)


def _from_pairs(record: Any) -> tuple[list[Any], list[Any]] | None:
    """Words and tags of a record that is a list of (word, tag) pairs."""
    if not isinstance(record, list) or not record:
        return None
    if not all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in record
    ):
        return None
    return [pair[0] for pair in record], [pair[1] for pair in record]


def label_of_sentence(record: Any) -> tuple[str, Any] | None:
    """The key and the value of a label that a record has for the whole of its text; else None."""
    if not isinstance(record, Mapping):
        return None
    single = ((key, record[key]) for key in (*TAG_KEYS, "class", "category") if key in record)
    return next(((key, value) for key, value in single if isinstance(value, str | int)), None)


def _one_for_all(label: tuple[str, Any] | None) -> str:
    return "" if label is None else f": `{label[0]}` is one label for all words ({label[1]!r:.40})"


def _no_keys(path: Path, record: Any) -> DataError:
    held = ", ".join(f"`{key}`" for key in list(record)[:10]) if isinstance(record, Mapping) else ""
    return DataError(
        f"{path} holds no words with tags: expected two lists of equal length, such as `tokens` "
        f"and `ner_tags`{f', but saw {held}' if held else ''}"
        f"{_one_for_all(label_of_sentence(record))}.",
        COLUMNS_HINT,
    )


def _counted(values: Sequence[Any], noun: str) -> str:
    return f"{len(values)} {noun}{'s' * (len(values) != 1)}"
