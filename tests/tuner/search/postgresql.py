"""A PostgreSQL server for tests, started from Debian's package in a temporary folder.

It listens on a random port of the loopback address only, asks for a password, and runs as an
unprivileged user, because `postgres` refuses the superuser.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["PASSWORD", "PostgresServer", "running_server", "server_or_skip"]

PASSWORD = "s3cret-p@ss"
"""With characters that must be escaped in a URL."""

INSTALLED = Path("/usr/lib/postgresql")
USERS = ("postgres", "nobody")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


class PostgresServer:
    """A server that can be stopped and started again.

    Args:
        binaries: Folder of `initdb` and `postgres`.
        folder: Where its data lie.
    """

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        password = folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:
            user = _unprivileged()
            for path in (folder, password):
                os.chown(path, user.pw_uid, user.pw_gid)
        options = ["-U", "tuner", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--locale=C"]
        self._call("initdb", "-D", str(self._data), f"--pwfile={password}", *options)

    def url(self, database: str = "tuner", password: str = PASSWORD) -> str:
        """Return the URL of a database on the server."""
        quoted = password.replace("@", "%40")
        return f"postgresql://tuner:{quoted}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [self._program("postgres"), "-D", str(self._data), f"-p{self.port}", *settings]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                _as_unprivileged(command), stdout=log, stderr=log, cwd="/"
            )
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once, as a crash of the machine would; clients are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
            self._process = None

    def kill(self) -> None:
        """Kill the server alone; its sessions notice and end by themselves."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def start_again(self) -> None:
        """Start it after `kill`, as soon as no session holds its memory any more."""
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.start()
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def sessions(self) -> list[int]:
        """Return the server's processes that serve a client."""
        if self._process is None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        titles = {int(child): _title(child) for child in children.read_text().split()}
        return [child for child, title in titles.items() if title.startswith("postgres: tuner ")]

    def create_database(self, name: str) -> str:
        """Make an empty database; return its URL."""
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        address = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "tuner"]
        subprocess.run(
            [self._program("createdb"), *address, name],
            env=environment,
            check=True,
            capture_output=True,
        )
        return self.url(name)

    def _answers(self) -> bool:
        address = ["-h", "127.0.0.1", "-p", str(self.port)]
        asked = subprocess.run([self._program("pg_isready"), "-q", *address], check=False)
        return asked.returncode == 0

    def _call(self, program: str, *arguments: str) -> None:
        command = _as_unprivileged([self._program(program), *arguments])
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def _program(self, name: str) -> str:
        return str(self._binaries / name)


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """Start a server for the time of the block.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    binaries = _binaries()
    if binaries is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tuner-postgresql-"))
    folder.chmod(0o755)
    try:
        server = PostgresServer(binaries, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def server_or_skip() -> Iterator[PostgresServer]:
    """Start a server, or skip the tests that need it where it is not installed."""
    if _binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with running_server() as server:
        yield server


def _binaries() -> Path | None:
    found = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    program = shutil.which("postgres")
    return None if program is None else Path(program).parent


def _title(process: str) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


def _as_unprivileged(command: Sequence[str]) -> list[str]:
    if os.geteuid() != 0:
        return list(command)
    user = _unprivileged()
    identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *identity, "--pdeathsig=QUIT", *command]


def _unprivileged() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in USERS if name in known)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
