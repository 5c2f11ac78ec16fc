"""Folders that `datasets.save_to_disk` wrote, with one split or several."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from diagnostics.arrow_records import arrow_batches, table_sentences
from diagnostics.data_format import DataFormat, ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DatasetsFolderFormat"]

SPLITS_FILE, STATE_FILE = "dataset_dict.json", "state.json"


class DatasetsFolderFormat(DataFormat):
    """Arrow files with an index; read directly, so that `datasets` need not be installed."""

    name: ClassVar[str] = "datasets-folder"
    title: ClassVar[str] = "a folder written by `datasets.save_to_disk`"

    def find(self, path: Path, head: bytes) -> float | None:
        """Sure by the index files."""
        del head
        is_saved = (path / SPLITS_FILE).is_file() or (path / STATE_FILE).is_file()
        return 1.0 if path.is_dir() and is_saved else None

    def splits(self, path: Path) -> tuple[str, ...]:
        """Names in `dataset_dict.json`; () for a folder with a single split.

        Raises:
            DataError: If the index is damaged.
        """
        if not (path / SPLITS_FILE).is_file():
            return ()
        names = _json(path / SPLITS_FILE).get("splits")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DataError(f"{path / SPLITS_FILE} names no splits.", "Save the data set again.")
        return tuple(names)

    def read(self, path: Path, options: ReadOptions, log: ReadingLog) -> Iterator[Sentence]:
        """One sentence per row of the chosen split.

        Raises:
            DataError: If pyarrow is missing, a file is missing or damaged, or columns do not fit.
        """
        folder = path / Path(options.split or "").name
        return table_sentences(folder, _batches(folder), options.columns, log)


def _batches(folder: Path) -> Iterator[pa.RecordBatch]:
    state = _json(folder / STATE_FILE)
    if state.get("_indices_data_files"):
        raise DataError(
            f"{folder} holds a selection of rows that was not written out.",
            "Call `flatten_indices()` before `save_to_disk`.",
        )
    files = state.get("_data_files")
    names = [str(each.get("filename") or "") for each in files or () if isinstance(each, dict)]
    if not names or not all(names):
        raise DataError(f"{folder / STATE_FILE} names no data files.", "Save the data set again.")
    for name in names:
        # Only the last part of the name counts: an index from elsewhere may not point outside.
        yield from arrow_batches(folder / Path(name).name)


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read: {error}.", "Save the data set again.") from error
    if not isinstance(value, dict):
        raise DataError(f"{file} is no index of a data set.", "Save the data set again.")
    return value
