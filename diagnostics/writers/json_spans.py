"""Writes JSON Lines with a text and its labelled spans, as doccano imports and exports it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities
from diagnostics.writers._text import refuse_loose_tags, refused, write_lines

__all__ = ["JsonSpansWriter"]


class JsonSpansWriter(DataWriter):
    """`{"text": ..., "label": [[start, end, type]], "tokens": [{"start": ..., "end": ...}]}`.

    The words are joined by blanks; `tokens` keeps where each one was, so that the words that come
    back are those that went in.
    """

    name: ClassVar[str] = "json-spans"
    title: ClassVar[str] = 'JSON Lines with {"text": ..., "label": [[start, end, type]]} (doccano)'
    suffix: ClassVar[str] = ".jsonl"
    scheme_bound: ClassVar[bool] = True

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write one object per line, tags in IOB2 as spans.

        Raises:
            DataError: A word is empty, or an entity has white space at an edge.
        """
        write_lines(sentences, path, self._line)

    def _line(self, sentence: Sentence) -> str:
        refuse_loose_tags(sentence, self.name)
        tokens = sentence.tokens
        ends = list(accumulate((len(token) + 1 for token in tokens), initial=0))
        places = [(start, start + len(token)) for start, token in zip(ends, tokens, strict=False)]
        labels = []
        for first, behind, kind in entities(sentence.tags):
            if kind != kind.strip() or not kind:
                raise refused(sentence, first, "has no plain type", self.name)
            if tokens[first][:1].isspace() or tokens[behind - 1][-1:].isspace():
                raise refused(sentence, first, "starts an entity with white space", self.name)
            labels.append([places[first][0], places[behind - 1][1], kind])
        if not all(tokens):
            raise refused(sentence, tokens.index(""), "is empty", self.name)
        words = [{"start": start, "end": end} for start, end in places]
        record = {"text": " ".join(tokens), "label": labels, "tokens": words}
        return _dumped(record)


def _dumped(record: object) -> str:
    line = json.dumps(record, ensure_ascii=False)
    if any("\ud800" <= letter <= "\udfff" for letter in line):
        raise DataError(
            "A text holds half of a character, so its offsets would mean nothing.",
            "Mend the word in the original.",
        )
    return line
