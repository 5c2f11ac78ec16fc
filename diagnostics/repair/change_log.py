"""Collects what a repair changes: how often, and the first places, for each kind of change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from diagnostics.data_format import ReadingLog
from diagnostics.findings import Place
from diagnostics.measure import keep_first
from diagnostics.repair.change_list import ChangeList
from diagnostics.repair.change_wording import LEFT, MADE, ONCE_PER_FILE, READING
from diagnostics.repair.repair_report import Change

__all__ = ["ChangeLog"]


@dataclass
class ChangeLog:
    """Changes of a repair, in the order in which their kinds are listed.

    Attributes:
        counts: Kind to how often.
        places: Kind to the first places.
        listed: Every change that is made, one by one.
        split: Name of the split that is worked on, for that list.
    """

    counts: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[Place]] = field(default_factory=dict)
    listed: ChangeList = field(default_factory=ChangeList)
    split: str = ""

    def add(
        self, kind: str, place: Place | None = None, *, count: int = 1, after: str = ""
    ) -> None:
        """Keep a change of a known kind; a count of 0 keeps nothing.

        Args:
            kind: A name from `MADE` or `LEFT`.
            place: Where it was made; its text is what stood there before.
            count: How often.
            after: What stands there now; empty when nothing does.
        """
        if not count:
            return
        self.counts[kind] = self.counts.get(kind, 0) + count
        if place is not None:
            keep_first(self.places.setdefault(kind, []), place)
        if kind in MADE or after:
            self.listed.add(self.split, place, kind, place.text if place else "", after)

    def list_problem(self, file: str, kind: str, message: str, line: int | None) -> None:
        """List what reading without a problem changes; `add_reading` counts it."""
        made = READING.get(kind)
        if made is not None and made in MADE:
            place = Place(file=file, line=line)
            self.listed.add(self.split, place, made, message, "")

    def add_reading(self, log: ReadingLog) -> None:
        """Keep what reading a file without its defects changes."""
        for kind, count in log.counts.items():
            if kind not in READING:
                continue
            made = READING[kind]
            more = 1 if kind in ONCE_PER_FILE else count
            self.counts[made] = self.counts.get(made, 0) + more
            for problem in log.problems[kind]:
                place = Place(file=log.source, line=problem.line, text=problem.message)
                keep_first(self.places.setdefault(made, []), place)
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
