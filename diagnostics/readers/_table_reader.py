"""What the readers of tables in text files share: where they look, and how rows become a run."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from diagnostics.errors import DiagnosticsError
from diagnostics.folder_listing import files_among, listing_of
from diagnostics.reader import Reader
from diagnostics.readers._documents import read_bytes
from diagnostics.readers._lookalikes import looks_like_a_log, reason_against
from diagnostics.readers._name_words import Split
from diagnostics.readers._split_roles import RolesBySplit
from diagnostics.readers._table import RunTable
from diagnostics.readers._table_head import Head, read_head
from diagnostics.readers._table_notes import mapping_notes
from diagnostics.readers._table_run import run_of
from diagnostics.readers._table_source import rows_of
from diagnostics.subjects.run_history import RunHistory

__all__ = ["MOST_FILES", "TableReader", "files_in", "read_table"]

MOST_FILES = 100
"""Files of a folder whose first lines are read to choose a log; more are read only on demand."""

_ANYTHING = (".json", ".log", ".txt")
_LOG_WORDS = re.compile(r"log|hist|metric|loss|score|train|result|progress|eval|curve|stat")
_HINT = "Give the log of one run: a line per epoch or step, with a loss or a score."


class TableReader(Reader):
    """A reader of tables with a header line.

    Class variables that each reader sets:
        endings: Ends of the names of the files it looks into, in a folder.
    """

    endings: ClassVar[tuple[str, ...]]

    @abstractmethod
    def takes(self, head: Head) -> bool:
        """Whether a table is of this reader's kind, from its header and first rows."""

    def expects(self, path: Path) -> bool:
        """Whether a file has the very name of this reader's logs, whatever it holds."""
        del path
        return False

    def find(self, path: Path) -> tuple[Path, ...]:
        """Find a table by its header, or those of a folder, the largest first.

        A file that was named itself is also taken for its very name: reading it says what it lacks.
        """
        if listing_of(path) is not None:
            return tuple(filter(self.claims, self.candidates(path)[:MOST_FILES]))
        if not path.is_file():
            return ()
        head = read_head(path)
        if head is None or not looks_like_a_log(head):
            return (path,) if self.expects(path) else ()
        return (path,) if self.takes(head) else ()

    def find_more(self, folder: Path) -> Iterator[Path]:
        """Yield the tables among the smaller files of a folder with very many."""
        return filter(self.claims, self.candidates(folder)[MOST_FILES:])

    def candidates(self, folder: Path) -> list[Path]:
        """Return the files of a folder that may be tables, the largest first."""
        return files_in(folder, self.endings)

    def claims(self, path: Path) -> bool:
        """Whether a file holds a table of this reader's kind."""
        head = read_head(path)
        return head is not None and self.takes(head)


def files_in(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the files of a folder with one of some endings, the largest first.

    Of endings that anything may have, such as `.json`, only those whose name speaks of a log.
    """
    paths = [folder / name for name in files_among(folder) if _may_be_log(name.lower(), endings)]
    try:
        return sorted(paths, key=lambda path: (-path.stat().st_size, path.name))
    except OSError:  # one that has gone meanwhile
        return []


def _may_be_log(name: str, endings: tuple[str, ...]) -> bool:
    if not name.endswith(endings):
        return False
    return not name.endswith(_ANYTHING) or _LOG_WORDS.search(name) is not None


def read_table(
    path: Path,
    *,
    plain_scores: Split | None = None,
    from_zero: bool | None = None,
    step_offset: int = 0,
    config: Mapping[str, Any] | None = None,
    renamed: Callable[[str], str] = str,
) -> RunHistory:
    """Read a table as the history of one run.

    Args:
        path: The file.
        plain_scores: Split of scores whose name says none; None to tell it from the other names.
        from_zero: Whether epochs are counted from 0; None to tell it from the first one.
        step_offset: Added to every step: 1 where the log counts from 0.
        config: Hyperparameters from beside the table.
        renamed: Turns the name of a column into what it stands for.

    Raises:
        DiagnosticsError: It is no table, or a table of something else.
    """
    head = read_head(path)
    if head is None:
        raise _no_table(path)
    if (reason := reason_against(head)) is not None:
        raise DiagnosticsError(f"`{path}` is no log of a run. {reason}", _HINT)
    lost: list[str] = []
    columns, lines = rows_of(head, lost)
    names = [renamed(name) for name in columns]
    roles = RolesBySplit(names, head, plain_scores)
    table = RunTable(step_offset=step_offset)
    for values in lines:
        table.add(roles.of(values).row(values))
    notes = [note for found in roles.used() for note in mapping_notes(found)]
    return run_of(
        table,
        source=str(path),
        notes=(*dict.fromkeys(notes), *lost),
        config=config,
        from_zero=from_zero,
    )


def _no_table(path: Path) -> DiagnosticsError:
    """Return why a file is no table: it is missing, empty, a pointer, binary."""
    if not read_bytes(path).strip():
        return DiagnosticsError(f"`{path}` is empty: the run has logged nothing yet.")
    return DiagnosticsError(f"`{path}` is no table of text with a header line.", _HINT)
