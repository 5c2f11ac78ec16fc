"""Tells what happened to the labelled spans of a text when they were laid over its words."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from diagnostics.data_format import ReadingLog
from diagnostics.span_words import LaidSpans, Place, Span

__all__ = ["SpanNotes"]

SHOWN = 40
"""Characters of a span that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanNotes:
    """Notes on the spans of one text.

    Attributes:
        text: The text.
        line: Line (or record) number at which its record starts.
        log: Where the notes go.
    """

    text: str
    line: int
    log: ReadingLog

    def repeated(self, spans: Sequence[Span]) -> None:
        """Note spans that are given more than once."""
        count = len(spans) - len(set(spans))
        if count:
            message = "A span is given twice; once counts."
            self.log.note("repeated-span", message, self.line, count=count)

    def given_up(self, spans: Sequence[Span], kept: Sequence[Span]) -> None:
        """Note spans that lie inside longer ones or cross them: a word has one tag."""
        for span in spans:
            if _crosses(span, kept):
                message = f"{self._shown(span)} crosses a longer span and was left out."
                self.log.note("crossing-spans", message, self.line)
            else:
                message = f"{self._shown(span)} lies over a longer span and was left out."
                self.log.note("overlapping-spans", message, self.line)

    def laid(self, spans: Sequence[Span], words: Sequence[Place], laid: LaidSpans) -> None:
        """Note spans that end inside words, hold none, or run over line breaks."""
        if laid.lost:
            message = "A span holds no word and was left out."
            self.log.note("empty-span", message, self.line, count=laid.lost)
        for span in spans if laid.cuts else ():
            if _inside(words, span.start) or _inside(words, span.end):
                around = self.text[max(span.start - 10, 0) : span.end + 10]
                message = (
                    f"{self._shown(span)} starts or ends inside a word, which was divided there "
                    f"({around[:60]!r})."
                )
                self.log.note("span-inside-word", message, self.line)
        for span in spans if "\n" in self.text else ():
            if "\n" in self.text[span.start : span.end]:
                message = f"{self._shown(span)} runs over a line break."
                self.log.remark("span-over-lines", message, self.line)

    def _shown(self, span: Span) -> str:
        return f"{span.label} {self.text[span.start : span.end][:SHOWN]!r}"


def _crosses(span: Span, kept: Sequence[Span]) -> bool:
    """Whether a span overlaps a kept one without lying inside it; only neighbours can."""
    place = bisect.bisect(kept, span)
    return any(
        other.start < span.end
        and span.start < other.end
        and not (other.start <= span.start and span.end <= other.end)
        for other in kept[max(place - 1, 0) : place + 1]
    )


def _inside(words: Sequence[Place], edge: int) -> bool:
    place = bisect.bisect_left(words, (edge, 0)) - 1
    return place >= 0 and words[place][0] < edge < words[place][1]
