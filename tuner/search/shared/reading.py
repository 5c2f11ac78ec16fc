"""The log of a shared study read by somebody who has no part in it: nothing is written."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import sqlalchemy
from sqlalchemy import exc

from tuner.errors import StudyError, UsageError
from tuner.search.optuna_proxy import ProxyLog, open_proxy
from tuner.search.shared.log import Entry, entries_of
from tuner.search.shared.tables import LOG
from tuner.search.shared.url import (
    GRPC,
    check_storage,
    driver_url,
    is_shared,
    pool_options,
    shown_url,
)

__all__ = ["read_log"]

OPTUNA_STUDIES = sqlalchemy.table(
    "studies", sqlalchemy.column("study_id"), sqlalchemy.column("study_name")
)


def read_log(url: str, name: str) -> Sequence[Entry]:
    """Return what the processes of a study wrote, in order.

    Args:
        url: The storage, password included.
        name: Name of the study.

    Raises:
        UsageError: The storage is none that processes share, or cannot be used.
        StudyError: It holds no study of this name.
    """
    if not is_shared(url):
        raise UsageError(
            f"`--storage` must name a database that processes share, but got `{shown_url(url)}`.",
            "Studies of one process are replayed from their folder alone.",
        )
    if url.startswith(GRPC):
        entries = _of_proxy(url, name)
    else:
        check_storage(url)
        entries = _of_tables(url, name)
    if not entries:
        raise StudyError(
            f"The storage `{shown_url(url)}` holds no shared study `{name}`.",
            "The name is that of the study's folder.",
        )
    return entries


def _of_tables(url: str, name: str) -> Sequence[Entry]:
    engine = sqlalchemy.create_engine(driver_url(url), **pool_options(url))
    numbers = sqlalchemy.select(OPTUNA_STUDIES.c.study_id).where(
        OPTUNA_STUDIES.c.study_name == name
    )
    query = sqlalchemy.select(LOG).where(LOG.c.study.in_(numbers)).order_by(LOG.c.position)
    try:
        with engine.connect() as connection:
            return tuple(entries_of(connection.execute(query).all()))
    except exc.ProgrammingError:  # there are no such tables
        return ()
    finally:
        engine.dispose()


def _of_proxy(url: str, name: str) -> Sequence[Entry]:
    with contextlib.closing(open_proxy(url)) as proxy:
        try:
            proxy.get_study_id_from_name(name)
        except KeyError:
            return ()
        return ProxyLog(proxy, name).read(0)
