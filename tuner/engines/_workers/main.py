"""What a worker process runs: an engine, and a pipe to the search that started it.

The pipe is all that connects the two. When its other end is gone the search is gone, and the worker
ends at once, also in the middle of a training step: nobody may be left to train in a folder that
the next search takes up.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from tuner.engine_recipe import EngineRecipe, Place
from tuner.engines._failure import Failure
from tuner.engines._hosting import Broken, Close, Command, EngineHost
from tuner.engines._workers.words import BEAT_SECONDS, Beat, Ready
from tuner.secrets_in_text import without_secrets

__all__ = ["main"]

BUSY_SECONDS = 0.2
"""How long a running training is listened to before commands are looked at again."""

_SPEAKING = threading.Lock()
_PR_SET_PDEATHSIG = 1
_KILLED_FIRST = "500"


def main(settings: dict[str, Any]) -> None:
    """Build the engine and obey until told to close, or until the search is gone.

    Args:
        settings: As `tuner.engines._workers.process` wrote them: descriptors of the pipe and of the
            recipe, the place, and whether the search's main thread started this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the search
    faulthandler.enable()
    if settings["dies_with_parent"]:
        _die_with_parent()
    _be_killed_first()
    os.set_inheritable(settings["pipe"], False)
    pipe: Connection[Any, Any] = Connection(settings["pipe"])
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(pipe, commands), daemon=True).start()
    threading.Thread(target=_beat, args=(pipe,), daemon=True).start()
    place = Place(**settings["place"])
    try:
        host = EngineHost(_read_recipe(settings["recipe"]).build(place))
    except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
        _send(pipe, Broken(key=None, failure=Failure.of(error)))
        _leave(1)
    else:
        _send(pipe, Ready())
        _serve(host, pipe, commands)
        _leave(0)


def _serve(
    host: EngineHost, pipe: Connection[Any, Any], commands: queue.SimpleQueue[Command]
) -> None:
    while True:
        try:
            command = commands.get(block=host.is_idle)
        except queue.Empty:
            if (word := host.next_message(BUSY_SECONDS)) is not None:
                _send(pipe, word)
            continue
        host.do(command)
        if isinstance(command, Close):
            return


def _read(pipe: Connection[Any, Any], commands: queue.SimpleQueue[Command]) -> None:
    while True:
        try:
            commands.put(pipe.recv())
        except (EOFError, OSError):
            os._exit(1)  # the search is gone


def _beat(pipe: Connection[Any, Any]) -> None:
    while True:
        time.sleep(BEAT_SECONDS)
        _send(pipe, Beat())


def _send(pipe: Connection[Any, Any], word: object) -> None:
    details = getattr(getattr(word, "failure", None), "details", "")
    if details:
        sys.stderr.write(without_secrets(details))
    try:
        with _SPEAKING:
            pipe.send(word)
    except OSError:
        os._exit(1)  # the search is gone


def _leave(code: int) -> None:
    """End without the interpreter's clean-up, which waits for threads and can take seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _read_recipe(file: int) -> EngineRecipe:
    """Read what the search left in a nameless file for all its workers."""
    size = os.fstat(file).st_size
    content = bytearray()
    while len(content) < size:
        content += os.pread(file, size - len(content), len(content))
    recipe: EngineRecipe = ForkingPickler.loads(bytes(content))
    return recipe


def _die_with_parent() -> None:
    """Have the kernel kill this process with the search, even while it hears nothing (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _be_killed_first() -> None:
    """Have the kernel take a worker, which is replaced, rather than the search (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST, encoding="ascii")
