"""Reads the runs that MLflow keeps in folders: `mlruns/<experiment>/<run>`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import listing_of
from diagnostics.reader import Reader
from diagnostics.readers._column_roles import roles_of
from diagnostics.readers._metric_files import MetricFile, rows_of_metrics
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_notes import mapping_notes
from diagnostics.readers._table_run import run_of
from diagnostics.readers._tracked_settings import settings_of
from diagnostics.readers._yaml_scalars import scalar, yaml_scalars
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["MlflowRuns"]

_METRICS = "metrics"
_DESCRIPTION = "meta.yaml"
_MOST_RUNS = 50
_MOST_FILES = 500
_MOST_ENTRIES = 5000
_LONGEST_PARAMETER = 500
_ENDS = {"4": "failed", "5": "was killed", "FAILED": "failed", "KILLED": "was killed"}
"""Numbers and names of the states of a run in `meta.yaml`, for those that are no good end."""


class MlflowRuns(Reader):
    """MLflow: a run's folder with `metrics/`, or the runs of an experiment or of `mlruns`."""

    name: ClassVar[str] = "mlflow_runs"
    looks_for: ClassVar[str] = "metrics/ beside meta.yaml (MLflow), in mlruns/<experiment>/<run>"
    precedence: ClassVar[int] = 70

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a run, or the runs of an experiment or of all experiments, the latest first."""
        listing = listing_of(path)
        if listing is None:
            return ()
        if listing.has_folder(_METRICS) and _is_run(path):
            return (path,)
        if path.name == "mlruns" or listing.has_folder("mlruns"):
            root = path if path.name == "mlruns" else path / "mlruns"
            runs = [run for experiment in _folders(root) for run in _folders(experiment)]
        else:
            runs = list(_folders(path)) if listing.has_file(_DESCRIPTION) else []
        found = [run for run in runs if _is_run(run)]
        return tuple(sorted(found, key=_changed, reverse=True)[:_MOST_RUNS])

    def read(self, path: Path) -> RunHistory:
        """Read a run, its metrics brought together by their steps."""
        metrics = [MetricFile.read(name, file) for name, file in _metric_files(path / _METRICS)]
        told = [metric for metric in metrics if metric.values]
        roles = roles_of([metric.name for metric in told])
        if not roles.figures:
            raise DiagnosticsError(
                f"The run in `{path}` has no metric that is a loss or a score.",
                "It logged none, or ended before it did.",
            )
        notes: list[str] = []
        table = RunTable()
        columns, rows = rows_of_metrics(told, notes)
        roles = roles_of(columns)
        for values in rows:
            table.add(roles.row(values))
        return run_of(
            table,
            source=str(path),
            notes=(*mapping_notes(roles), *notes),
            config=settings_of(_parameters(path / "params")),
            events=_events(path),
        )


def _is_run(folder: Path) -> bool:
    try:
        described = (folder / _DESCRIPTION).is_file() or (folder / "params").is_dir()
        return described and (folder / _METRICS).is_dir()
    except OSError:  # a folder that may not be entered
        return False


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_dir()]


def _files(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_file()][:_MOST_FILES]


def _entries(folder: Path) -> list[Path]:
    try:
        found = sorted(islice(folder.iterdir(), _MOST_ENTRIES))
    except OSError:
        return []
    return [entry for entry in found if not entry.name.startswith(".")]


def _changed(run: Path) -> tuple[float, str]:
    """Return when a run was last written to; of runs written together the name decides."""
    try:
        return (run / _METRICS).stat().st_mtime, run.name
    except OSError:
        return 0.0, run.name


def _metric_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of every metric; `train/loss` lies in a folder of its own."""
    for place in (folder, *_folders(folder)[:_MOST_FILES]):
        prefix = "" if place == folder else f"{place.name}/"
        for file in _files(place):
            yield f"{prefix}{file.name}", file


def _parameters(folder: Path) -> dict[str, Any]:
    return {file.name: scalar(_beginning(file)) for file in _files(folder)}


def _beginning(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_PARAMETER).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _events(run: Path) -> tuple[RunEvent, ...]:
    """Return that a run did not end well, if its description says so."""
    status = str(yaml_scalars(run / _DESCRIPTION).get("status", ""))
    if status not in _ENDS:
        return ()
    return (RunEvent(kind="interrupted", message=f"MLflow says that the run {_ENDS[status]}."),)
