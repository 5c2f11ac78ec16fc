"""Where a study is stored, as users write it: checked early, and shown without its secrets.

A password in a URL ends up in shell histories and process lists; the environment variable
`TUNER_STORAGE`, `PGPASSWORD` and `~/.pgpass` are better places. Wherever it comes from, `shown_url`
is the only form that may be printed, logged or written to a file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = [
    "GRPC",
    "STORAGE_VARIABLE",
    "check_storage",
    "chosen_storage",
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
_AUTHORITY = re.compile(r"://.*@")
WRONG_PASSWORD = ("password authentication failed", "no password supplied", "Access denied")
NO_DATABASE = ("does not exist", "Unknown database")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    """A kind of database server that several processes can share.

    Attributes:
        driver: SQLAlchemy's name of the driver that is used when the URL names none. For
            PostgreSQL SQLAlchemy would take psycopg2, which is not what the extra installs.
        extra: Extra of this package that installs it.
        port: The usual port.
        timeout: Name of the driver's argument for the most seconds that connecting may take.
        test: Command that shows whether the server can be reached.
        create: Command that makes a database.
    """

    driver: str
    extra: str
    port: int
    timeout: str
    test: str
    create: str


_POSTGRESQL = _Server(
    driver="postgresql+psycopg",
    extra="postgresql",
    port=5432,
    timeout="connect_timeout",
    test="pg_isready -h {host} -p {port}",
    create="createdb -h {host} -p {port} -U {user} {database}",
)
_MYSQL = _Server(
    driver="mysql+pymysql",
    extra="mysql",
    port=3306,
    timeout="connect_timeout",
    test="mysqladmin ping -h {host} -P {port}",
    create="mysqladmin create -h {host} -P {port} -u {user} {database}",
)
_SERVERS = {
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
    return url is not None and (url.startswith(GRPC) or _dialect(url) in _SERVERS)


def shown_url(url: str) -> str:
    """Return a storage's URL with `***` for its password, also when the URL is malformed."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return _AUTHORITY.sub("://***@", url)
    if "@" in (parsed.host or ""):  # of a password whose `@` is not escaped
        return _AUTHORITY.sub("://***@", url)
    return parsed.render_as_string(hide_password=True)


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
    server = _SERVERS.get(_dialect(url))
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
    """Find out whether a shared storage can be used, before anything is made or trained.

    Args:
        url: The storage; None and files are not checked here.

    Raises:
        UsageError: The server cannot be reached, refuses the password, has no such database, or
            its driver is not installed.
    """
    if url is None or not is_shared(url):
        return
    if url.startswith(GRPC):
        from tuner.search.optuna_proxy import open_proxy

        open_proxy(url).close()
        return
    _connect(url)


def pool_options(url: str) -> dict[str, Any]:
    """Return arguments for SQLAlchemy's `create_engine`.

    One connection is kept, because servers allow few (PostgreSQL 100) and many processes may share
    a study; more are opened while threads need them at once. Each is tested before it is used,
    because the server may have been restarted.
    """
    timeout = {_SERVERS[_dialect(url)].timeout: CONNECT_SECONDS}
    return {"pool_pre_ping": True, "pool_size": 1, "max_overflow": 99, "connect_args": timeout}


def _connect(url: str) -> None:
    import sqlalchemy
    from sqlalchemy import exc

    parsed, server = driver_url(url), _SERVERS[_dialect(url)]
    try:
        engine = sqlalchemy.create_engine(parsed, **pool_options(url))
        with engine.connect():
            pass
        engine.dispose()
    except (ImportError, exc.NoSuchModuleError):
        raise UsageError(
            f"The driver of `{shown_url(url)}` is not installed.",
            f"Install it: pip install 'tuner-hpo[{server.extra}]'",
        ) from None
    except (exc.SQLAlchemyError, ValueError) as error:
        raise _not_usable(parsed, server, str(getattr(error, "orig", None) or error)) from None


def _not_usable(url: URL, server: _Server, cause: str) -> UsageError:
    """Say why a server cannot be used, without repeating what may hold a password."""
    place = {
        "host": url.host or "localhost",
        "port": url.port or server.port,
        "database": url.database or "",
        "user": url.username or "USER",
    }
    where = "server {host}, port {port}, database `{database}`, user `{user}`".format(**place)
    if any(text in cause for text in WRONG_PASSWORD):
        return UsageError(
            f"The database server refuses the password of the storage ({where}).",
            "Put the password into PGPASSWORD, ~/.pgpass or the URL in "
            f"{STORAGE_VARIABLE}; a `@`, `:` or `/` in it is written as %40, %3A or %2F.",
        )
    if any(text in cause for text in NO_DATABASE) and "database" in cause.lower():
        create = server.create.format(**place)
        return UsageError(
            f"The database of the storage does not exist ({where}).", f"Create it: {create}"
        )
    first = _without_secret(cause.strip().splitlines()[0] if cause.strip() else "no reason", url)
    return UsageError(
        f"The storage cannot be reached ({where}): {first}.",
        f"Test it from this machine: {server.test.format(**place)}",
    )


def _without_secret(text: str, url: URL) -> str:
    secret = None if url.password is None else str(url.password)
    return text.replace(secret, "***") if secret else text


def _dialect(url: str) -> str:
    return url.partition("://")[0].partition("+")[0].lower()
