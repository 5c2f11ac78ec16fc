"""Writes CSV with one word per row and a column that numbers the sentences, as on Kaggle."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.writers._text import refuse_loose_tags, refused, writing

__all__ = ["KaggleCsvWriter"]


class KaggleCsvWriter(DataWriter):
    """Columns `Sentence #`, `Word` and `Tag`, the number in every row."""

    name: ClassVar[str] = "kaggle-csv"
    title: ClassVar[str] = "CSV with the columns Sentence #, Word and Tag, one word per row"
    suffix: ClassVar[str] = ".csv"

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write a header and one row per word.

        Raises:
            DataError: A word holds a line end, or a tag has white space at an edge.
        """
        with writing(path) as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(("Sentence #", "Word", "Tag"))
            for number, sentence in enumerate(sentences, start=1):
                refuse_loose_tags(sentence, self.name)
                pairs = zip(sentence.tokens, sentence.tags, strict=True)
                for word, (token, tag) in enumerate(pairs):
                    if {"\n", "\r"} & {*token, *tag}:
                        raise refused(sentence, word, "holds a line end", self.name)
                    rows.writerow((f"Sentence: {number}", token, tag))
