"""Reads `loss.tsv`, the log that flair writes: a line per epoch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.readers._table_head import Head
from diagnostics.readers._table_reader import TableReader, read_table
from diagnostics.readers._vocabulary import known_hyperparameters
from diagnostics.readers._yaml_scalars import scalar
from diagnostics.subjects.run_history import RunHistory

__all__ = ["FlairLoss"]

_NAME = "loss.tsv"
_LOG = "training.log"
_LOG_BYTES = 1 << 18
_SETTING = re.compile(r"- (\w{1,40}): \"?([^\"\n]{1,80})\"?\s*$", re.MULTILINE)


class FlairLoss(TableReader):
    """flair: `loss.tsv`, with the hyperparameters of the `training.log` beside it."""

    name: ClassVar[str] = "flair_loss"
    looks_for: ClassVar[str] = "loss.tsv (flair)"
    precedence: ClassVar[int] = 65
    endings: ClassVar[tuple[str, ...]] = (_NAME,)

    def takes(self, head: Head) -> bool:
        """Whether the header is that of flair."""
        return is_flair(head)

    def expects(self, path: Path) -> bool:
        """Whether a file is named as flair names its log."""
        return path.name.lower().endswith(_NAME)

    def read(self, path: Path) -> RunHistory:
        """Read the log; the scores on the test split decide nothing."""
        return read_table(path, config=_settings(path.parent / _LOG))


def is_flair(head: Head) -> bool:
    """Whether columns are named as flair does it: in capitals, the epoch and a time first."""
    return head.separator == "\t" and head.names[:2] == ("EPOCH", "TIMESTAMP")


def _settings(log: Path) -> dict[str, Any]:
    """Return the hyperparameters from the beginning of a printed log, empty without one."""
    try:
        with log.open("rb") as file:
            text = file.read(_LOG_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return {}
    return known_hyperparameters([{name: scalar(value) for name, value in _SETTING.findall(text)}])
