"""CSV with one word per row and a column that numbers the sentences, as on Kaggle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from diagnostics.csv_rows import chosen_column, csv_rows, head_rows
from diagnostics.data_format import Columns, DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["KaggleCsvFormat"]

SENTENCE_NAME = re.compile(r"(sentence|sent)[ _.-]*(#|ids?|no\.?|num|number|idx|index)", re.I)
WORD_NAMES = ("word", "words", "token", "tokens")
TAG_NAMES = ("tag", "ner_tag", "ner", "tags", "ner_tags", "label", "labels", "entity")
COLUMNS_HINT = "Choose the columns with `--columns token=Word,tag=Tag`."


class KaggleCsvFormat(DataFormat):
    """Columns `Sentence #`, `Word`, `Tag`; the sentence number on each row or on the first only."""

    name: ClassVar[str] = "kaggle-csv"
    title: ClassVar[str] = "CSV with the columns Sentence #, Word and Tag, one word per row"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when the header names a sentence number, a word and a tag."""
        del path
        rows = head_rows(head)
        return 0.95 if rows and _columns(rows[0], Columns()) else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Sentences as the sentence number changes.

        Raises:
            DataError: If a column is missing, or at the first row without a tag when strict.
        """
        rows = csv_rows(path, log, line_per_row=True)
        _, header = next(rows, (0, []))
        columns = _columns(header, options.columns)
        if columns is None:
            raise DataError(
                f"{path} lacks a column for the sentence number, the word or the tag; its columns "
                f"are {', '.join(header[:12])}.",
                COLUMNS_HINT,
            )
        log.fact("columns", f"token={header[columns[1]]},tag={header[columns[2]]}")
        return _sentences(rows, columns, log)


def _columns(header: Sequence[str], chosen: Columns) -> tuple[int, int, int] | None:
    """Numbers of the columns of sentence, word and tag."""
    sentence = next(
        (place for place, name in enumerate(header) if SENTENCE_NAME.fullmatch(name.strip())), None
    )
    word = chosen_column(chosen.token, header, WORD_NAMES)
    tag = chosen_column(chosen.tag, header, TAG_NAMES)
    if sentence is None or word is None or tag is None:
        return None
    return sentence, word, tag


def _sentences(
    rows: Iterator[tuple[int, list[str]]], columns: tuple[int, int, int], log: ReadingLog
) -> Iterator[Sentence]:
    tokens: list[str] = []
    tags: list[str] = []
    lines: list[int] = []
    current = ""
    for line, row in rows:
        if len(row) <= max(columns):
            log.defect("ragged-line", f"{len(row)} cells, too few for the header.", line)
            continue
        number, word, tag = (row[column] for column in columns)
        if number.strip() and number != current:
            current = number
            if tokens:
                yield _sentence(tokens, tags, lines)
                tokens, tags, lines = [], [], []
        if _has_tag(word, tag, line, log):
            lines.append(line)
            tokens.append(word)
            tags.append(tag.strip())
    if tokens:
        yield _sentence(tokens, tags, lines)


def _has_tag(word: str, tag: str, line: int, log: ReadingLog) -> bool:
    """Whether a row has a tag; what is odd about the row is kept.

    Raises:
        DataError: If it has none and the log is strict.
    """
    if not tag.strip():
        log.defect("missing-tag", f"the word {word!r} has no tag.", line, COLUMNS_HINT)
        return False
    if tag != tag.strip():
        log.remark("white-space-in-tag", f"The tag is written as {tag!r}.", line)
    if not word.strip():
        log.note("empty-token", "A word is empty or white space.", line)
    return True


def _sentence(tokens: list[str], tags: list[str], lines: list[int]) -> Sentence:
    return Sentence(tokens=tuple(tokens), tags=tuple(tags), line=lines[0], lines=tuple(lines))
