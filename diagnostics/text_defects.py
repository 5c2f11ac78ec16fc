"""Tells what is wrong with a text file as bytes, each defect with its first lines."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from diagnostics.data_format import EXAMPLES_KEPT, ReadingLog
from diagnostics.text_damage import LineEnds, lines_ending_in, minority

if TYPE_CHECKING:
    from diagnostics.text_file import TextFile

__all__ = ["report_on"]


def report_on(text: TextFile, log: ReadingLog) -> None:
    """Tell a log the encoding of a file, and what is wrong with it as bytes.

    Raises:
        DataError: The file is damaged, and the log is strict.
    """
    log.fact("encoding", text.encoding)
    if text.encoding in ("cp1252", "latin-1"):
        message = (
            f"{text.path.name} is not UTF-8 and was read as {text.encoding}; if words look "
            "wrong, convert the file to UTF-8 first."
        )
        lines = () if log.strict else text.decoded.lines
        _note(log, "not-utf-8", message, lines or (None,), text.decoded.foreign if lines else 1)
    if text.decoded.is_damaged:
        _report_damage(text, log)
    if not log.strict and text.encoding[:5] in ("utf-8", "cp125", "latin"):
        _report_line_ends(text, log)
        _report_marks(text, log)


def _report_damage(text: TextFile, log: ReadingLog) -> None:
    message = "the file is UTF-8, but this line holds bytes that are not."
    if log.strict:
        hint = "Mend the line or write the file anew as UTF-8."
        log.defect("damaged-encoding", message, text.damaged_line, hint)
    _note(log, "damaged-encoding", message, text.decoded.lines, text.decoded.foreign)


def _report_line_ends(text: TextFile, log: ReadingLog) -> None:
    """Say which lines end otherwise than the others: only a check wants to know."""
    log.fact("line_ends", " and ".join(text.ends.counts))
    rare = minority(text.ends.counts)
    if rare is None or text.has_endless_line:
        return
    name = "CR" if "CR" in text.ends.counts else rare[0]
    count = text.ends.counts[name]
    kind = "carriage-return-inside" if name == "CR" else "mixed-line-ends"
    message = f"The line ends in {name}, others end in {_others(text.ends, name)}."
    with text.path.open("rb") as file:
        numbers = list(islice(lines_ending_in(name, file), EXAMPLES_KEPT))
    _note(log, kind, message, numbers, count)


def _report_marks(text: TextFile, log: ReadingLog) -> None:
    if not text.marks_inside or text.has_endless_line:
        return
    with text.path.open("rb") as file:
        numbered = islice(enumerate(file, start=1), 1, None)
        marked = (at for at, line in numbered if line.startswith(codecs.BOM_UTF8))
        numbers = list(islice(marked, EXAMPLES_KEPT))
    message = "A byte order mark stands inside the file, as where two files were joined."
    _note(log, "byte-order-mark-inside", message, numbers, text.ends.marks)


def _note(
    log: ReadingLog, kind: str, message: str, lines: Sequence[int | None], count: int
) -> None:
    """Keep the first lines of a problem that occurs `count` times."""
    for place, line in enumerate(lines):
        log.note(kind, message, line, count=1 if place else count - len(lines) + 1)


def _others(ends: LineEnds, name: str) -> str:
    return " or ".join(other for other in ends.counts if other != name)
