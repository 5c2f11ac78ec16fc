"""Lines of a token table that no sentence holds: comments, and the starts of documents."""

from __future__ import annotations

from pathlib import Path

from diagnostics.data_format import ReadingLog
from diagnostics.findings import Place
from diagnostics.repair.change_log import ChangeLog
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.table_layout import DOCUMENT_START
from diagnostics.text_file import TextFile

__all__ = ["PassedLines"]

_SHOWN = 80


class PassedLines:
    """Finds the lines that a reader passes over, since a copy does not hold them.

    Args:
        path: A token table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.starts: dict[int, str] = {}
        self.comments: dict[int, str] = {}
        text = TextFile.inspect(path, ReadingLog(str(path), strict=False))
        for numbers, lines in text.paragraphs():
            for number, line in zip(numbers, lines, strict=True):
                if line.startswith(DOCUMENT_START):
                    self.starts[number] = line[:_SHOWN]
                elif line.startswith("#"):
                    self.comments[number] = line[:_SHOWN]

    def read(self, sentence: Sentence) -> None:
        """Take out the lines that were read as words: hashtags start like comments."""
        if self.comments:
            for line in sentence.lines or ():
                self.comments.pop(line, None)

    def note(self, changes: ChangeLog) -> None:
        """Keep those that are left as dropped."""
        for kind, lines in (
            ("document-starts-dropped", self.starts),
            ("comments-dropped", self.comments),
        ):
            for number, text in lines.items():
                changes.add(kind, Place(file=str(self.path), line=number, text=text))
