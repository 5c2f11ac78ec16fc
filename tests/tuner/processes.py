"""The command line in processes of their own, which can be interrupted, killed and limited.

Importing torch takes seconds, so the processes are forked from a server that has imported it once.
What they run is what `python -m tuner` runs.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Finished", "RunningCommand", "run_command"]

PATIENCE = 120.0


@dataclass(frozen=True)
class Finished:
    """How a command ended.

    Attributes:
        code: Exit code; negative for the signal that killed it.
        output: Standard output.
        errors: Standard error.
    """

    code: int
    output: str
    errors: str


class RunningCommand:
    """A `tuner` command in a process of its own.

    Args:
        arguments: The command line without the program's name.
        folder: Where its output is collected.
        environment: Further environment variables.
        largest_file: Bytes that a file may have before writing fails, as on a full disk.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        largest_file: int | None = None,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.tuner.trainings", "tuner.commands"])
        self._output = folder / f"output-{time.monotonic_ns()}.txt"
        self._errors = self._output.with_suffix(".err")
        self._process = context.Process(
            target=_main,
            args=(
                [str(argument) for argument in arguments],
                self._output,
                self._errors,
                dict(environment or {}),
                largest_file,
            ),
        )
        self._process.start()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def wait_until_printed(self, pattern: str) -> None:
        """Wait until a pattern stands in its output; ending or dawdling before fails the test."""
        deadline = time.monotonic() + PATIENCE
        while not re.search(pattern, self.output, re.MULTILINE):
            assert self.is_running, f"it ended early: {self._errors.read_text()}"
            assert time.monotonic() < deadline, f"it did not happen: {self.output}"
            time.sleep(0.01)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._send(signal.SIGINT)

    def kill(self) -> None:
        """Kill it as a power failure would."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self._process.pid is not None and self.is_running:
            os.kill(self._process.pid, number)

    def finish(self) -> Finished:
        """Wait for its end."""
        self._process.join(PATIENCE)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
        assert code is not None, f"still running after {PATIENCE:g} s: {self.output}"
        self._process.close()
        return Finished(code, self.output, self._errors.read_text(encoding="utf-8"))


def run_command(
    arguments: Sequence[str | Path],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    largest_file: int | None = None,
) -> Finished:
    """Run a command to its end; the arguments are those of `RunningCommand`."""
    running = RunningCommand(arguments, folder, environment=environment, largest_file=largest_file)
    return running.finish()


def _main(
    arguments: list[str],
    output: Path,
    errors: Path,
    environment: Mapping[str, str],
    largest_file: int | None,
) -> None:
    for path, stream in ((output, sys.stdout), (errors, sys.stderr)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    os.environ.update(environment)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    from tests.tuner.trainings import prepare_process
    from tuner.cli import main

    prepare_process()

    sys.exit(main(arguments))
