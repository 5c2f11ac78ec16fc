"""One sentence per line, each word with its tag behind a bar."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.text_file import TextFile
from diagnostics.text_head import decode_head

__all__ = ["BarredLinesFormat"]


class BarredLinesFormat(DataFormat):
    """Lines such as `Jane|B-PER left|O`."""

    name: ClassVar[str] = "barred-lines"
    title: ClassVar[str] = "one sentence per line, each word with its tag behind a bar"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure when every word of the first line has a bar in it."""
        words = (decode_head(head) or "").partition("\n")[0].split()
        return 0.9 if words and all("|" in word[1:-1] for word in words) else None

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """Yield one sentence per line; a word without a tag is a defect."""
        for number, line in TextFile.inspect(path, log).lines():
            pairs = [word.rpartition("|") for word in line.split()]
            if not all(bar for _, bar, _ in pairs):
                log.defect("missing-tag", "a word has no tag.", number, "Write it as `word|O`.")
            elif pairs:
                tokens, _, tags = zip(*pairs, strict=True)
                yield Sentence(tokens=tokens, tags=tags, line=number)
