"""Reads Jupyter notebooks: the progress tables, logs and errors that their cells show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.failure_messages import recognise_all
from diagnostics.folder_listing import files_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers._html_tables import Table, tables_of
from diagnostics.readers._notebook_cells import Cell, Output, cells_of
from diagnostics.readers._printed_history import history_of
from diagnostics.readers._printed_parser import PrintedLog
from diagnostics.readers._printed_tables import ProgressTable
from diagnostics.readers._source_settings import SourceSettings
from diagnostics.readers._text_lines import lines_of_text, plain
from diagnostics.subjects.run_history import RunHistory

__all__ = ["Notebook"]

_ENDING = ".ipynb"
_MOST_FILES = 50
_SEARCHED = 4 << 20
_TRAINED = re.compile(
    rb"Training Loss|Validation Loss|eval_loss|'loss'|val_loss|train_loss|Epoch[ =:]{1,3}\d"
)
_PROGRESS = re.compile(r"\[\s{0,9}(\d{1,12})/(\d{1,12}) .{0,80}?Epoch ([\d.]{1,12})/(\d{1,9})\]")
_TRAINS = re.compile(r"\btrain|\bfit\(|\bevaluate|\bbackward\(|Trainer", re.IGNORECASE)
_BEGINS = re.compile(r"\btrain\(|\bfit\(|\bbackward\(")
_LONGEST_ERROR = 200_000


class Notebook(Reader):
    """Jupyter notebook with the outputs of a training kept in it."""

    name: ClassVar[str] = "notebook"
    looks_for: ClassVar[str] = "*.ipynb (a notebook that shows a training)"
    precedence: ClassVar[int] = 40

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a notebook by its name, or those of a folder that show a training."""
        try:
            if listing_of(path) is not None:
                return tuple(filter(_shows_training, _notebooks_in(path)[:_MOST_FILES]))
            return (path,) if path.suffix == _ENDING and path.is_file() else ()
        except OSError:
            return ()

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the notebooks with a training behind those that are looked into at once."""
        return filter(_shows_training, _notebooks_in(folder)[_MOST_FILES:])

    def read(self, path: Path) -> RunHistory:
        """Read the training of a notebook that tells most; the others are named in the notes."""
        notes: list[str] = []
        log = PrintedLog()
        sources = SourceSettings()
        for cell in cells_of(path, notes):
            given, named = sources.read(cell.source)
            log.settings = {**named, **log.settings, **given}
            _follow(log, cell, notes)
        log.close()
        history = history_of(
            log.records, environment=log.environment, source=str(path), unit="cell"
        )
        if history is None:
            raise DiagnosticsError(
                f"`{path}` shows no training: no cell shows a loss, a score or a failure.",
                "Save the notebook with its outputs after training.",
            )
        return replace(history, notes=(*notes, *history.notes))


def _notebooks_in(folder: Path) -> list[Path]:
    return [folder / name for name in sorted(files_among(folder)) if name.endswith(_ENDING)]


def _shows_training(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _TRAINED.search(file.read(_SEARCHED)) is not None
    except OSError:
        return False


def _follow(log: PrintedLog, cell: Cell, notes: list[str]) -> None:
    """Give the log what a cell shows, in its order."""
    for output in cell.outputs:
        if output.error:
            _fail(log, cell, output)
        elif output.html:
            _tabulate(log, cell, output.html)
        else:
            for _, line in lines_of_text(output.text, notes):
                log.feed(cell.number, line)
    log.end_block()


def _fail(log: PrintedLog, cell: Cell, output: Output) -> None:
    """Take in an error, unless it happened in a cell that has nothing to do with training."""
    log.end_block(cell.number)
    record, elsewhere = log.record, log.record.last_line != cell.number
    trains = _BEGINS.search(cell.source) is not None or not elsewhere
    if (record.ended or record.failed) and elsewhere and trains:
        log.begin()
    text = "\n".join(plain(line) for line in output.error[-_LONGEST_ERROR:].split("\n"))
    for event in recognise_all(text, most=5)[-1:]:
        tried = not record.has_rows and _TRAINS.search(cell.source) is not None
        if event.kind != "error" or trains or tried:
            log.event(event)


def _tabulate(log: PrintedLog, cell: Cell, html: str) -> None:
    """Take in the progress tables of a piece of HTML."""
    if "<table" not in html or "oss" not in html:
        return
    log.end_block(cell.number)
    tables, outside = tables_of(html)
    for table in tables:
        _add_table(log, table, outside)


def _add_table(log: PrintedLog, table: Table, outside: str) -> None:
    head = table.rows[0] if table.rows else []
    progress = ProgressTable.of_header(head)
    if progress is None:
        return
    rows = [row for cells in table.rows[1:] if (row := progress.row(cells)) is not None]
    if not rows:
        return
    log.begin()
    for row in rows:
        log.add(row)
    found = _PROGRESS.search(outside)
    if found is None:
        return
    record = log.record
    record.config |= {"max_steps": int(found[2]), "epochs": int(found[4])}
    record.ended = found[1] == found[2]
