"""Runs code under an audit hook and tells what it did; a script of its own, see `test_code.py`.

An audit hook cannot be taken away again, so this needs a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
from pathlib import Path
from typing import Any

from tests.security import watched_steps

with contextlib.suppress(ImportError):  # which tries, when it is imported, whether there is IPv6
    import urllib3.util.connection  # noqa: F401

WATCHED = ("pickle.find_class", "os.system", "os.exec", "socket.bind", "socket.connect")


class Watch:
    """Notes what a stranger's files could make happen, while it is switched on.

    Args:
        hostile: Folder whose files must never be run.
    """

    def __init__(self, hostile: Path) -> None:
        self.hostile = str(hostile)
        self.seen: list[str] = []
        self.on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and (event in WATCHED or self._runs_hostile_code(event, arguments)):
            self.seen.append(f"{event} {arguments!r:.200} {traceback.format_stack(limit=4)[:-1]}")

    def _runs_hostile_code(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "compile":
            return self.hostile in str(arguments[1])
        if event == "import":
            return self.hostile in str(arguments[1] or "")
        return event == "exec" and self.hostile in getattr(arguments[0], "co_filename", "")


def main(hostile: Path) -> None:
    """Do every step and print, as JSON, what it said and what was seen meanwhile."""
    watch = Watch(hostile)
    sys.addaudithook(watch)
    told = {}
    for name, step in watched_steps.STEPS.items():
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        watch.seen, watch.on = [], True
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = step(hostile)
        watch.on = False
        told[name] = {"code": code, "output": output.buffer.getvalue().decode(), "seen": watch.seen}
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
