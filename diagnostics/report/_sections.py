"""The terminal report of one run as paragraphs, from the verdict down to the fix."""

from __future__ import annotations

from collections.abc import Iterator

from diagnostics.judgement import Checkup
from diagnostics.report._curves import curve_rows
from diagnostics.report._facts import run_facts, unjudged, verdict
from diagnostics.report._finding_sections import finding_paragraphs, fix_paragraphs
from diagnostics.report._fix_command import fix_command
from diagnostics.report._paragraph import BLANK, STYLES, Paragraph, line
from diagnostics.report._phrases import joined
from diagnostics.report._text import clean
from diagnostics.subjects.run_history import RunHistory

__all__ = ["run_paragraphs"]

_REASONS = 3
"""Reasons shown for rules that could not judge."""


def run_paragraphs(
    checkup: Checkup[RunHistory],
    *,
    columns: int,
    plain: bool = False,
    verbose: bool = False,
    command: bool = False,
) -> Iterator[Paragraph]:
    """Yield the whole report on one run.

    Args:
        checkup: What was found.
        columns: Most points per curve.
        plain: Draw with ASCII signs only.
        verbose: Show every finding in full, and all its fixes.
        command: End with the command that applies the fixes together.
    """
    worst = checkup.worst
    yield line(verdict(checkup), "bold green" if worst is None else STYLES[worst])
    yield line(clean(checkup.subject.source), "dim")
    if facts := run_facts(checkup.subject):
        yield line(", ".join(facts))
    yield BLANK
    rows = curve_rows(checkup.subject, columns=columns, plain=plain)
    yield from (line(row, "bold" if "★" in row else "", indent=1) for row in rows)
    if rows:
        yield BLANK
    yield from finding_paragraphs(checkup.findings, verbose=verbose)
    yield from _left_out(checkup, verbose=verbose)
    yield from fix_paragraphs(checkup.findings, verbose=verbose)
    if command:
        yield from _command(checkup)
    yield from _closing(checkup)


def _left_out(checkup: Checkup[RunHistory], *, verbose: bool) -> Iterator[Paragraph]:
    """Yield what was not judged, what was switched off, and what failed."""
    yield from _unjudged(checkup, verbose=verbose)
    for off in checkup.switched_off:
        reason = f": {clean(off.reason)}" if off.reason else ""
        yield line(f"Switched off: {off.rule.id} {off.rule.name}{reason}", "dim")
    for failed, error in checkup.crashed:
        yield line(f"Rule {failed.id} failed, please report it: {clean(error)}", "red")
    if checkup.not_judged or checkup.switched_off or checkup.crashed:
        yield BLANK


def _unjudged(checkup: Checkup[RunHistory], *, verbose: bool) -> Iterator[Paragraph]:
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


def _command(checkup: Checkup[RunHistory]) -> Iterator[Paragraph]:
    text = fix_command(checkup)
    if not text:
        return
    yield line("All of it together", "bold green")
    yield from (line(row, indent=2, wrapped=False) for row in text.split("\n"))
    yield BLANK


def _closing(checkup: Checkup[RunHistory]) -> Iterator[Paragraph]:
    """Yield what the reader has to say, and where to read on."""
    if checkup.subject.notes:
        yield line(f"Notes: {joined(clean(note) for note in checkup.subject.notes)}", "dim")
    if checkup.others:
        others = ", ".join(clean(path) for path in checkup.others)
        yield line(f"Also there, not judged: {others}", "dim")
    if checkup.findings:
        yield line(f"More: tuner explain {checkup.findings[0].rule}", "dim")
