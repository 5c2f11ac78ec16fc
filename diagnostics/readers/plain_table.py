"""Reads any CSV, TSV or JSON-lines file whose columns tell of a training."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from diagnostics.folder_listing import listing_of
from diagnostics.readers._lookalikes import looks_like_a_log, reason_against
from diagnostics.readers._table_head import Head, read_head
from diagnostics.readers._table_reader import TableReader, read_table
from diagnostics.readers.flair_loss import is_flair
from diagnostics.readers.keras_csv import is_keras
from diagnostics.readers.lightning_metrics import is_lightning
from diagnostics.subjects.run_history import RunHistory

__all__ = ["PlainTable"]

_NOT_OURS = (
    "history.jsonl",
    "trainer_state.json",
    "wandb-events.jsonl",
    "wandb-history.jsonl",
)


class PlainTable(TableReader):
    """A table of anyone's making: a line per epoch or step, with losses or scores."""

    name: ClassVar[str] = "plain_table"
    looks_for: ClassVar[str] = "a CSV, TSV or JSON-lines table with epoch or step and a loss"
    precedence: ClassVar[int] = 50
    endings: ClassVar[tuple[str, ...]] = (
        ".csv",
        ".tsv",
        ".jsonl",
        ".ndjson",
        ".json",
        ".log",
        ".txt",
    )

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a table in a file, or those of a folder, the largest first.

        A file that was named itself is taken too if it only looks like a log: reading it says why
        it is none.
        """
        if listing_of(path) is not None:
            return super().find(path)
        if not path.is_file() or path.name in _NOT_OURS:
            return ()
        head = read_head(path)
        if head is None:
            return ()
        return (path,) if self.takes(head) or _looks_alike(head) else ()

    def candidates(self, folder: Path) -> list[Path]:
        """Return the files of a folder that may be tables, the largest first."""
        return [file for file in super().candidates(folder) if file.name not in _NOT_OURS]

    def takes(self, head: Head) -> bool:
        """Whether the table is a log, and none of a tool with a reader of its own."""
        if head.path.name in _NOT_OURS or _has_a_reader(head):
            return False
        return looks_like_a_log(head) and reason_against(head) is None

    def read(self, path: Path) -> RunHistory:
        """Read the table; refuse one that tells of many runs, of labels, or of no loss."""
        return read_table(path)


def _has_a_reader(head: Head) -> bool:
    keras = bool(head.separator) and is_keras(head.names)
    return keras or is_flair(head) or is_lightning(head)


def _looks_alike(head: Head) -> bool:
    """Whether a table that is no log of a run looks like one: several columns, all lines alike."""
    widths = {len(values) for values in head.rows}
    if len(head.names) < 2 or len(widths) != 1 or is_flair(head) or is_lightning(head):
        return False
    return looks_like_a_log(head) and reason_against(head) is not None
