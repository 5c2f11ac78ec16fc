"""Writes sentences in a format, and remembers on which line each word came to stand.

Written for this benchmark alone, so that it does not share a mistake with the readers it tests.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.corruptions.corpora import Sentence

__all__ = ["FORMATS", "Written", "write"]

FORMATS = {
    "conll": "txt",
    "conll-tab": "tsv",
    "conll-comma": "csv",
    "json-tokens": "jsonl",
    "json-spans": "jsonl",
    "csv-sentences": "csv",
    "kaggle-csv": "csv",
}
"""Name of a way of writing to the extension of its files."""

SEPARATORS = {"conll": " ", "conll-tab": "\t", "conll-comma": ","}


@dataclass(slots=True, kw_only=True)
class Written:
    """The lines of a file.

    Attributes:
        lines: Its lines, without line ends.
        line_of: Number of a sentence and of a word in it to the line, from 1.
    """

    lines: list[str] = field(default_factory=list)
    line_of: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The content of the file."""
        return "\n".join(self.lines) + "\n"


def write(form: str, sentences: Sequence[Sentence]) -> Written:
    """Return sentences in one of `FORMATS`."""
    if form in SEPARATORS:
        return _conll(sentences, SEPARATORS[form])
    writer = {
        "json-tokens": _json_tokens,
        "json-spans": _json_spans,
        "csv-sentences": _csv_sentences,
        "kaggle-csv": _kaggle_csv,
    }[form]
    return writer(sentences)


def _conll(sentences: Sequence[Sentence], separator: str) -> Written:
    written = Written()
    for number, sentence in enumerate(sentences):
        for place, (word, tag) in enumerate(zip(sentence.words, sentence.tags, strict=True)):
            written.lines.append(f"{word}{separator}{tag}")
            written.line_of[number, place] = len(written.lines)
        written.lines.append("")
    return written


def _per_sentence(written: Written, number: int, sentence: Sentence, line: str) -> None:
    written.lines.append(line)
    for place in range(len(sentence.words)):
        written.line_of[number, place] = len(written.lines)


def _json_tokens(sentences: Sequence[Sentence]) -> Written:
    written = Written()
    for number, sentence in enumerate(sentences):
        record = {"tokens": sentence.words, "ner_tags": sentence.tags}
        _per_sentence(written, number, sentence, json.dumps(record, ensure_ascii=False))
    return written


def _json_spans(sentences: Sequence[Sentence]) -> Written:
    written = Written()
    for number, sentence in enumerate(sentences):
        record = {"text": " ".join(sentence.words), "label": spans_of(sentence)}
        _per_sentence(written, number, sentence, json.dumps(record, ensure_ascii=False))
    return written


def spans_of(sentence: Sentence) -> list[list[int | str]]:
    """Return the entities as [first character, character behind the last, type]."""
    begins = [0]
    for word in sentence.words:
        begins.append(begins[-1] + len(word) + 1)
    return [[begins[start], begins[end] - 1, kind] for start, end, kind in sentence.entities]


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue().splitlines()


def _csv_sentences(sentences: Sequence[Sentence]) -> Written:
    rows = [(" ".join(each.words), " ".join(each.tags)) for each in sentences]
    written = Written(lines=_rows(("tokens", "ner_tags"), rows))
    for number, sentence in enumerate(sentences):
        for place in range(len(sentence.words)):
            written.line_of[number, place] = number + 2
    return written


def _kaggle_csv(sentences: Sequence[Sentence]) -> Written:
    rows: list[Sequence[str]] = []
    written = Written()
    for number, sentence in enumerate(sentences):
        for place, (word, tag) in enumerate(zip(sentence.words, sentence.tags, strict=True)):
            rows.append(("" if place else f"Sentence: {number + 1}", word, tag))
            written.line_of[number, place] = len(rows) + 1
    written.lines = _rows(("Sentence #", "Word", "Tag"), rows)
    return written
