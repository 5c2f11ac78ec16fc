"""The terminal report of one checkup as paragraphs, from the verdict down to the next command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from diagnostics.command_lines import command_lines
from diagnostics.harmless_text import harmless
from diagnostics.judgement import Checkup
from diagnostics.report._finding_sections import finding_paragraphs, fix_paragraphs
from diagnostics.report._paragraph import BLANK, STYLES, Paragraph, line
from diagnostics.report._phrases import joined
from diagnostics.report._presenter import Presenter, presenter_of
from diagnostics.report._table import table_rows
from diagnostics.report._text import clean
from diagnostics.report._verdict import unjudged, verdict

__all__ = ["checkup_paragraphs", "command_paragraphs"]

_INDENT = 2
_COMMANDS = ("tuner ", "pip install ")
"""How a line begins that a shell takes, other than a line of a snippet."""
_REASONS = 3
"""Reasons shown for rules that could not judge."""
_LEAST_COLUMNS, _MOST_COLUMNS = 10, 60
_BESIDE_CHARTS = 50
"""Cells that the words on both sides of a chart may take."""


def checkup_paragraphs(
    checkup: Checkup[Any],
    *,
    width: int,
    plain: bool = False,
    verbose: bool = False,
    command: bool = False,
) -> Iterator[Paragraph]:
    """Yield the whole report on one subject.

    Args:
        checkup: What was found.
        width: Cells per line, for tables and charts.
        plain: Draw with ASCII signs only.
        verbose: Show every finding in full, and all its fixes.
        command: End with the command that applies the fixes together.
    """
    presenter, worst = presenter_of(checkup.subject), checkup.worst
    yield line(verdict(checkup), "bold green" if worst is None else STYLES[worst])
    yield line(clean(presenter.source(checkup.subject)), "dim")
    if facts := presenter.facts(checkup.subject):
        yield line(", ".join(clean(fact) for fact in facts))
    yield BLANK
    yield from _body(checkup.subject, presenter, width=width, plain=plain)
    base = presenter.source(checkup.subject)
    yield from finding_paragraphs(checkup.findings, verbose=verbose, base=base)
    yield from _left_out(checkup, verbose=verbose)
    yield from fix_paragraphs(checkup.findings, verbose=verbose)
    if command:
        yield from _command(checkup, width)
    yield from _closing(checkup, width)


def command_paragraphs(checkup: Checkup[Any], *, width: int) -> Iterator[Paragraph]:
    """Yield the command that applies the fixes together, by itself below what it is for.

    Args:
        checkup: What was found.
        width: Cells per line.
    """
    if text := presenter_of(checkup.subject).fix_command(checkup):
        yield BLANK
        path = clean(presenter_of(checkup.subject).source(checkup.subject))
        yield line(path, "dim", wrapped=False)
        yield from _rows(text, width)


def _body(
    subject: Any, presenter: Presenter[Any], *, width: int, plain: bool
) -> Iterator[Paragraph]:
    """Yield tables and charts."""
    for table in presenter.tables(subject):
        head, *rows = table_rows(table, width=width, plain=plain)
        yield line(head, "bold", indent=1, wrapped=False)
        yield from (line(row, indent=1, wrapped=False) for row in rows)
        if table.rest:
            yield line(clean(table.rest), "dim", indent=1)
        yield BLANK
    columns = max(_LEAST_COLUMNS, min(_MOST_COLUMNS, width - _BESIDE_CHARTS))
    # Not cleaned, which would close the gaps in a chart.
    rows = [harmless(row) for row in presenter.charts(subject, columns=columns, plain=plain)]
    yield from (line(row, "bold" if "★" in row else "", indent=1) for row in rows)
    if rows:
        yield BLANK


def _left_out(checkup: Checkup[Any], *, verbose: bool) -> Iterator[Paragraph]:
    """Yield what was not judged, what was switched off, and what failed."""
    yield from _unjudged(checkup, verbose=verbose)
    for off in checkup.switched_off:
        reason = f": {clean(off.reason)}" if off.reason else ""
        yield line(f"Switched off: {off.rule.id} {off.rule.name}{reason}", "dim")
    for failed, error in checkup.crashed:
        yield line(f"Rule {failed.id} failed, please report it: {clean(error)}", "red")
    if checkup.not_judged or checkup.switched_off or checkup.crashed:
        yield BLANK


def _unjudged(checkup: Checkup[Any], *, verbose: bool) -> Iterator[Paragraph]:
    """Yield why rules could not judge; without `verbose` the reasons that silence most of them."""
    folded = sorted(unjudged(checkup), key=lambda pair: -len(pair[1]))
    shown = folded if verbose else folded[:_REASONS]
    if folded:
        count = f"{len(checkup.not_judged)} of {len(checkup.judgements)} rules"
        yield line(f"Not judged by {count}, because", "dim")
    for reason, rules in shown:
        yield line(f"{clean(reason)}: {', '.join(rules)}", "dim", indent=2, hanging=2)
    if len(shown) < len(folded):
        rest = sum(len(rules) for _, rules in folded[len(shown) :])
        yield line(f"and {rest} more for other reasons: -v lists them", "dim", indent=2)


def _rows(text: str, width: int) -> Iterator[Paragraph]:
    """Yield what is to be copied; a command that is too long for a line goes on on the next."""
    for row in text.split("\n"):
        is_command = row.startswith(_COMMANDS) and not row.endswith("\\")
        rows = command_lines(row, width - _INDENT) if is_command else [row]
        yield from (line(each, indent=_INDENT, wrapped=False) for each in rows)


def _command(checkup: Checkup[Any], width: int) -> Iterator[Paragraph]:
    presenter = presenter_of(checkup.subject)
    text = presenter.fix_command(checkup)
    if not text:
        return
    yield line(presenter.fix_heading, "bold green")
    yield from _rows(text, width)
    yield BLANK


def _closing(checkup: Checkup[Any], width: int) -> Iterator[Paragraph]:
    """Yield what the reader has to say, and where to read on."""
    presenter = presenter_of(checkup.subject)
    if notes := presenter.notes(checkup.subject):
        yield line(f"Notes: {joined(clean(note) for note in notes)}", "dim")
    if checkup.others:
        others = ", ".join(clean(path) for path in checkup.others)
        yield line(f"Also there, not judged: {others}", "dim")
    if checkup.findings:
        yield line(f"More: tuner explain {checkup.findings[0].rule}", "dim")
    for command, what in presenter.next_commands(checkup):
        yield Paragraph(parts=(("Next: ", "bold green"), (what, "")))
        yield from _rows(command, width)
