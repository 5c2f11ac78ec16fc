"""Collects what a repair changes: how often, and the first places, for each kind of change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from diagnostics.data_format import ReadingLog
from diagnostics.findings import Place
from diagnostics.measure import keep_first
from diagnostics.repair_report import Change

__all__ = ["ChangeLog"]

MADE: Mapping[str, tuple[str, str]] = {
    "encoding-converted": ("1 file was converted to UTF-8.", "{} files were converted to UTF-8."),
    "line-ends-unified": (
        "The lines of 1 file end in line feeds now.",
        "The lines of {} files end in line feeds now.",
    ),
    "separators-unified": (
        "1 line had another separator than the others.",
        "{} lines had another separator than the others.",
    ),
    "lines-cut-at-returns": (
        "1 line was cut at a carriage return.",
        "{} lines were cut at carriage returns.",
    ),
    "lines-left-out": (
        "1 line that cannot be read was left out.",
        "{} lines that cannot be read were left out.",
    ),
    "words-without-tag-left-out": (
        "1 word without a tag was left out.",
        "{} words without a tag were left out.",
    ),
    "records-left-out": (
        "1 record that cannot be read was left out.",
        "{} records that cannot be read were left out.",
    ),
    "traces-removed": (
        "1 header line or byte order mark inside a file was removed.",
        "{} header lines or byte order marks inside files were removed.",
    ),
    "tags-trimmed": ("1 tag lost its white space.", "{} tags lost their white space."),
    "spans-left-out": (
        "1 span that cannot be kept was left out.",
        "{} spans that cannot be kept were left out.",
    ),
    "words-divided-at-spans": (
        "1 word was divided where a span ends inside it.",
        "{} words were divided where a span ends inside them.",
    ),
    "tags-converted": (
        "The tag of 1 word was converted to IOB2.",
        "The tags of {} words were converted to IOB2.",
    ),
    "tags-repaired": (
        "1 broken transition of tags was repaired.",
        "{} broken transitions of tags were repaired.",
    ),
    "empty-words-removed": (
        "1 word without a visible character was removed.",
        "{} words without a visible character were removed.",
    ),
    "characters-removed": (
        "1 word lost its invisible characters.",
        "{} words lost their invisible characters.",
    ),
    "words-divided": (
        "1 word with blanks inside was divided.",
        "{} words with blanks inside were divided.",
    ),
    "markers-removed": (
        "1 mark of a document or tokenizer became a sentence break.",
        "{} marks of documents or tokenizers became sentence breaks.",
    ),
    "sentences-split": (
        "1 over-long sentence was split where sentences end.",
        "{} over-long sentences were split where sentences end.",
    ),
    "duplicates-removed-from-train": (
        "1 training sentence that stands in dev or test was removed from train.",
        "{} training sentences that stand in dev or test were removed from train.",
    ),
    "duplicates-removed-from-dev": (
        "1 development sentence that stands in test was removed from dev.",
        "{} development sentences that stand in test were removed from dev.",
    ),
    "development-split-made": (
        "1 training sentence became the development split.",
        "{} training sentences became the development split, in proportion to the entity types.",
    ),
    "columns-dropped": (
        "The other column of 1 file was not written: words and tags only.",
        "The other columns of {} files were not written: words and tags only.",
    ),
    "empty-split-dropped": ("1 empty split was dropped.", "{} empty splits were dropped."),
}
"""Kind of a change to its message for one and for several."""

LEFT: Mapping[str, tuple[str, str]] = {
    "similar-type-names": (
        "1 pair of type names looks like one name.",
        "{} pairs of type names look like one name each.",
    ),
    "long-sentences": (
        "1 sentence stayed over-long: no sentence ends inside.",
        "{} sentences stayed over-long: no sentence ends inside.",
    ),
    "damaged-characters": (
        "1 line holds bytes that are not UTF-8; they are lost (U+FFFD).",
        "{} lines hold bytes that are not UTF-8; they are lost (U+FFFD).",
    ),
    "no-development-split": (
        "A development split could not be made.",
        "A development split could not be made.",
    ),
    "numbers-without-names": (
        "The tags of 1 file are numbers without names.",
        "The tags of {} files are numbers without names.",
    ),
    "reading-stopped": (
        "1 file could not be read to its end.",
        "{} files could not be read to their ends.",
    ),
}
"""The same for what is left to a person."""

READING: Mapping[str, str] = {
    "ragged-line": "lines-left-out",
    "unclosed-quote": "separators-unified",
    "mixed-separators": "separators-unified",
    "separators-differ": "separators-unified",
    "carriage-return-inside": "lines-cut-at-returns",
    "missing-tag": "words-without-tag-left-out",
    "missing-value": "records-left-out",
    "length-mismatch": "records-left-out",
    "label-of-sentence": "records-left-out",
    "broken-json": "records-left-out",
    "truncated-json": "records-left-out",
    "no-tokens": "records-left-out",
    "no-text": "records-left-out",
    "id-out-of-range": "records-left-out",
    "empty-record": "records-left-out",
    "skipped-record": "records-left-out",
    "repeated-header": "traces-removed",
    "byte-order-mark-inside": "traces-removed",
    "white-space-in-tag": "tags-trimmed",
    "broken-span": "spans-left-out",
    "span-out-of-range": "spans-left-out",
    "overlapping-spans": "spans-left-out",
    "crossing-spans": "spans-left-out",
    "repeated-span": "spans-left-out",
    "empty-span": "spans-left-out",
    "span-inside-word": "words-divided-at-spans",
    "not-utf-8": "encoding-converted",
    "damaged-encoding": "damaged-characters",
    "ids-without-names": "numbers-without-names",
    "reading-stopped": "reading-stopped",
}
"""Kind of a problem that a reader met to the change that reading and writing it makes."""

ONCE_PER_FILE = frozenset({"not-utf-8", "ids-without-names", "reading-stopped"})
"""Problems that concern a whole file, wherever they show."""


@dataclass
class ChangeLog:
    """Changes of a repair, in the order in which their kinds are listed.

    Attributes:
        counts: Kind to how often.
        places: Kind to the first places.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)

    def add(self, kind: str, place: Place | None = None, *, count: int = 1) -> None:
        """Keep a change of a known kind; a count of 0 keeps nothing."""
        if count:
            self.counts[kind] = self.counts.get(kind, 0) + count
            if place is not None:
                keep_first(self.places.setdefault(kind, []), place)

    def add_reading(self, log: ReadingLog) -> None:
        """Keep what reading a file without its defects changes."""
        for kind, count in log.counts.items():
            if kind not in READING:
                continue
            self.add(READING[kind], count=1 if kind in ONCE_PER_FILE else count)
            for problem in log.problems[kind]:
                place = Place(file=log.source, line=problem.line, text=problem.message)
                keep_first(self.places.setdefault(READING[kind], []), place)
        ends = log.facts.get("line_ends", "LF")
        self.add("line-ends-unified", Place(file=log.source), count=int(ends not in ("LF", "")))
        encoding = str(log.facts.get("encoding", "utf-8"))
        if encoding != "utf-8" and "not-utf-8" not in log.counts:
            self.add("encoding-converted", Place(file=log.source, text=encoding))
        others = log.facts.get("width", 2) > 2
        self.add("columns-dropped", Place(file=log.source), count=int(others))

    def made(self) -> tuple[Change, ...]:
        """Return the changes that were made."""
        return tuple(self._changes(MADE))

    def left(self) -> tuple[Change, ...]:
        """Return what was left alone."""
        return tuple(self._changes(LEFT))

    def _changes(self, wording: Mapping[str, tuple[str, str]]) -> Iterable[Change]:
        for kind, (one, more) in wording.items():
            count = self.counts.get(kind, 0)
            if count:
                yield Change(
                    kind=kind,
                    message=one if count == 1 else more.format(f"{count:,}"),
                    count=count,
                    places=tuple(self.places.get(kind, ())),
                )
