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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy
from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text, exc
from sqlalchemy.dialects.mysql import MEDIUMTEXT

__all__ = ["Entry", "Pulse", "StudyLog", "TableLog", "tables_in_turn"]

METADATA = MetaData()
OPENING_LOCKS = {
    "postgresql": "SELECT pg_advisory_xact_lock(1953853797)",
    "mysql": "SELECT GET_LOCK('tuner', 60)",
}
"""Statements that wait until no other process makes tables; the end of the connection unlocks."""

STUDIES = Table(
    "tuner_studies",
    METADATA,
    Column("study", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
LOG = Table(
    "tuner_log",
    METADATA,
    Column("study", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("entry", String(32), nullable=False, unique=True),
    Column("author", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("body", Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
)
PROCESSES = Table(
    "tuner_processes",
    METADATA,
    Column("study", Integer, primary_key=True, autoincrement=False),
    Column("process", String(32), primary_key=True),
    Column("beats", BigInteger, nullable=False),
    Column("elapsed", Float, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that a process did.

    Attributes:
        author: The process.
        kind: What it did; `shared.facts` says which kinds there are.
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
        """Append an entry, unless it is there; return all entries behind position `after`."""

    def read(self, after: int) -> Sequence[Entry]:
        """Return all entries behind position `after`, in order."""

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
        self._study = study
        METADATA.create_all(engine)
        try:
            with engine.begin() as connection:
                connection.execute(STUDIES.insert().values(study=study, last=0))
        except exc.IntegrityError:
            pass  # another process, or an earlier one, did it

    def append(self, entry: Entry, after: int) -> Sequence[Entry]:
        """Append an entry in one transaction; return all entries behind `after`, this included."""
        mine = STUDIES.c.study == self._study
        try:
            with self._engine.begin() as connection:
                connection.execute(STUDIES.update().where(mine).values(last=STUDIES.c.last + 1))
                position = connection.execute(
                    sqlalchemy.select(STUDIES.c.last).where(mine)
                ).scalar_one()
                connection.execute(LOG.insert().values(**self._row(entry, position)))
                return self._entries(connection, after)
        except exc.IntegrityError:
            return self.read(after)  # an earlier try, whose answer was lost, has arrived

    def read(self, after: int) -> Sequence[Entry]:
        """Return all entries behind position `after`, in order."""
        with self._engine.connect() as connection:
            return self._entries(connection, after)

    def beat(self, process: str, pulse: Pulse) -> None:
        """Note a sign of life."""
        values = {"beats": pulse.beats, "elapsed": pulse.elapsed}
        key = (PROCESSES.c.study == self._study) & (PROCESSES.c.process == process)
        with self._engine.begin() as connection:
            changed = connection.execute(PROCESSES.update().where(key).values(**values))
            if not changed.rowcount:
                row = {"study": self._study, "process": process, **values}
                connection.execute(PROCESSES.insert().values(**row))

    def pulses(self) -> Mapping[str, Pulse]:
        """Return the latest sign of life of every process."""
        query = sqlalchemy.select(
            PROCESSES.c.process, PROCESSES.c.beats, PROCESSES.c.elapsed
        ).where(PROCESSES.c.study == self._study)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.process: Pulse(beats=row.beats, elapsed=row.elapsed) for row in rows}

    def _row(self, entry: Entry, position: int) -> dict[str, Any]:
        return {
            "study": self._study,
            "position": position,
            "entry": entry.identity,
            "author": entry.author,
            "kind": entry.kind,
            "body": json.dumps(entry.body),
        }

    def _entries(self, connection: sqlalchemy.Connection, after: int) -> Sequence[Entry]:
        query = (
            sqlalchemy.select(LOG)
            .where(LOG.c.study == self._study, LOG.c.position > after)
            .order_by(LOG.c.position)
        )
        return tuple(_entries_of(connection.execute(query).all()))


@contextlib.contextmanager
def tables_in_turn(url: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Make tables one process after the other: those that start at once would disturb each other.

    Args:
        url: The database with its driver, password included.
        options: Arguments for SQLAlchemy's `create_engine`.
    """
    engine = sqlalchemy.create_engine(url, **options)
    try:
        with engine.begin() as connection:
            if (lock := OPENING_LOCKS.get(engine.dialect.name)) is not None:
                connection.execute(sqlalchemy.text(lock))
            yield
    finally:
        engine.dispose()


def _entries_of(rows: Iterable[Any]) -> Iterable[Entry]:
    for row in rows:
        yield Entry(
            author=row.author,
            kind=row.kind,
            body=json.loads(row.body),
            identity=row.entry,
            position=row.position,
        )
