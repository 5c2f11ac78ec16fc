"""Writes JSON Lines with the words and the tags of each sentence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.writers._text import refuse_loose_tags, write_lines

__all__ = ["JsonTokensWriter"]


class JsonTokensWriter(DataWriter):
    """`{"tokens": [...], "ner_tags": [...]}` per line, as `datasets` reads it."""

    name: ClassVar[str] = "json-tokens"
    title: ClassVar[str] = 'JSON Lines with {"tokens": [...], "ner_tags": [...]}'
    suffix: ClassVar[str] = ".jsonl"

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write one object per line; any word can be held.

        Raises:
            DataError: A tag is empty or has white space at an edge.
        """
        write_lines(sentences, path, self._line)

    def _line(self, sentence: Sentence) -> str:
        refuse_loose_tags(sentence, self.name)
        record = {"tokens": sentence.tokens, "ner_tags": sentence.tags}
        line = json.dumps(record, ensure_ascii=False)
        try:
            line.encode()
        except UnicodeEncodeError:  # half of a character: only an escape can hold it
            return json.dumps(record)
        return line
