"""Reads what trainings printed, wherever the text comes from: a file or standard input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._printed_history import history_of
from diagnostics.readers._printed_parser import PrintedLog
from diagnostics.readers._text_lines import Line, lines_of_text
from diagnostics.subjects.run_history import RunHistory

__all__ = ["read_lines", "read_text"]

_OF_A_TRAINING = re.compile(
    r"train|tun(?:e|ing)|epoch|model|data|batch|loss|label|token|tensor|torch|keras|cuda|gpu"
    r"|flair|spacy|lightning|transformers|checkpoint",
    re.IGNORECASE,
)
_LONGEST = 2_000
"""Letters of a line that are searched for words of a training."""


def read_text(text: str, source: str) -> RunHistory:
    """Read a printed log that is at hand as text.

    Args:
        text: What the training printed.
        source: Where it came from, for the report.

    Returns:
        The richest training in it; further ones are named in the notes. Text that tells of nothing
        but a failure is a history with events and no epochs.

    Raises:
        DiagnosticsError: It tells of no training and no failure.
    """
    notes: list[str] = []
    return read_lines(lines_of_text(text, notes), source, notes)


def read_lines(lines: Iterable[Line], source: str, notes: list[str]) -> RunHistory:
    """Read a printed log line by line.

    Args:
        lines: Numbered lines, drawn one by one.
        source: Where they came from.
        notes: What the lines' own source lost; completed while the lines are drawn.

    Raises:
        DiagnosticsError: The lines tell of no training and no failure.
    """
    log = PrintedLog()
    speaks = False
    for number, line in lines:
        speaks = speaks or _OF_A_TRAINING.search(line[:_LONGEST]) is not None
        log.feed(number, line)
    log.close()
    history = history_of(log.records, environment=log.environment, source=source)
    if history is None or (not speaks and _is_any_program(history)):
        raise DiagnosticsError(
            f"`{source}` tells of no training: it holds no loss, no score and no failure.",
            "Give the text that the training printed, from its start to its end.",
        )
    return replace(history, notes=(*notes, *history.notes))


def _is_any_program(history: RunHistory) -> bool:
    """Whether a history holds errors alone, such as any program may end with."""
    failed = bool(history.events) and all(event.kind == "error" for event in history.events)
    return failed and not history.epochs and not history.steps
