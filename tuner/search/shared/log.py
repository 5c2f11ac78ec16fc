"""The log that the processes of a shared study write together, one entry after the other.

Who runs what is not a row that is changed but an entry that is appended: a process appends its
claim, reads the log up to that place, and sees whether an earlier entry made the claim void. All
processes read the same entries in the same order, so all come to the same answer; nothing is
locked while a process thinks or trains, and a process that dies leaves nothing half-changed.

For this the order must be the same for every reader: an entry must never appear before one that
was already read. Numbers from a sequence do not give that (11 may be committed before 10), so an
append takes the lock of the study's row for as long as its transaction lasts, about a millisecond.

Signs of life are kept beside the log, one row per process that is changed in place, so that a long
study does not fill the log with them.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy
from sqlalchemy import exc

from tuner.search.shared.tables import APPEND, LOG, METADATA, PROCESSES, READ, STUDIES

__all__ = ["Entry", "Pulse", "StudyLog", "TableLog", "entries_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that a process did.

    Attributes:
        author: The process.
        kind: What it did; `shared.rules` says which kinds there are.
        body: The details, JSON-serialisable.
        identity: Unlike that of any other entry, so that an append may be repeated when nobody
            knows whether it arrived.
        position: Its place in the log, from 1; 0 before it was appended.
    """

    author: str
    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    identity: str = field(default_factory=lambda: uuid.uuid4().hex)
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The latest sign of life of a process.

    Attributes:
        beats: How many it gave; a number that no longer grows is a bad sign.
        elapsed: Seconds spent on the study, as that process counts them.
    """

    beats: int
    elapsed: float


class StudyLog(Protocol):
    """An ordered log, and signs of life, of one study. Every method may be called again."""

    def append(self, entry: Entry, after: int) -> Sequence[Entry]:
        """Append an entry, unless it is there; return what `read` does."""

    def read(self, after: int) -> Sequence[Entry]:
        """Return the entries behind position `after`, in order: at least the next `MOST_READ`."""

    def beat(self, process: str, pulse: Pulse) -> None:
        """Note a sign of life."""

    def pulses(self) -> Mapping[str, Pulse]:
        """Return the latest sign of life of every process."""


class TableLog:
    """A log in three tables of a database, beside those of Optuna.

    Args:
        engine: Connections to the database.
        study: Optuna's number of the study.
    """

    def __init__(self, engine: sqlalchemy.Engine, study: int) -> None:
        self._engine = engine
        self._at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._study = study
        METADATA.create_all(engine)
        try:
            with engine.begin() as connection:
                connection.execute(STUDIES.insert().values(study=study, last=0))
        except exc.IntegrityError:
            pass  # another process, or an earlier one, did it

    def append(self, entry: Entry, after: int) -> Sequence[Entry]:
        """Append an entry in one transaction; return the next entries behind `after`.

        They are read when the lock is free again: a process that parses what the others wrote must
        not keep them waiting.
        """
        with contextlib.suppress(exc.IntegrityError):  # an earlier try, whose answer was lost
            if self._engine.dialect.name == "postgresql":
                self._append_at_once(entry)
            else:
                self._append_in_steps(entry)
        return self.read(after)

    def read(self, after: int) -> Sequence[Entry]:
        """Return the next entries behind position `after`, in order, at most `MOST_READ`.

        To know a long study at once, processes that come late would need much memory.
        """
        with self._at_once.connect() as connection:
            rows = connection.execute(READ, {"study_": self._study, "after_": after}).all()
        return tuple(entries_of(rows))

    def _append_at_once(self, entry: Entry) -> None:
        """Append in one statement, so that the lock is never held while a message travels."""
        with self._at_once.connect() as connection:
            connection.execute(APPEND, self._row(entry))

    def _append_in_steps(self, entry: Entry) -> None:
        mine = STUDIES.c.study == self._study
        with self._engine.begin() as connection:
            connection.execute(STUDIES.update().where(mine).values(last=STUDIES.c.last + 1))
            last = connection.execute(sqlalchemy.select(STUDIES.c.last).where(mine))
            row = {name.rstrip("_"): value for name, value in self._row(entry).items()}
            connection.execute(LOG.insert().values(**row, position=last.scalar_one()))

    def beat(self, process: str, pulse: Pulse) -> None:
        """Note a sign of life."""
        values = {"beats": pulse.beats, "elapsed": pulse.elapsed}
        key = (PROCESSES.c.study == self._study) & (PROCESSES.c.process == process)
        with self._at_once.connect() as connection:
            changed = connection.execute(PROCESSES.update().where(key).values(**values))
            if not changed.rowcount:
                row = {"study": self._study, "process": process, **values}
                connection.execute(PROCESSES.insert().values(**row))

    def pulses(self) -> Mapping[str, Pulse]:
        """Return the latest sign of life of every process."""
        query = sqlalchemy.select(
            PROCESSES.c.process, PROCESSES.c.beats, PROCESSES.c.elapsed
        ).where(PROCESSES.c.study == self._study)
        with self._at_once.connect() as connection:
            rows = connection.execute(query).all()
        return {row.process: Pulse(beats=row.beats, elapsed=row.elapsed) for row in rows}

    def _row(self, entry: Entry) -> dict[str, Any]:
        return {
            "study_": self._study,
            "entry_": entry.identity,
            "author_": entry.author,
            "kind_": entry.kind,
            "body_": json.dumps(entry.body, separators=(",", ":")),
        }


def _body_of(text: str) -> Any:
    """Return what an entry says; nothing, which makes it void, where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}


def entries_of(rows: Iterable[Any]) -> Iterable[Entry]:
    """Yield the entries that rows of the table hold."""
    for row in rows:
        yield Entry(
            author=row.author,
            kind=row.kind,
            body=_body_of(row.body),
            identity=row.entry,
            position=row.position,
        )
