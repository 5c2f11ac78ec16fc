"""Judges the runs at the paths of a command line, one after the other."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from diagnostics.checkup import Checkup, Examination, find_logs, find_runs
from diagnostics.errors import DiagnosticsError
from diagnostics.log_finder import STRUCTURED, logs_at
from diagnostics.report_format import Unread
from diagnostics.subjects.run_history import RunHistory
from diagnostics.text_head import decode_head
from tuner.commands._piped_name import fitting_name

__all__ = ["judge_paths"]

STANDARD_INPUT = "-"
SOURCE = "standard input"
LARGEST = 128 * 2**20
"""Bytes of standard input that are read, as many as of any file."""
_PRINTED = "printed_log"

Outcome = Checkup[RunHistory] | Unread


def judge_paths(
    paths: Sequence[str], how: Examination, *, recursive: bool
) -> tuple[list[Checkup[RunHistory]], list[Unread]]:
    """Judge each path, and return what was found and what could not be judged.

    Args:
        paths: Files and folders, or `-` for a log on standard input; named twice is judged once.
        how: By which rules, and with what the user knows.
        recursive: Judge every run below each folder.

    Raises:
        DiagnosticsError: The only path cannot be judged.
    """
    outcomes: list[Outcome] = []
    with _loaded_code_left_alone():
        for path in dict.fromkeys(paths):
            try:
                outcomes += _outcomes(path, how, recursive=recursive)
            except DiagnosticsError as error:
                if len(paths) == 1:
                    raise
                outcomes.append(Unread(path=path, message=str(error)))
    unread = [outcome for outcome in outcomes if isinstance(outcome, Unread)]
    checkups = [outcome for outcome in outcomes if not isinstance(outcome, Unread)]
    once: dict[str, Checkup[RunHistory]] = {}
    for checkup in checkups:  # a study and its winner are one run, found in two places
        once.setdefault(checkup.subject.source, checkup)
    return list(once.values()), unread


@contextmanager
def _loaded_code_left_alone() -> Iterator[None]:
    """Spare the garbage collector what was there before, such as the modules: it stays anyway."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _outcomes(path: str, how: Examination, *, recursive: bool) -> Iterator[Outcome]:
    if path == STANDARD_INPUT:
        yield _judge_standard_input(how)
    elif recursive:
        yield from _judge_below(Path(path), how)
    else:
        yield how.judge_logs(find_logs(Path(path)))


def _judge_below(root: Path, how: Examination) -> Iterator[Outcome]:
    lost: list[str] = []
    for logs in find_runs(root, lost):
        try:
            yield how.judge_logs(logs)
        except DiagnosticsError as error:
            yield Unread(path=str(logs[0].path), message=str(error))
    yield from (Unread(path=str(root), message=message) for message in lost)


def _judge_standard_input(how: Examination) -> Checkup[RunHistory]:
    """Judge what is piped in: a log in a known format by its reader, all else as printed text."""
    content = sys.stdin.buffer.read(LARGEST + 1)
    # Some shells pipe UTF-16, some programs the code page of the system.
    text = decode_head(content[:LARGEST]) or content[:LARGEST].decode("utf-8", "replace")
    checkup = _judge_formatted(content[:LARGEST], text, how) or _judge_printed(text, how)
    lost = (f"Only the first {LARGEST // 2**20} MiB were read.",) if len(content) > LARGEST else ()
    notes = (*checkup.subject.notes, *lost)
    return replace(checkup, subject=replace(checkup.subject, source=SOURCE, notes=notes))


def _judge_printed(text: str, how: Examination) -> Checkup[RunHistory]:
    from diagnostics.readers import _printed

    return how.judge(_printed.read_text(text, SOURCE), reader=_PRINTED)


def _judge_formatted(content: bytes, text: str, how: Examination) -> Checkup[RunHistory] | None:
    """Judge a log in a format with a reader of its own; None when no such reader knows it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / fitting_name(text)
        file.write_bytes(content)
        logs = [log for log in logs_at(file) if log.reader.name != _PRINTED]
        if not logs:
            return None
        try:
            return replace(how.judge_logs(logs), others=())
        except DiagnosticsError as error:
            if all(log.reader.precedence < STRUCTURED for log in logs):
                with suppress(DiagnosticsError):  # as of a file, the next reader is asked
                    return _judge_printed(text, how)
            message = error.message.replace(str(file), SOURCE)
            raise DiagnosticsError(message, error.hint) from error
