"""Reads the files that Weights & Biases keeps of a run: its history, summary and configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import files_among, folders_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers._column_roles import roles_of
from diagnostics.readers._columns import Figure, meaning_of
from diagnostics.readers._documents import optional_mapping, read_mapping
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_head import flat
from diagnostics.readers._table_notes import mapping_notes
from diagnostics.readers._table_reader import read_table
from diagnostics.readers._table_run import run_of
from diagnostics.readers._tracked_settings import settings_of
from diagnostics.readers._yaml_scalars import yaml_scalars
from diagnostics.subjects.run_history import RunHistory

__all__ = ["WandbFiles"]

_HISTORY = "wandb-history.jsonl"
_SUMMARY = "wandb-summary.json"
_RUN = re.compile(r"(?:offline-)?run-[\w-]{1,80}")
_MOST_RUNS = 50


class WandbFiles(Reader):
    """Weights & Biases: the `files` folder of a run, with `config.yaml` and the metadata in it."""

    name: ClassVar[str] = "wandb_files"
    looks_for: ClassVar[str] = f"{_HISTORY} or {_SUMMARY} (Weights & Biases), in wandb/run-*/files"
    precedence: ClassVar[int] = 70

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a history or a summary, or those of the runs in a folder, the latest first."""
        if listing_of(path) is None:
            return (path,) if path.name in {_HISTORY, _SUMMARY} and path.is_file() else ()
        places = (path, path / "files", *_runs(path), *_runs(path / "wandb"))
        return tuple(found for place in places if (found := _log_in(place)) is not None)

    def read(self, path: Path) -> RunHistory:
        """Read a history; without one the summary, which knows the last values only."""
        folder = path.parent
        config = settings_of(yaml_scalars(folder / "config.yaml"))
        if path.name == _SUMMARY:
            run = _from_summary(path, config)
        else:
            run = read_table(path, config=config)
        return replace(run, environment=_environment(folder))


def _log_in(folder: Path) -> Path | None:
    """Return the history in a folder, else the summary; None in one that may not be entered."""
    files = files_among(folder)
    return next((folder / name for name in (_HISTORY, _SUMMARY) if name in files), None)


def _runs(folder: Path) -> list[Path]:
    """Return the `files` folders of the runs in a folder; their names begin with the date."""
    names = sorted(filter(_RUN.fullmatch, folders_among(folder)))
    names.sort(key=lambda name: name.removeprefix("offline-"), reverse=True)
    return [folder / name / "files" for name in names[:_MOST_RUNS]]


def _from_summary(path: Path, config: Mapping[str, Any]) -> RunHistory:
    values = {name: value for name, value in flat(read_mapping(path)).items() if not _sums_up(name)}
    roles = roles_of(tuple(values))
    if not roles.figures:
        raise DiagnosticsError(
            f"`{path}` holds no loss and no score.",
            "The run logged none, or ended before it did.",
        )
    table = RunTable()
    table.add(roles.row(list(values.values())))
    note = f"There is no {_HISTORY}: the summary knows the last values only, not their course."
    return run_of(table, source=str(path), notes=(note, *mapping_notes(roles)), config=config)


def _sums_up(name: str) -> bool:
    """Whether a value is of the whole run, such as its total time or its mean training loss."""
    meaning = meaning_of(name)
    return (meaning is not None and meaning.figure is Figure.SUMMARY) or name.endswith(
        "train/train_loss"
    )


def _environment(folder: Path) -> dict[str, Any]:
    """Return Python's version and the accelerator, as far as the metadata tell them."""
    metadata = optional_mapping(folder / "wandb-metadata.json")
    named = {"python": metadata.get("python"), "device": metadata.get("gpu")}
    return {name: value for name, value in named.items() if isinstance(value, str)}
