"""Words and tags of the lines of a token table: plain lines at once, all others with care."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from itertools import repeat
from operator import contains

from diagnostics.data_format import ReadingLog
from diagnostics.table_layout import LOOKS_TAGGED, WHITESPACE, TableLayout, is_header, splitter

__all__ = ["COLUMNS_HINT", "TableRows", "Words"]

Words = tuple[Sequence[str], Sequence[str], Sequence[int]]
"""Words, tags and line numbers of one sentence."""

KEY_AND_VALUE = re.compile(r"#\s*[\w.:-]+\s*=\s")
MOST_KNOWN_TAGS = 10_000
COLUMNS_HINT = (
    "Choose the columns with `--columns token=0,tag=-1` (numbers from 0, -1 is the last), "
    "with `separator=tab` where needed."
)


class TableRows:
    """Reads lines that stand between two sentence breaks.

    Args:
        layout: How the lines are built.
        log: What is found goes there.
    """

    def __init__(self, layout: TableLayout, log: ReadingLog) -> None:
        self.layout = layout
        self.log = log
        self.split = layout.split()
        self.by_blanks = splitter(WHITESPACE)
        self.plain_tags: set[str] = set()
        self.header = layout.header

    def sentences(self, lines: Sequence[str], numbers: Sequence[int]) -> list[Words]:
        """Return the sentences of neighbouring lines: one as a rule, none when all are comments.

        Raises:
            DataError: At the first defect when the log is strict.
        """
        if self.layout.separator == WHITESPACE and not self.log.strict:
            self._note_separators(lines, numbers)
        rows = list(map(self.split, lines))
        words = self._plain(lines, rows)
        return self._careful(lines, rows, numbers) if words is None else [(*words, numbers)]

    def _plain(
        self, lines: Sequence[str], rows: Sequence[Sequence[str]]
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Words and tags where every line holds one of each and nothing is to be mended.

        Nearly all lines do. What happens here for every word decides how fast a check is.
        """
        if self.header:
            return None
        try:
            columns = list(zip(*rows, strict=True))
        except ValueError:
            return None
        if len(columns) != self.layout.width:
            return None
        tokens, tags = columns[self.layout.token], columns[self.layout.tag]
        if not self.plain_tags.issuperset(tags) and not self._learn(set(tags)):
            return None
        letters = "".join(tokens)
        if "#" in "".join(columns[0]) and True in map(str.startswith, lines, repeat("#")):
            return None
        blank = " " in letters or not letters.isprintable()
        if not all(tokens) or (blank and True in map(str.isspace, tokens)):
            return None
        # The same words come again and again: one object for each saves most of the memory.
        return tuple(map(sys.intern, tokens)), tags

    def _learn(self, tags: set[str]) -> bool:
        """Whether new tags are plain ones; those are known from then on."""
        if len(self.plain_tags) < MOST_KNOWN_TAGS:
            self.plain_tags |= {tag for tag in tags if tag == tag.strip() and _no_name(tag)}
        return tags <= self.plain_tags

    def _careful(
        self, lines: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]
    ) -> list[Words]:
        found: list[tuple[list[str], list[str], list[int]]] = [([], [], [])]
        for line, row, number in zip(lines, rows, numbers, strict=True):
            if self._is_header(row, number):
                found.append(([], [], []))
                continue
            word = self._word(line, row, number)
            if word is not None:
                found[-1][0].append(sys.intern(word[0]))
                found[-1][1].append(word[1])
                found[-1][2].append(number)
        return [words for words in found if words[0]]

    def _is_header(self, row: Sequence[str], number: int) -> bool:
        """Whether a line names the columns: the first line, or that of a file that was joined."""
        if self.header:
            self.header = ()
            return True
        if len(row) != self.layout.width or row[self.layout.tag] in self.layout.tags:
            return False
        if not is_header(row):
            return False
        self.log.note("repeated-header", "A line names the columns once more.", number)
        return True

    def _word(self, line: str, row: Sequence[str], number: int) -> tuple[str, str] | None:
        """The word and the tag of a line; None for comments and, when not strict, for defects."""
        if line[0] == "#" and self._is_comment(line, row):
            return None
        if len(row) != self.layout.width:
            row = self._mended(line, row, number)
        if len(row) != self.layout.width:
            self._ragged(row, number)
            return None
        token, written = row[self.layout.token], row[self.layout.tag]
        tag = written.strip()
        if not tag:
            self.log.defect("missing-tag", f"the word {token!r} has no tag.", number, COLUMNS_HINT)
            return None
        if tag != written:
            self.log.remark("white-space-in-tag", f"The tag is written as {written!r}.", number)
        if not token or token.isspace():
            self.log.note("empty-token", f"The word of a line is {token!r}.", number)
        return token, tag

    def _is_comment(self, line: str, row: Sequence[str]) -> bool:
        """CoNLL-U comments start with `#`, but so do hashtags, which have a tag."""
        if len(row) != self.layout.width:
            return True
        if self.layout.separator == WHITESPACE and KEY_AND_VALUE.match(line):
            return True
        tag = row[self.layout.tag]
        return tag not in self.layout.tags and not LOOKS_TAGGED.fullmatch(tag)

    def _mended(self, line: str, row: Sequence[str], number: int) -> Sequence[str]:
        """Undo what is harmless: separators at the end of the line, and a word that is missing."""
        if self.layout.separator == WHITESPACE:
            missing = len(row) == self.layout.width - 1 and line[0] in " \t"
            return ["", *row] if missing and self.layout.token == 0 else row
        cut = list(row)
        while len(cut) > self.layout.width and not cut[-1]:
            cut.pop()
        return self._cut_at_blanks(line, number) or cut

    def _cut_at_blanks(self, line: str, number: int) -> Sequence[str] | None:
        """The columns of a line that is separated by blanks, unlike the others; else None.

        A check reads it like that, since no other reading makes sense; a training stops.
        """
        row = self.by_blanks(line)
        if self.log.strict or self.layout.separator in line or len(row) != self.layout.width:
            return None
        tag = row[self.layout.tag]
        if tag not in self.layout.tags and not LOOKS_TAGGED.fullmatch(tag):
            return None
        self.log.defect("mixed-separators", f"Blanks part the columns of {line[:60]!r}.", number)
        return row

    def _note_separators(self, lines: Sequence[str], numbers: Sequence[int]) -> None:
        """Note the lines with a tab where most have none, or the other way round."""
        tabs = sum(map(contains, lines, repeat("\t")))
        usual = self.layout.tabs >= 0.5
        if tabs == (len(lines) if usual else 0):
            return
        for line, number in zip(lines, numbers, strict=True):
            if ("\t" in line) != usual and line[0] != "#":
                seen, others = ("Blanks", "tabs") if usual else ("Tabs", "blanks")
                message = f"{seen} part the columns where {others} part those of most lines."
                self.log.remark("separators-differ", message, number)

    def _ragged(self, row: Sequence[str], number: int) -> None:
        shown = self.log.facts["separator"]
        self.log.defect(
            "ragged-line",
            f"{len(row)} column{'s' * (len(row) != 1)} where the other lines have "
            f"{self.layout.width} (separator: {shown}): {' '.join(row)[:60]!r}.",
            number,
            f"Mend the line. {COLUMNS_HINT}",
        )


def _no_name(tag: str) -> bool:
    """Whether a tag cannot be the name of the tag column in a header line."""
    return bool(tag) and not is_header(("token", tag))
