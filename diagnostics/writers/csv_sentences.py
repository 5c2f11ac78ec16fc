"""Writes CSV with one sentence per row, its words and tags as JSON lists."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.writers._text import refuse_loose_tags, writing

__all__ = ["CsvSentencesWriter"]


class CsvSentencesWriter(DataWriter):
    """Columns `tokens` and `ner_tags`; JSON in the cells, so that commas and quotes are safe."""

    name: ClassVar[str] = "csv-sentences"
    title: ClassVar[str] = "CSV with one sentence per row, words and tags as JSON lists"
    suffix: ClassVar[str] = ".csv"

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write a header and one row per sentence; any word can be held.

        Raises:
            DataError: A tag is empty or has white space at an edge.
        """
        with writing(path) as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(("tokens", "ner_tags"))
            for sentence in sentences:
                refuse_loose_tags(sentence, self.name)
                rows.writerow((json.dumps(sentence.tokens), json.dumps(sentence.tags)))
