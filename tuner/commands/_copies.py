"""Shows what `--fix` and `--convert` wrote: files, changes with their places, what was left."""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.text import Text

from diagnostics.command_lines import command_lines
from diagnostics.findings import Place
from diagnostics.repair.data_repair import Change, RepairReport
from tuner.display.canvas import Canvas, make_console
from tuner.display.text import clean
from tuner.errors import UsageError

__all__ = ["check_form", "show_copy"]

_FORMATS = ("terminal", "json")


def show_copy(report: RepairReport, form: str) -> None:
    """Print what was written, as text or as one JSON document.

    Raises:
        UsageError: There is no such form of it.
    """
    if form == "json":
        json.dump(_document(report), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    console = make_console()
    width = Canvas.of(console).width
    for indent, text in _lines(report):
        first, further = " " * indent, " " * (indent + 2)
        wrapped = fill(clean(text), width, initial_indent=first, subsequent_indent=further)
        console.print(Text(wrapped if text else ""), soft_wrap=True)
    console.print(Text.assemble(("Next: ", "bold green"), "check the copy"))
    for row in command_lines(f"tuner check {shlex.quote(clean(report.out))}", width - 2):
        console.print(Text(f"  {row}"), soft_wrap=True)


def check_form(form: str) -> None:
    """Refuse a form that copies are not shown in, before anything is written.

    Raises:
        UsageError: There is no such form.
    """
    if form not in _FORMATS:
        raise UsageError(
            f"`--fix` and `--convert` report as terminal or json, but `--format` is `{form}`.",
            "Leave --format out; `tuner check` of the copy reports in every form.",
        )


def _lines(report: RepairReport) -> Iterator[tuple[int, str]]:
    """Yield lines with their indents."""
    yield 0, f"Written to {report.out} as {report.format}."
    for split in report.splits:
        counts = ((split.sentences, "sentence"), (split.tokens, "word"), (split.entities, "entity"))
        told = ", ".join(_counted(count, unit) for count, unit in counts)
        yield 2, f"{split.path.name}: {told}"
    yield 0, ""
    if not report.changes:
        yield 0, "Nothing was changed."
        yield 0, ""
    yield from _changes("Changed", report.changes)
    if report.listed is not None:
        yield 0, f"Every change with what stood there before and after: {report.listed}"
        yield 0, ""
    yield from _changes("Left to you", report.left)


def _counted(count: int, unit: str) -> str:
    if count == 1:
        return f"1 {unit}"
    return f"{count:,} {unit.removesuffix('y')}{'ies' if unit.endswith('y') else 's'}"


def _changes(heading: str, changes: Sequence[Change]) -> Iterator[tuple[int, str]]:
    if not changes:
        return
    yield 0, heading
    for change in changes:
        yield 2, change.message
        yield from ((4, _place(place)) for place in change.places)
    yield 0, ""


def _place(place: Place) -> str:
    line = "" if place.line is None else f":{place.line}"
    return f"{place.file}{line}" + (f": {place.text}" if place.text else "")


def _document(report: RepairReport) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return {field.name: plain(getattr(value, field.name)) for field in fields}
        if isinstance(value, tuple | list):
            return [plain(entry) for entry in value]
        return str(value) if isinstance(value, Path) else value

    document: dict[str, Any] = plain(report)
    return document
