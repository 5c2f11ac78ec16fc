"""Finding out whether a storage can be used, and saying why not without its password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import UsageError
from tuner.search.shared.url import (
    SERVERS,
    STORAGE_VARIABLE,
    Server,
    dialect_of,
    driver_url,
    pool_options,
    shown_url,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

__all__ = ["check_driver", "connect_once"]

WRONG_PASSWORD = ("password authentication failed", "no password supplied", "Access denied")
NO_DATABASE = ("does not exist", "Unknown database")
KINDS = "postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE or grpc://HOST:PORT"


def connect_once(url: str) -> None:
    """Connect to a database server and let go of it again.

    Raises:
        UsageError: The server cannot be reached, refuses the password, has no such database, or
            its driver is not installed.
    """
    import sqlalchemy
    from sqlalchemy import exc

    parsed, server = driver_url(url), SERVERS[dialect_of(url)]
    try:
        engine = sqlalchemy.create_engine(parsed, **pool_options(url))
        with engine.connect():
            pass
        engine.dispose()
    except (ImportError, exc.NoSuchModuleError):
        raise _no_driver(url, server, parsed.drivername) from None
    except (exc.SQLAlchemyError, ValueError) as error:
        raise _not_usable(parsed, server, str(getattr(error, "orig", None) or error)) from None


def check_driver(url: str) -> None:
    """Find out whether a storage that is no server is of a kind that can be opened at all.

    Raises:
        UsageError: It is no URL, of no known kind, or a file in a folder that does not exist.
    """
    import sqlalchemy
    from sqlalchemy import exc

    parsed = driver_url(url)
    try:
        sqlalchemy.create_engine(parsed).dispose()
    except (ImportError, exc.SQLAlchemyError, TypeError, ValueError):
        raise UsageError(
            f"There is no kind of storage `{parsed.drivername}` here (`{shown_url(url)}`).",
            f"Several processes share {KINDS}; a file of one's own is sqlite:///FILE.",
        ) from None
    name = parsed.database
    if dialect_of(url) != "sqlite" or not name or name.startswith((":", "file:")):
        return
    if not Path(name).parent.is_dir():
        raise UsageError(
            f"The folder of the storage does not exist: `{Path(name).parent}`.",
            "Make it, or leave out --storage: a study keeps its trials in a file of its own.",
        )


def _no_driver(url: str, server: Server, driver: str) -> UsageError:
    hint = f"Install it: pip install 'tuner-hpo[{server.extra}]'"
    if driver != server.driver:
        hint += f", and write {server.extra}:// without `+{driver.partition('+')[2]}`."
    return UsageError(f"The driver of `{shown_url(url)}` is not installed.", hint)


def _not_usable(url: URL, server: Server, cause: str) -> UsageError:
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
    secrets = [url.password, *(value for name, value in url.query.items() if "pass" in name)]
    for secret in secrets:
        text = text.replace(str(secret), "***") if secret else text
    return text
