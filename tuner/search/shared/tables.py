"""The tables of the log that the processes of a shared study write, and what is asked of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, String, Table, Text
from sqlalchemy.dialects.mysql import MEDIUMTEXT

__all__ = [
    "APPEND",
    "LOG",
    "METADATA",
    "MOST_READ",
    "PROCESSES",
    "READ",
    "STUDIES",
    "tables_in_turn",
]

MOST_READ = 1_000
"""Entries that are read at once."""

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

_ENTRY = ("entry", "author", "kind", "body")
_OF_STUDY = sqlalchemy.bindparam("study_", type_=Integer)
_NEXT = (
    STUDIES.update()
    .where(STUDIES.c.study == _OF_STUDY)
    .values(last=STUDIES.c.last + 1)
    .returning(STUDIES.c.study, STUDIES.c.last)
    .cte("next_place")
)
_NEW = (sqlalchemy.bindparam(f"{name}_", type_=LOG.c[name].type) for name in _ENTRY)
APPEND = LOG.insert().from_select(
    ["study", "position", *_ENTRY], sqlalchemy.select(_NEXT.c.study, _NEXT.c.last, *_NEW)
)
"""Takes the next place and fills it, in one statement, as only PostgreSQL can."""

READ = (
    sqlalchemy.select(LOG)
    .where(LOG.c.study == _OF_STUDY, LOG.c.position > sqlalchemy.bindparam("after_", type_=Integer))
    .order_by(LOG.c.position)
    .limit(MOST_READ)
)


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
