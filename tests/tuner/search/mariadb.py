"""A MariaDB server for tests, started from Debian's package in a temporary folder.

It stands for MySQL too, whose driver it shares. It listens on a random port of the loopback address
and checks no passwords: its tables of users are never made.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

__all__ = ["MariaServer", "maria_or_skip"]

NAMES = ("mariadbd", "/usr/sbin/mariadbd")


class MariaServer:
    """A server that can be stopped and started again.

    Args:
        program: The server's program.
        folder: Where its data lie.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        base = program.parent.parent
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [
            str(program),
            "--no-defaults",
            f"--basedir={base}",
            f"--lc-messages-dir={base / 'share' / 'mysql'}",
            f"--datadir={folder}",
            *(["--user=nobody"] if os.geteuid() == 0 else []),
        ]
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = int(listener.getsockname()[1])
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        subprocess.run([*self._command, "--bootstrap"], input=b"", check=True, capture_output=True)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [f"--port={self.port}", "--bind-address=127.0.0.1", "--skip-grant-tables"]
        further = [f"--socket={self._folder / 'socket'}", "--skip-networking=0"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *options, *further], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                return self._execute("SELECT 1")
            except sqlalchemy.exc.OperationalError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it at once, as a crash of the machine would; clients are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=30)
            self._process = None

    def create_database(self, name: str) -> str:
        """Make an empty database; return its URL."""
        self._execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return f"mysql://tuner@127.0.0.1:{self.port}/{name}"

    def _execute(self, statement: str) -> None:
        engine = sqlalchemy.create_engine(f"mysql+pymysql://tuner@127.0.0.1:{self.port}")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(statement))
        engine.dispose()


@contextmanager
def maria_or_skip() -> Iterator[MariaServer]:
    """Start a server for the time of the block, or skip the tests where it is not installed."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server-core")
    folder = Path(tempfile.mkdtemp(prefix="tuner-mariadb-"))
    try:
        server = MariaServer(Path(found), folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
