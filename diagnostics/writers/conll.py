"""Writes token tables: a word, a tab and its tag per line, a blank line behind each sentence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from diagnostics.data_writer import DataWriter
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import DOCUMENT_START
from diagnostics.writers._text import refuse_loose_tags, refused, writing

__all__ = ["ConllWriter"]

_BREAKS = ("\t", "\n", "\r")


class ConllWriter(DataWriter):
    """Tab-separated CoNLL. It has no way to escape anything: what would be misread is refused."""

    name: ClassVar[str] = "conll"
    title: ClassVar[str] = "CoNLL: a word, a tab and its tag per line, blank line between sentences"
    suffix: ClassVar[str] = ".conll"

    def write(self, sentences: Iterable[Sentence], path: Path) -> None:
        """Write a table without a header.

        Raises:
            DataError: A word holds a tab or a line end, or starts like the mark of a document.
        """
        with writing(path) as file:
            for sentence in sentences:
                self._check(sentence)
                pairs = zip(sentence.tokens, sentence.tags, strict=True)
                file.writelines(f"{token}\t{tag}\n" for token, tag in pairs)
                file.write("\n")

    def _check(self, sentence: Sentence) -> None:
        refuse_loose_tags(sentence, "CoNLL")
        letters = "".join(sentence.tokens) + "".join(sentence.tags)
        if DOCUMENT_START not in letters and not any(mark in letters for mark in _BREAKS):
            return
        for word, (token, tag) in enumerate(zip(sentence.tokens, sentence.tags, strict=True)):
            if any(mark in token or mark in tag for mark in _BREAKS):
                raise refused(sentence, word, "holds a tab or a line end", "CoNLL")
            if token.startswith(DOCUMENT_START):
                raise refused(sentence, word, "starts like the mark of a document", "CoNLL")
