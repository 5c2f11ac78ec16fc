"""The report for people: readable in ten seconds at 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, TextIO

from diagnostics import series
from diagnostics.checkup import Checkup
from diagnostics.findings import Finding, Fix, Severity
from diagnostics.report import _chart
from diagnostics.report._facts import run_facts, unjudged, verdict
from diagnostics.report._text import clean, shown
from diagnostics.report_format import ReportFormat
from diagnostics.subjects.run_history import RunHistory

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["Terminal", "render"]

_WIDEST = 120
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}


class Terminal(ReportFormat):
    """Verdict, facts, curves, findings with their fixes, and what could not be judged."""

    name: ClassVar[str] = "terminal"

    def write(self, checkups: Sequence[Checkup[RunHistory]], stream: TextIO) -> None:
        """Write to a stream; plain text unless it is a terminal that shows colours."""
        from rich.console import Console

        console = Console(file=stream, markup=False, emoji=False, highlight=False)
        for checkup in checkups:
            _print(checkup, console, min(console.width, _WIDEST))


def render(checkup: Checkup[RunHistory], width: int) -> str:
    """Return the report as plain text of a given width."""
    import io

    from rich.console import Console

    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, markup=False, emoji=False)
    _print(checkup, console, width)
    return stream.getvalue()


def _print(checkup: Checkup[RunHistory], console: Console, width: int) -> None:
    plain = console.options.ascii_only
    for indent, line in _lines(checkup, plain=plain, width=width):
        _print_line(console, indent, line, width, plain=plain)


def _print_line(console: Console, indent: int, line: Text, width: int, *, plain: bool) -> None:
    """Print one paragraph, its further lines indented like its first."""
    from rich.text import Text

    if plain:
        # Rich replaces nothing: what the stream cannot encode has to go before.
        line = Text(_plain(line.plain), style=line.style)
    margin = " " * indent
    for wrapped in line.wrap(console, max(20, width - indent)):
        wrapped.rstrip()
        console.print(Text.assemble(margin, wrapped), soft_wrap=True)


def _plain(text: str) -> str:
    stand_ins = {"→": "->", "★": "*", "·": "|", "±": "+-"}
    replaced = "".join(stand_ins.get(sign, sign) for sign in text)
    return replaced.encode("ascii", "backslashreplace").decode("ascii")


def _lines(checkup: Checkup[RunHistory], *, plain: bool, width: int) -> Iterator[tuple[int, Text]]:
    """Yield (indent, paragraph) from top to bottom."""
    from rich.text import Text

    run = checkup.subject
    worst = checkup.worst
    yield 0, Text(verdict(checkup), style="bold green" if worst is None else _STYLES[worst])
    yield 0, Text(clean(run.source), style="dim")
    if facts := run_facts(run):
        yield 0, Text(", ".join(facts))
    yield 0, Text()
    chart = list(_chart_lines(run, plain=plain, width=width))
    for row in chart:
        yield 1, row
    if chart:
        yield 0, Text()
    for found in checkup.findings:
        yield from _finding_lines(found)
    yield from _closing_lines(checkup)


def _chart_lines(run: RunHistory, *, plain: bool, width: int) -> Iterator[Text]:
    """Yield a row per series, and one that marks the best epoch."""
    from rich.text import Text

    columns = max(10, min(60, width - 50))
    blocks = _chart.PLAIN_BLOCKS if plain else _chart.BLOCKS
    names = ["train loss", "eval loss"]
    tracks: list[list[float | None]] = [
        [point.train_loss for point in run.epochs],
        [point.eval_loss for point in run.epochs],
    ]
    monitored = run.monitor if run.monitor != "loss" else None
    if monitored is not None:
        names.append(clean(series.score_label(run))[:16])
        tracks.append([point.metrics.get(monitored) for point in run.epochs])
    for name, track in zip(names, tracks, strict=True):
        if any(value is not None for value in track):
            spark = _chart.sparkline(_chart.condensed(track, columns), blocks)
            yield Text(f"{name:<11} {spark}  {_from_to(track)}")
    best = series.best_point(run)
    if best is not None and (best.value or not run.higher_is_better):
        marked = [1.0 if point.number == best.epoch else None for point in run.epochs]
        place = _column_of(marked, columns)
        label = f"best {series.score_label(run)} {best.value:.4g} at epoch {best.epoch:g}"
        yield Text(f"{'':<11} {' ' * place}★ {clean(label)}", style="bold")


def _column_of(marked: Sequence[float | None], columns: int) -> int:
    place = next((index for index, mark in enumerate(marked) if mark is not None), 0)
    return place if len(marked) <= columns else min(columns - 1, place * columns // len(marked))


def _from_to(track: Sequence[float | None]) -> str:
    known = [value for value in track if value is not None]
    if len(known) == 1:
        return shown(float(known[0]))
    return f"{shown(float(known[0]))} → {shown(float(known[-1]))}"


def _finding_lines(found: Finding) -> Iterator[tuple[int, Text]]:
    """Yield one finding; a consequence takes one line, for its cause has the fix."""
    from rich.text import Text

    style = _STYLES[found.severity]
    if found.consequence_of is not None:
        head = f"{found.rule} {found.name}: follows from {found.consequence_of}. "
        yield 2, Text.assemble((head, style), clean(found.message))
        yield 0, Text()
        return
    yield 0, Text.assemble((f"{found.severity.upper()} {found.rule} {found.name}", style))
    yield 2, Text(clean(found.message))
    for place, fix in enumerate(found.fixes):
        yield 2, _fix_line("Fix: " if place == 0 else "or:  ", fix)
    if found.doubt:
        yield 2, Text(f"Doubt: {clean(found.doubt)}", style="dim")
    yield 0, Text()


def _fix_line(head: str, fix: Fix) -> Text:
    from rich.text import Text

    if fix.parameter is None:
        return Text.assemble((head, "bold green"), clean(fix.text))
    change = f"{clean(fix.parameter)} {shown(fix.old)} → {shown(fix.new)}"
    how = f" ({clean(fix.how)})" if fix.how else ""
    text = clean(fix.text).removesuffix(".")
    return Text.assemble((head, "bold green"), f"{text}: ", (change, "bold"), how)


def _closing_lines(checkup: Checkup[RunHistory]) -> Iterator[tuple[int, Text]]:
    """Yield what was not judged, what failed, and what the reader has to say."""
    from rich.text import Text

    folded = unjudged(checkup)
    if folded:
        yield 0, Text(f"Not judged by {len(checkup.not_judged)} of the rules, because", style="dim")
    for reason, rules in folded:
        yield 2, Text(f"{clean(reason)}: {', '.join(rules)}", style="dim")
    for failed, error in checkup.crashed:
        yield 0, Text(f"Rule {failed.id} failed, please report it: {clean(error)}", style="red")
    for note in checkup.subject.notes:
        yield 0, Text(f"Note: {clean(note)}", style="dim")
    if checkup.others:
        others = ", ".join(clean(path) for path in checkup.others)
        yield 0, Text(f"Also there, not judged: {others}", style="dim")
    if checkup.findings:
        yield 0, Text(f"More: tuner explain {checkup.findings[0].rule}", style="dim")
