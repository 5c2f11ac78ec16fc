"""What every report format holds to, whatever strangers wrote into a log."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics import catalogue
from diagnostics.checkup import Checkup
from diagnostics.report_format import ReportFormat, ReportOptions, Unread
from diagnostics.subjects.run_history import RunEvent, RunHistory
from tests.diagnostics.report.runs import (
    collapsed,
    healthy,
    judged,
    judged_by_all,
    overfitted,
)

FORMATS = catalogue.units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
HARMFUL = {chr(code) for code in (*range(32), 127, 0x9B, 0x202E, 0x2066)} - {"\n"}
HOSTILE = (
    "[bold red]x[/]",
    "\x1b[2J\x1b]0;title\x07",
    "a\r\nb\x00",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "| a | b |\n|---|---|",
    "`code` ![x](http://evil.example) @everyone #1",
    "'; rm -rf / #$(reboot)`reboot`",
    "\udcff\ud800",
    "x" * 9000,
)
ALL = ReportOptions(
    verbose=True,
    overview=True,
    fix_command=True,
    unread=(Unread(path="gone", message="It is not there."),),
)


def poisoned(text: str, run: RunHistory) -> RunHistory:
    """Put a text wherever a log may hold one."""
    return replace(
        run,
        source=text,
        notes=(text,),
        config={**run.config, "model": text, "schedule": text, "optim": text},
        environment={"device": text, text: text},
        events=(RunEvent(kind="out-of-memory", message=text, details={text: text}),),
        monitor=text,
    )


def written(report: ReportFormat, options: ReportOptions, *checkups: Checkup[RunHistory]) -> str:
    stream = io.StringIO()
    report.write(checkups, stream, options)
    return stream.getvalue()


def test_the_formats_are_those_that_are_promised() -> None:
    assert {report.name for report in FORMATS} == {"terminal", "json", "markdown", "sarif"}


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: str(report.name))
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_strangers_comes_out_harmless(report: ReportFormat, text: str) -> None:
    runs = [judged_by_all(poisoned(text, run)) for run in (overfitted(), collapsed())]
    options = replace(ALL, unread=(Unread(path=text, message=text),))
    for shown in (options, ReportOptions(fix_command=True, unread=options.unread)):
        out = written(report, shown, *runs)
        assert not HARMFUL & set(out)
        out.encode("utf-8")
        if report.name in {"json", "sarif"}:
            json.loads(out, parse_constant=pytest.fail)
        else:
            assert len(out) < 40_000


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: str(report.name))
@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=40))
def test_any_text_at_all(report: ReportFormat, text: str) -> None:
    out = written(report, ALL, judged_by_all(poisoned(text, overfitted())))
    assert not HARMFUL & set(out)


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: str(report.name))
def test_findings_reasons_and_fixes_are_all_there(report: ReportFormat) -> None:
    out = written(
        report,
        ReportOptions(verbose=True),
        judged(overfitted(), ignore={"R202": "known drift"}),
        judged(collapsed()),
    )
    for part in ("R201", "overfits", "R301", "epochs", "0.71"):
        assert part in out
    if report.name != "sarif":
        for part in ("this needs 4", "known drift"):
            assert part in out


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: str(report.name))
def test_what_could_not_be_read_is_named(report: ReportFormat) -> None:
    assert "It is not there" in written(report, ALL, judged(healthy()))


@pytest.mark.parametrize("report", FORMATS, ids=lambda report: str(report.name))
def test_no_run_at_all_is_no_failure(report: ReportFormat) -> None:
    written(report, ReportOptions())
    written(report, ALL)
