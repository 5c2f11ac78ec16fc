"""The report for people: readable in ten seconds at 80 columns."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

from diagnostics.findings import Finding, Fix
from diagnostics.judgement import Checkup
from diagnostics.report._curves import curve_rows
from diagnostics.report._finding_sections import finding_paragraphs, fix_paragraphs
from diagnostics.report._overview import overview_rows, worst_first
from diagnostics.report._paragraph import BLANK, Paragraph
from diagnostics.report._phrases import evidence_sentence, fix_sentence, place_list
from diagnostics.report._sections import checkup_paragraphs, command_paragraphs
from diagnostics.report._text import clean
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions
from diagnostics.subjects.run_history import RunHistory

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = [
    "Terminal",
    "evidence_line",
    "fix_line",
    "place_lines",
    "render",
    "render_findings",
    "small_chart",
]

_WIDEST = 120
_CUT = "..."
_STAND_INS = {"→": "->", "★": "*", "·": "|", "±": "+-"}


class Terminal(ReportFormat):
    """Verdict, facts, tables, charts, findings with their fixes, and what could not be judged."""

    name: ClassVar[str] = "terminal"

    def write(
        self,
        checkups: Sequence[Checkup[Any]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write to a stream; plain text unless it is a terminal that shows colours."""
        console = _console(stream)
        width = min(console.width, _WIDEST)
        if options.overview:
            checkups = worst_first(checkups)
            rows = overview_rows(checkups, options.unread, width if console.is_terminal else None)
            _print(console, [Paragraph(parts=(row,), wrapped=False) for row in rows], width)
        if options.overview and not options.verbose:
            for checkup in checkups if options.fix_command else ():
                _print(console, command_paragraphs(checkup, width=width), width)
            return
        for place, checkup in enumerate(checkups):
            if place or options.overview:
                _print(console, [BLANK, Paragraph(parts=(("-" * width, "dim"),))], width)
            _print(console, _paragraphs(checkup, console, width, options), width)


def _console(stream: TextIO, width: int | None = None) -> Console:
    """Return a console that parses no markup; NO_COLOR means no escape sequence at all."""
    from rich.console import Console

    class PipedConsole(Console):
        """A console that leaves it to its caller what a reader who has gone means."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    plain = bool(os.environ.get("NO_COLOR"))
    return PipedConsole(
        file=stream,
        width=width,
        color_system=None if plain else "auto",
        markup=False,
        emoji=False,
        highlight=False,
    )


def _paragraphs(
    checkup: Checkup[Any], console: Console, width: int, options: ReportOptions
) -> Iterable[Paragraph]:
    return checkup_paragraphs(
        checkup,
        width=width,
        plain=console.options.ascii_only,
        verbose=options.verbose,
        command=options.fix_command,
    )


def render(checkup: Checkup[Any], width: int, options: ReportOptions = DEFAULT_OPTIONS) -> str:
    """Return the report as plain text of a given width."""
    stream = io.StringIO()
    console = _console(stream, width)
    _print(console, _paragraphs(checkup, console, width, options), width)
    return stream.getvalue()


def render_findings(findings: Sequence[Finding], width: int = 80) -> str:
    """Return findings alone as plain text, for what is shown while a run goes on."""
    stream = io.StringIO()
    console = _console(stream, width)
    _print(console, finding_paragraphs(findings, verbose=False), width)
    _print(console, fix_paragraphs(findings, verbose=False), width)
    return stream.getvalue()


def small_chart(run: RunHistory, *, columns: int, plain: bool = False) -> list[str]:
    """Return the curves of a run as rows of text, at most so many points each."""
    rows = curve_rows(run, columns=columns, plain=plain)
    return [_plain(row) for row in rows] if plain else rows


def evidence_line(found: Finding) -> str:
    """Return the figures of a finding in one harmless line; empty without any."""
    return clean(evidence_sentence(found))


def fix_line(fix: Fix, *, rule: str = "") -> str:
    """Return a fix of a rule with its values in one harmless line."""
    return clean(fix_sentence(fix, rule=rule))


def place_lines(found: Finding) -> list[str]:
    """Return the places of a finding, one harmless line each."""
    return [clean(place) for place in place_list(found)]


def _print(console: Console, paragraphs: Iterable[Paragraph], width: int) -> None:
    plain = console.options.ascii_only
    for paragraph in paragraphs:
        _print_paragraph(console, paragraph, width, plain=plain)


def _print_paragraph(console: Console, paragraph: Paragraph, width: int, *, plain: bool) -> None:
    """Print one paragraph, its further lines indented as it says."""
    from rich.text import Text

    # Rich replaces nothing: what the stream cannot encode has to go before.
    parts = [(_plain(text) if plain else text, style) for text, style in paragraph.parts]
    text = Text.assemble(*parts)
    lines: Iterable[Text] = [text]
    if paragraph.wrapped:
        lines = text.wrap(console, max(20, width - paragraph.indent - paragraph.hanging))
    for place, line in enumerate(lines):
        if paragraph.cut and line.cell_len > (room := max(20, width - paragraph.indent)):
            line.truncate(room - len(_CUT), overflow="crop")
            line.append(_CUT)
        line.rstrip()
        margin = " " * (paragraph.indent + (paragraph.hanging if place else 0))
        console.print(Text.assemble(margin, line), soft_wrap=True)


def _plain(text: str) -> str:
    replaced = "".join(_STAND_INS.get(sign, sign) for sign in text)
    return replaced.encode("ascii", "backslashreplace").decode("ascii")
