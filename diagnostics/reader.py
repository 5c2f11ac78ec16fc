"""The contract of a log reader: where a run's log lies, and what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from diagnostics.subjects.run_history import RunHistory

__all__ = ["Reader"]


class Reader(ABC):
    """Reads the logs of one tool. One class without arguments per module of `diagnostics/readers`.

    Class variables that each reader sets:
        name: Module-like name, such as `trainer_state`.
        looks_for: What it looks for, for the message that nothing was found.
        precedence: Which reader is asked first when a folder holds several logs; the log that tells
            most goes first: 100 own run directories, 80 structured logs with hyperparameters, 60
            structured logs, 40 documents, 20 printed text.
    """

    name: ClassVar[str]
    looks_for: ClassVar[str]
    precedence: ClassVar[int]

    @abstractmethod
    def find(self, path: Path) -> tuple[Path, ...]:
        """Return what `read` can be given for a file or folder, the best first.

        Looks at names and first bytes only and never below one level of folders. Empty when nothing
        of this tool's is there.
        """

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the logs of a folder beyond those that `find` takes the time to look for.

        Needed only by a reader that looks into no more than so many files of a folder.
        """
        del folder
        return iter(())

    @abstractmethod
    def read(self, path: Path) -> RunHistory:
        """Read one of the paths that `find` returned.

        What is torn, truncated or unknown is left out and said in `RunHistory.notes`.

        Raises:
            DiagnosticsError: Nothing of it can be read.
        """
