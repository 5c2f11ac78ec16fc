"""A small server on this machine that answers as the model hub does, and can be made to fail."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["Hub", "serve_hub"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """The repositories that the server offers, and what it was asked for.

    Attributes:
        url: Address of the server, for `HF_ENDPOINT`.
        models: Repository id to the folder with its files.
        locked: Repositories that it hands out to nobody.
        cut: `repository/file` to the number of bytes after which the connection breaks.
        requests: (method, path) of every request.
    """

    models: Mapping[str, Path]
    url: str = ""
    locked: frozenset[str] = frozenset()
    cut: dict[str, int] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serve_hub(hub: Hub) -> Iterator[Hub]:
    """Serve a hub while the block runs."""

    class Handler(_Handler):
        offered = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    offered: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is given
        """Say nothing."""

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.offered.requests.append((self.command, path))
        for repository, folder in self.offered.models.items():
            if repository in self.offered.locked and repository in path:
                self._refuse(401, "GatedRepo", "Access to this model is restricted.")
                return
            if path.startswith(f"/{repository}/resolve/"):
                self._file(repository, folder / path.rpartition("/")[2])
                return
            if path.startswith(f"/api/models/{repository}"):
                self._api(path.removeprefix(f"/api/models/{repository}"), repository, folder)
                return
        # The hub does not tell strangers whether a repository is missing or private.
        self._refuse(401, "RepoNotFound", "Repository not found")

    def _api(self, rest: str, repository: str, folder: Path) -> None:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        if rest.startswith("/tree/"):
            if rest.count("/") > 2:  # of a folder inside the repository: there are none
                self._refuse(404, "EntryNotFound", "No such folder")
                return
            listed: Any = [
                {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": _etag(path)}
                for path in files
            ]
        else:
            listed = {
                "id": repository,
                "sha": COMMIT,
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "tags": [],
                "siblings": [{"rfilename": path.name} for path in files],
            }
        self._send(json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: str, path: Path) -> None:
        if not path.is_file():
            self._refuse(404, "EntryNotFound", "Entry not found")
            return
        content = path.read_bytes()
        cut = self.offered.cut.get(f"{repository}/{path.name}")
        headers = {"ETag": f'"{_etag(path)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        status, begin = 200, 0
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes=") and self.command == "GET":
            begin = int(asked.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            status = 206
        self._send(content[begin:], headers, status=status, cut=cut)

    def _refuse(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._send(json.dumps({"error": message}).encode(), headers, status=status)

    def _send(
        self,
        content: bytes,
        headers: Mapping[str, str],
        *,
        status: int = 200,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None and cut < len(content):
            self.close_connection = True


def _etag(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
