"""What a benchmark says at its end: a table on the screen, and the raw figures as JSON."""

from __future__ import annotations

import json
import math
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from tuner.search.folder import default_environment
from tuner.values import to_plain

__all__ = ["environment", "print_table", "shown", "spread", "write_figures"]

WIDTH = 160
BUSY_SHARE = 0.5
"""Load per core before the start above which timings are called doubtful."""


def environment() -> dict[str, Any]:
    """Return what the figures depend on: versions, cores, threads and how busy the machine is."""
    return {
        **default_environment(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table; the first column is text, the others are figures."""
    table = Table(title=title, box=box.MARKDOWN, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH, markup=False, highlight=False).print(table)


def spread(values: Sequence[float]) -> float:
    """Standard deviation of a sample; NaN with fewer than two values."""
    return statistics.stdev(values) if len(values) > 1 else math.nan


def shown(values: Sequence[float], digits: int = 4) -> str:
    """Return `mean ± standard deviation`, or the mean alone with fewer than two values."""
    if not values:
        return "–"
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {spread(values):.{digits}f}"


def write_figures(path: Path, start: Mapping[str, Any], **figures: Any) -> None:
    """Write the raw figures, and say so when the machine was too busy for timings.

    Args:
        path: File to write.
        start: What `environment` returned before the first arm.
        **figures: Whatever was measured.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"environment": start, **{name: to_plain(value) for name, value in figures.items()}}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    load, cores = start.get("load"), start.get("cores")
    if load is not None and cores and load / cores > BUSY_SHARE:
        print(f"The machine was busy at the start (load {load:.1f} on {cores} cores).")
    print(f"Raw figures: {path}")
