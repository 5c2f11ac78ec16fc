"""Reads the table that `spacy train` prints, in a text file among other lines."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import files_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers._monitor import choose_monitor
from diagnostics.readers._notebook_cells import cells_of
from diagnostics.readers._spacy_remarks import events_among, watched
from diagnostics.readers._spacy_rows import (
    SpacyTable,
    is_spacy_header,
    printed_config,
    spacy_tables,
)
from diagnostics.readers._text_lines import Line, lines_of_file, lines_of_text, samples
from diagnostics.readers._vocabulary import canonical_metric
from diagnostics.subjects.run_history import Epoch, RunHistory

__all__ = ["SpacyTraining"]

_NOTEBOOK = ".ipynb"
_ENDINGS = frozenset({".log", ".txt", ".out", ".md", ".stdout", _NOTEBOOK, ""})
_HEADER = re.compile(r"\bE {2,8}# {2,12}LOSS |\bItn {2,8}\w{3} Loss ")
_MARKS = (b"SCORE", b"Itn", "SCORE".encode("utf-16-le"), "SCORE".encode("utf-16-be"))
_MOST_FILES = 50
_HEAD = 2**18


class SpacyTraining(Reader):
    """The training table of spaCy: E, #, LOSS NER, ENTS_F, ENTS_P, ENTS_R, SCORE.

    Also that of spaCy 2, and in the outputs of a notebook.
    """

    name: ClassVar[str] = "spacy_table"
    looks_for: ClassVar[str] = "the printed table of `spacy train` in a text file"
    precedence: ClassVar[int] = 45

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find texts whose first 256 KiB hold the names of the table's columns."""
        if listing_of(path) is None:
            return (path,) if path.is_file() and _holds_table(path) else ()
        return tuple(filter(_holds_table, _texts_in(path)[:_MOST_FILES]))

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the texts with a table behind those that are looked into at once."""
        return filter(_holds_table, _texts_in(folder)[_MOST_FILES:])

    def read(self, path: Path) -> RunHistory:
        """Read the longest table of a text.

        Raises:
            DiagnosticsError: The file cannot be read, or holds no row of such a table.
        """
        notes: list[str] = []
        others: list[str] = []
        tables = spacy_tables(watched(_lines(path, notes), others))
        if not any(table.rows for table in tables):
            raise DiagnosticsError(f"`{path}` holds no row of a training table of spaCy.")
        table = max(tables, key=lambda found: len(found.rows))
        if len(tables) > 1:
            notes.append(f"The longest of {len(tables)} training tables was read.")
        if table.torn:
            notes.append(f"{table.torn} torn row{'s were' * (table.torn > 1) or ' was'} left out.")
        epochs = _epochs(table, notes)
        monitor, higher = choose_monitor(
            [point.metrics for point in epochs if point.metrics], best=None, has_loss=False
        )
        scored = any("score" in point.metrics for point in epochs)
        return RunHistory(
            epochs=epochs,
            config=dict(printed_config(others)),
            events=events_among(others),
            monitor=monitor or ("score" if scored else None),
            higher_is_better=higher,
            source=str(path),
            notes=tuple(notes),
        )


def _texts_in(folder: Path) -> list[Path]:
    files = (folder / name for name in sorted(files_among(folder)))
    return [file for file in files if file.suffix.lower() in _ENDINGS]


def _holds_table(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            content = file.read(_HEAD)
    except OSError:
        return False
    if not any(mark in content for mark in _MARKS):
        return False
    head, _ = samples(path, _HEAD, 0)
    if path.suffix.lower() == _NOTEBOOK:
        return _HEADER.search(head) is not None
    return any(is_spacy_header(line) for line in head.splitlines())


def _lines(path: Path, notes: list[str]) -> Iterator[Line]:
    """Yield the lines of a text, or of what the cells of a notebook printed."""
    if path.suffix.lower() != _NOTEBOOK:
        yield from lines_of_file(path, notes)
        return
    for cell in cells_of(path, notes):
        for output in cell.outputs:
            yield from lines_of_text(output.text, notes)


def _epochs(table: SpacyTable, notes: list[str]) -> tuple[Epoch, ...]:
    places = _places(table)
    losses = _mean_losses(table)
    scores = _scores(table, notes)
    steps = table.column("#")
    if losses and steps:
        names = " and ".join(name.removeprefix("LOSS ").lower() for name in table.losses)
        notes.append(
            f"The loss of {names}, a sum since the row before, was divided by the steps between "
            "and read as the training loss."
        )
    return tuple(
        Epoch(
            number=place,
            step=int(steps[index]) if steps and 0 <= steps[index] < 1e12 else None,
            train_loss=losses[index] if losses else None,
            metrics={name: values[index] for name, values in scores.items()},
        )
        for index, place in enumerate(places)
    )


def _places(table: SpacyTable) -> list[float]:
    """Return the epochs done at each row: several rows of one epoch lie evenly within it."""
    begun = table.column("E") or table.column("#")
    count: dict[float, int] = {}
    for epoch in begun:
        count[epoch] = count.get(epoch, 0) + 1
    seen: dict[float, int] = {}
    places = []
    for epoch in begun:
        places.append(epoch + seen.get(epoch, 0) / count[epoch] if math.isfinite(epoch) else 0.0)
        seen[epoch] = seen.get(epoch, 0) + 1
    return places


def _mean_losses(table: SpacyTable) -> list[float]:
    """Return the loss of each row as a mean over its steps; the first row comes after one step.

    spaCy 2 tells no steps: there it stays the sum over an epoch.
    """
    if not table.losses:
        return []
    columns = [table.column(name) for name in table.losses]
    if "#" not in table.columns:
        return [sum(parts) for parts in zip(*columns, strict=True)]
    means = []
    before = -1.0
    for step, *parts in zip(table.column("#"), *columns, strict=True):
        means.append(sum(parts) / max(1.0, step - max(before, 0.0)))
        before = step
    return means


def _scores(table: SpacyTable, notes: list[str]) -> dict[str, Sequence[float]]:
    """Return the scores by their standard names; spaCy prints all but SCORE in percent."""
    scores: dict[str, Sequence[float]] = {}
    renamed: dict[str, str] = {}
    for name in table.columns:
        if " " in name or len(name) == 1 or not name.isupper():
            continue
        standard = canonical_metric(name)
        values = table.column(name)
        scores[standard] = (
            values if name == "SCORE" else [round(value / 100, 6) for value in values]
        )
        if standard != name.lower():
            renamed[name] = standard
    if renamed:
        notes.append(
            f"{', '.join(renamed)} were read as {', '.join(renamed.values())}, in hundredths."
        )
    return scores
