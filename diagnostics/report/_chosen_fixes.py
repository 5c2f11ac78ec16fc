"""Which fixes of a run and of its data the command applies, and what is left to be done by hand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from diagnostics.findings import Finding, Fix, Severity
from diagnostics.fix_plan import FixPlan, PlannedFix, plan_fixes
from diagnostics.report._text import clean
from diagnostics.subjects.run_history import RunHistory

__all__ = ["by_hand", "install_line", "plan_of", "with_path"]

_INSTALL = re.compile(r"pip install ('?)[A-Za-z][\w.-]{0,60}[<>=!~,.\w]{0,40}\1\.")
_OUT_OF_MEMORY = "R501"


def plan_of(findings: Sequence[Finding], library: str) -> FixPlan:
    """Return the fixes to apply together: those of the run, then those of its data.

    What the data asks for does not hide what the run could change. Of fixes by hand the first of
    each rule counts: the others are its alternatives. `tuner train` adapts the batch by itself, so
    memory that ran out and was overcome changes nothing there.
    """
    of_run = [found for found in findings if not found.rule.startswith("D")]
    if library == "tuner":
        of_run = [found for found in of_run if not _overcome(found)]
    run = plan_fixes(of_run)
    data = plan_fixes([found for found in findings if found.rule.startswith("D")])
    changes = (*run.changes, *data.changes)
    installed = [planned for planned in changes if install_line(planned)]
    first: dict[str, PlannedFix] = {}
    for planned in (*installed, *run.by_hand, *data.by_hand):
        if not planned.fix.text.startswith("Or "):
            first.setdefault(planned.rule, planned)
    return replace(
        run,
        changes=tuple(planned for planned in changes if planned not in installed),
        by_hand=tuple(first.values()),
    )


def with_path(text: str, run: RunHistory) -> str:
    """Return a command with the path of the data in place of `DATA`, where it is known."""
    path = run.dataset.get("path")
    if not isinstance(path, str):
        return text
    named = shlex.quote(clean(path))
    for command in ("check", "train"):
        text = text.replace(f"tuner {command} DATA", f"tuner {command} {named}", 1)
    return text


def by_hand(fix: Fix, run: RunHistory) -> str:
    """Return what to do by hand, with the path of the data where it is known."""
    return with_path(clean(fix.text), run)


def install_line(planned: PlannedFix) -> str:
    """Return what to install as a line for the shell; empty for another fix."""
    text = planned.fix.text
    return text.removesuffix(".") if _INSTALL.fullmatch(text) else ""


def _overcome(found: Finding) -> bool:
    return found.rule == _OUT_OF_MEMORY and found.severity is Severity.INFO
