"""Turns records with a text and labelled character spans into sentences.

Known are the exports of doccano, Label Studio, spaCy, Prodigy and Dataturks, and whatever names its
fields alike.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.data_format import Columns, ReadingLog
from diagnostics.span_notes import SpanNotes
from diagnostics.span_words import Place, Span, cut_words, lay_spans, longest_spans
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.token_records import label_of_sentence

__all__ = ["RawRecord", "SpanRecords", "raw_record"]

TEXT_KEYS = ("text", "content", "data", "sentence", "raw", "body", "document")
SPAN_KEYS = ("entities", "spans", "label", "labels", "annotations", "annotation", "ner")
START_KEYS = ("start", "start_offset", "start_char", "begin", "offset_start", "start_idx")
END_KEYS = ("end", "end_offset", "end_char", "stop", "offset_end", "end_idx")
LABEL_KEYS = ("label", "labels", "type", "entity", "entity_type", "tag", "entity_group", "class")
LONGEST_LITERAL = 1 << 20
COLUMNS_HINT = "Name them with `--columns token=TEXT_KEY,tag=SPANS_KEY`."


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A text with its spans as the file holds them.

    Attributes:
        text: The text.
        spans: Anything that `SpanRecords` can make a span of.
        words: Places of the words where the file says how it was tokenised, else None.
        skipped: Why the record is to be left out (rejected by the annotator), or "".
        annotations: How many annotators' versions there were; the first is taken.
    """

    text: str
    spans: Sequence[Any]
    words: Sequence[Place] | None = None
    skipped: str = ""
    annotations: int = 1


def raw_record(value: Any, columns: Columns) -> RawRecord | None:
    """The text and the spans of a record, or None when it holds no such pair."""
    if isinstance(value, list):
        return _spacy(value)
    if not isinstance(value, Mapping):
        return None
    return _label_studio(value) or _plain(value, columns)


def _spacy(value: list[Any]) -> RawRecord | None:
    """`[text, {"entities": [[start, end, label], ...]}]`."""
    if len(value) != 2 or not isinstance(value[0], str) or not isinstance(value[1], Mapping):
        return None
    spans = value[1].get("entities")
    return RawRecord(text=value[0], spans=spans) if isinstance(spans, list) else None


def _label_studio(value: Mapping[str, Any]) -> RawRecord | None:
    """`{"data": {"text": ...}, "annotations": [{"result": [{"value": {...}}]}]}`."""
    data, versions = value.get("data"), value.get("annotations", value.get("completions"))
    if not isinstance(data, Mapping) or not isinstance(versions, list):
        return None
    texts = [data[key] for key in TEXT_KEYS if isinstance(data.get(key), str)]
    texts += [each for each in data.values() if isinstance(each, str)]
    if not texts:
        return None
    valid = [each for each in versions if isinstance(each, Mapping)]
    kept = [each for each in valid if not each.get("was_cancelled")]
    kept.sort(key=lambda each: not each.get("ground_truth"))
    results = kept[0].get("result") if kept else None
    spans = [each["value"] for each in results or () if _has_offsets(each)]
    skipped = "" if kept else "no annotator has labelled it"
    return RawRecord(text=texts[0], spans=spans, skipped=skipped, annotations=max(len(kept), 1))


def _has_offsets(result: Any) -> bool:
    value = result.get("value") if isinstance(result, Mapping) else None
    return isinstance(value, Mapping) and "start" in value and "end" in value


def _plain(value: Mapping[str, Any], columns: Columns) -> RawRecord | None:
    text_keys = [columns.token] if columns.token else TEXT_KEYS
    span_keys = [columns.tag] if columns.tag else SPAN_KEYS
    text = next((value[key] for key in text_keys if isinstance(value.get(key), str)), None)
    held = [key for key in span_keys if key in value and _maybe_spans(value[key])]
    if text is None or not held:
        return None
    filled = [key for key in held if value[key]] or held
    answer = value.get("answer", "accept")
    return RawRecord(
        text=text,
        spans=_literal(value[filled[0]]) or (),
        words=_prodigy_words(value.get("tokens")),
        skipped="" if answer == "accept" else f"the annotator's answer was {answer!r}",
    )


def _literal(value: Any) -> Any:
    """The list that a table cell holds as text, in JSON or as Python writes it."""
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST_LITERAL:
        return None
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return None


def _maybe_spans(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip()[:1] == "[" and isinstance(_literal(value), list)
    return value is None or (
        isinstance(value, list)
        and (not value or any(isinstance(each, list | Mapping) for each in value))
    )


def _prodigy_words(tokens: Any) -> list[Place] | None:
    if not isinstance(tokens, list) or not tokens:
        return None
    places = [
        (token["start"], token["end"])
        for token in tokens
        if isinstance(token, Mapping)
        and type(token.get("start")) is int
        and type(token.get("end")) is int
        and str(token.get("text", "-")).strip()
    ]
    return places if places == sorted(set(places)) else None


class SpanRecords:
    """Builds sentences from the records of one file.

    Args:
        path: The file, for messages.
        columns: The user's choice of keys.
        log: What is found goes there.
    """

    def __init__(self, path: Path, columns: Columns, log: ReadingLog) -> None:
        self.path = path
        self.columns = columns
        self.log = log

    def sentences(self, records: Iterable[tuple[int, Any]]) -> Iterator[Sentence]:
        """One sentence per record, which may be a whole document.

        Raises:
            DataError: At the first defect when strict.
        """
        for line, value in records:
            if value is None:
                self.log.note("empty-record", "An empty record was left out.", line)
                continue
            record = raw_record(value, self.columns)
            if record is None:
                self._no_text(value, line)
            elif record.skipped:
                self.log.note("skipped-record", f"A record left out: {record.skipped}.", line)
            elif (sentence := self._sentence(record, line)) is not None:
                yield sentence

    def _no_text(self, value: Any, line: int) -> None:
        held = ", ".join(f"`{key}`" for key in list(value)[:10]) if isinstance(value, dict) else ""
        self.log.defect(
            "no-text" if label_of_sentence(value) is None else "label-of-sentence",
            "the record holds no text with spans"
            + (f"; its keys are {held}." if held else f": {str(value)[:60]!r}."),
            line,
            COLUMNS_HINT,
        )

    def _sentence(self, record: RawRecord, line: int) -> Sentence | None:
        spans = list(self._spans(record, line))
        words = self._words(record)
        kept, given_up = longest_spans(spans)
        laid = lay_spans(record.text, words, kept)
        notes = SpanNotes(text=record.text, line=line, log=self.log)
        notes.repeated(spans)
        notes.given_up(given_up, kept)
        notes.laid(kept, words, laid)
        if record.annotations > 1:
            message = "Several annotators' versions of one text; the first counts."
            self.log.note("several-annotations", message, line)
        if not laid.words:
            self.log.note("empty-record", "A text without words was left out.", line)
            return None
        return Sentence(tokens=laid.words, tags=laid.tags, line=line, text=record.text)

    def _words(self, record: RawRecord) -> Sequence[Place]:
        """The file's own words where they fit the text, else words cut here."""
        words = record.words
        if words is None:
            return cut_words(record.text)
        ends = [0, *(end for _, end in words)]
        fits = all(
            before <= start < end <= len(record.text)
            for before, (start, end) in zip(ends, words, strict=False)
        )
        return words if fits else cut_words(record.text)

    def _spans(self, record: RawRecord, line: int) -> Iterator[Span]:
        for value in record.spans:
            span = _span(value)
            if span is None:
                self.log.defect(
                    "broken-span",
                    f"this is no span with start, end and label: {str(value)[:60]!r}.",
                    line,
                    "Write it as [start, end, label].",
                )
            elif not 0 <= span.start <= span.end <= len(record.text):
                self.log.defect(
                    "span-out-of-range",
                    f"the span {span.start}-{span.end} ({span.label}) does not lie in the text of "
                    f"{len(record.text)} characters.",
                    line,
                    "Offsets count characters from 0; the end is behind the last.",
                )
            else:
                yield self._trimmed(span, record.text, line)

    def _trimmed(self, span: Span, text: str, line: int) -> Span:
        inner = text[span.start : span.end]
        start = span.end - len(inner.lstrip())
        end = span.start + len(inner.rstrip())
        if (start, end) == (span.start, span.end) or start >= end:
            return span
        self.log.note("white-space-in-span", "White space at the edge of a span was cut off.", line)
        return Span(start=start, end=end, label=span.label)


def _span(value: Any) -> Span | None:
    """A span from `[start, end, label]` or an object with names for the three."""
    if isinstance(value, Mapping):
        start, end, label = _fields(value)
    elif isinstance(value, Sequence) and not isinstance(value, str) and len(value) >= 3:
        start, end, label = value[:3]
    else:
        return None
    if isinstance(label, list):
        label = label[0] if label else None
    if type(start) is not int or type(end) is not int or not isinstance(label, str | int):
        return None
    return Span(start=start, end=end, label=str(label).strip()) if str(label).strip() else None


def _fields(value: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    label = next((value[key] for key in LABEL_KEYS if key in value), None)
    points = value.get("points")
    if isinstance(points, list) and points and isinstance(points[0], Mapping):
        # Dataturks counts the last character as part of the span.
        end = points[0].get("end")
        return points[0].get("start"), end + 1 if type(end) is int else None, label
    start = next((value[key] for key in START_KEYS if key in value), None)
    end = next((value[key] for key in END_KEYS if key in value), None)
    return start, end, label
