"""The code cells of a Jupyter notebook: what was written in them, and what they showed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._documents import items_of, mapping, read_bytes, read_mapping

__all__ = ["Cell", "Output", "cells_of"]

_MOST_CELLS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a cell showed at one place.

    Attributes:
        text: Printed or plain text; empty where there is HTML.
        html: HTML, empty where there is none.
        error: Traceback and message of an error, empty where there is none.
    """

    text: str = ""
    html: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell.

    Attributes:
        number: Its place among all cells, from 1.
        source: What was written in it.
        outputs: What it showed; neighbouring pieces of printed text are one.
    """

    number: int
    source: str
    outputs: tuple[Output, ...]


def cells_of(path: Path, notes: list[str]) -> list[Cell]:
    """Return the code cells of a notebook; of one that was cut off, the cells that are whole.

    Raises:
        DiagnosticsError: It cannot be read, or is no notebook.
    """
    try:
        document = read_mapping(path)
        cells = _cells(document)
    except DiagnosticsError:
        cells = items_of(read_bytes(path), "cells")
        if not cells:
            raise
        notes.append(f"{path.name} is cut off or damaged; {len(cells)} cells could be read.")
    if cells is None:
        raise DiagnosticsError(f"`{path}` is no notebook: it holds no list of cells.")
    if len(cells) > _MOST_CELLS:
        notes.append(f"Only the first {_MOST_CELLS:,} of {len(cells):,} cells were read.")
    return [
        Cell(
            number=number,
            source=_text(cell.get("source", cell.get("input"))),
            outputs=tuple(_joined(_outputs(cell))),
        )
        for number, cell in enumerate(cells[:_MOST_CELLS], start=1)
        if isinstance(cell, dict) and cell.get("cell_type") == "code"
    ]


def _cells(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the list of cells of any version of the format, None when there is none."""
    cells = document.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = document.get("worksheets")  # version 3
    if not isinstance(sheets, list):
        return None
    found = (mapping(sheet).get("cells") for sheet in sheets)
    return [cell for cells in found if isinstance(cells, list) for cell in cells]


def _outputs(cell: Mapping[str, Any]) -> Iterator[Output]:
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream":
            yield Output(text=_text(output.get("text")))
        elif kind in ("error", "pyerr"):
            traceback = output.get("traceback")
            frames = traceback if isinstance(traceback, list) else []
            last = f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"
            yield Output(error="\n".join([*(_text(frame) for frame in frames), last]))
        else:
            data = mapping(output.get("data")) or output
            html = _text(data.get("text/html", data.get("html")))
            yield Output(html=html, text="" if html else _text(data.get("text/plain")))


def _joined(outputs: Iterator[Output]) -> Iterator[Output]:
    """Yield the outputs with the pieces of one stream put together."""
    parts: list[str] = []
    for output in outputs:
        if output.text:
            parts.append(output.text if output.text.endswith("\n") else f"{output.text}\n")
            continue
        if parts:
            yield Output(text="".join(parts))
            parts = []
        if output.html or output.error:
            yield output
    if parts:
        yield Output(text="".join(parts))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
