"""Reads `metrics.csv` of the `CSVLogger` of Lightning, with the `hparams.yaml` beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from diagnostics.folder_listing import folders_among, listing_of
from diagnostics.readers._table_head import Head
from diagnostics.readers._table_reader import TableReader, read_table
from diagnostics.readers._tracked_settings import settings_of
from diagnostics.readers._yaml_scalars import yaml_scalars
from diagnostics.subjects.run_history import RunHistory

__all__ = ["LightningMetrics", "is_lightning"]

_NAME = "metrics.csv"
_VERSION = re.compile(r"version_(\d{1,9})")


class LightningMetrics(TableReader):
    """Lightning: rows of steps, of epochs and of validations, brought together by their steps."""

    name: ClassVar[str] = "lightning_metrics"
    looks_for: ClassVar[str] = "metrics.csv (Lightning), also in version_*/"
    precedence: ClassVar[int] = 75
    endings: ClassVar[tuple[str, ...]] = (_NAME,)

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find the file, in a folder also that of each version, the latest first."""
        found = super().find(path)
        if found or listing_of(path) is None:
            return found
        files = (folder / _NAME for folder in _versions(path))
        return tuple(file for file in files if file.is_file() and self.claims(file))

    def takes(self, head: Head) -> bool:
        """Whether the header is that of Lightning."""
        return is_lightning(head)

    def expects(self, path: Path) -> bool:
        """Whether a file is named as Lightning names its log."""
        return path.name == _NAME

    def read(self, path: Path) -> RunHistory:
        """Read the log. Lightning counts epochs and steps from 0."""
        config = settings_of(yaml_scalars(path.parent / "hparams.yaml"))
        return read_table(path, from_zero=True, step_offset=1, config=config)


def is_lightning(head: Head) -> bool:
    """Whether a table has epoch and step, and its name or its columns are those of Lightning."""
    if not {"epoch", "step"} <= set(head.names) or head.separator != ",":
        return False
    forked = any(name.endswith(("_step", "_epoch")) for name in head.names)
    return forked or head.path.name.endswith(_NAME)


def _versions(folder: Path) -> list[Path]:
    """Return the folders of the versions of a run, the latest first."""
    matches = filter(None, map(_VERSION.fullmatch, folders_among(folder)))
    numbered = sorted(((int(match[1]), match[0]) for match in matches), reverse=True)
    return [folder / name for _, name in numbered]
