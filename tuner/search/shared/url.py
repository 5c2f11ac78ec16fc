"""Where a study is stored, as users write it: checked early, and shown without its secrets.

A password in a URL ends up in shell histories and process lists; the environment variable
`TUNER_STORAGE`, `PGPASSWORD` and `~/.pgpass` are better places. Wherever it comes from, `shown_url`
is the only form that may be printed, logged or written to a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.errors import UsageError
from tuner.secrets_in_text import without_secrets

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = [
    "GRPC",
    "SERVERS",
    "STORAGE_VARIABLE",
    "Server",
    "check_storage",
    "chosen_storage",
    "dialect_of",
    "driver_url",
    "grpc_address",
    "is_shared",
    "pool_options",
    "shown_url",
]

STORAGE_VARIABLE = "TUNER_STORAGE"
"""Environment variable that names the storage, so that no password stands on a command line."""

GRPC = "grpc://"
CONNECT_SECONDS = 10
_KEYWORD = re.compile(r"(?i)(password\s?=\s?)\S+")
"""A password as psql's own connection strings have it: `host=H password=P`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A kind of database server that several processes can share.

    Attributes:
        driver: SQLAlchemy's name of the driver that is used when the URL names none. For
            PostgreSQL SQLAlchemy would take psycopg2, which is not what the extra installs.
        extra: Extra of this package that installs it.
        port: The usual port.
        patience: The driver's arguments for how long it waits, in seconds where not said otherwise.
        test: Command that shows whether the server can be reached.
        create: Command that makes a database.
    """

    driver: str
    extra: str
    port: int
    patience: Mapping[str, int]
    test: str
    create: str


_POSTGRESQL = Server(
    driver="postgresql+psycopg",
    extra="postgresql",
    port=5432,
    patience={
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,  # milliseconds
    },
    test="pg_isready -h {host} -p {port}",
    create="createdb -h {host} -p {port} -U {user} {database}",
)
_MYSQL = Server(
    driver="mysql+pymysql",
    extra="mysql",
    port=3306,
    patience={"connect_timeout": CONNECT_SECONDS},
    test="mysqladmin ping -h {host} -P {port}",
    create="mysqladmin create -h {host} -P {port} -u {user} {database}",
)
SERVERS = {
    "postgresql": _POSTGRESQL,
    "postgres": _POSTGRESQL,
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
}


def chosen_storage(given: str | None) -> str | None:
    """Return the storage that was given, else the one that the environment names, or None."""
    return given or os.environ.get(STORAGE_VARIABLE) or None


def is_shared(url: str | None) -> bool:
    """Whether a storage is a server, which several processes may use at once."""
    return url is not None and (url.startswith(GRPC) or dialect_of(url) in SERVERS)


def shown_url(url: str) -> str:
    """Return a storage's URL with `***` for its passwords, also when the URL is malformed."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _shown_malformed(url)
    if "@" in (parsed.host or ""):  # of a password whose `@` is not escaped
        return _shown_malformed(url)
    return without_secrets(parsed.render_as_string(hide_password=True))


def driver_url(url: str) -> URL:
    """Return the URL of a database server with the driver that this package installs.

    Raises:
        UsageError: The URL is malformed.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
        if "@" in (parsed.host or ""):
            raise ValueError("an `@` in the password is not escaped")
    except (ArgumentError, ValueError):
        raise UsageError(
            f"The storage must be a URL, but got `{shown_url(url)}`.",
            "Write postgresql://USER@HOST:PORT/DATABASE; a `@`, `:` or `/` in a password is "
            "written as %40, %3A or %2F.",
        ) from None
    server = SERVERS.get(dialect_of(url))
    if server is not None and "+" not in parsed.drivername:
        return parsed.set(drivername=server.driver)
    return parsed


def grpc_address(url: str) -> tuple[str, int]:
    """Return host and port of a gRPC proxy.

    Raises:
        UsageError: The URL is not of the form `grpc://HOST:PORT`.
    """
    match = re.fullmatch(r"grpc://([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})/?", url)
    if match is None:
        raise UsageError(
            f"The storage must be grpc://HOST:PORT, but got `{shown_url(url)}`.",
            "The port is the one given to optuna.storages.run_grpc_proxy_server.",
        )
    return match[1], int(match[2])


def check_storage(url: str | None) -> None:
    """Find out whether a storage can be used, before anything is made or trained.

    Args:
        url: The storage; None is the study's own file.

    Raises:
        UsageError: It is of no known kind, cannot be reached, refuses the password, has no such
            database or folder, or its driver is not installed.
    """
    from tuner.search.shared.connecting import check_driver, connect_once

    if url is None:
        return
    if url.startswith(GRPC):
        from tuner.search.optuna_proxy import open_proxy

        open_proxy(url).close()
    elif is_shared(url):
        connect_once(url)
    else:
        check_driver(url)


def pool_options(url: str) -> dict[str, Any]:
    """Return arguments for SQLAlchemy's `create_engine`.

    One connection is kept, because servers allow few (PostgreSQL 100) and many processes may share
    a study; more are opened while threads need them at once. None is tested before it is used, for
    that would double the messages: `Patience` repeats what fails on a connection that has died.
    """
    server = SERVERS.get(dialect_of(url))
    patience = {} if server is None else dict(server.patience)
    return {"pool_size": 1, "max_overflow": 99, "connect_args": patience}


def _shown_malformed(url: str) -> str:
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    hidden = f"***@{rest.rpartition('@')[2]}" if "@" in rest else rest
    return without_secrets(_KEYWORD.sub(r"\1***", f"{scheme}{separator}{hidden}"))


def dialect_of(url: str) -> str:
    """Return the kind of database that a URL names, without its driver, in lower case."""
    return url.partition("://")[0].partition("+")[0].lower()
