"""How reports speak of a run: its settings, its curves, the command that trains it better."""

from __future__ import annotations

from typing import Any, ClassVar

from diagnostics import series
from diagnostics.judgement import Checkup
from diagnostics.report._curves import best_mark, curve_rows
from diagnostics.report._fix_command import fix_command
from diagnostics.report._presenter import Presenter, Verdicts
from diagnostics.report._run_facts import run_facts
from diagnostics.subjects.run_history import RunHistory

__all__ = ["RunPresenter"]


class RunPresenter(Presenter[RunHistory]):
    """Histories of runs."""

    kind: ClassVar[str] = "run"
    subject: ClassVar[type] = RunHistory
    command: ClassVar[str] = "tuner diagnose"
    noun: ClassVar[tuple[str, str]] = ("run", "runs")
    place: ClassVar[str] = "Log"
    verdicts: ClassVar[Verdicts] = Verdicts(
        error="This run went wrong",
        warning="This run can be better",
        unjudged="No fault found, but most rules could not judge this run.",
        clear="Healthy",
    )

    def facts(self, subject: RunHistory) -> list[str]:
        """Return model, data, length, hyperparameters, device and state."""
        return run_facts(subject)

    def charts(self, subject: RunHistory, *, columns: int, plain: bool = False) -> list[str]:
        """Return the curves, with the best epoch marked."""
        return curve_rows(subject, columns=columns, plain=plain)

    def highlight(self, subject: RunHistory) -> str:
        """Return the best epoch."""
        return best_mark(subject)

    def document(self, subject: RunHistory) -> dict[str, Any]:
        """Return the metric that decides, and the epoch that is best by it."""
        best = series.best_point(subject)
        epoch = None if best is None else best.epoch
        return {"monitor": subject.monitor, "best_epoch": epoch}

    def fix_command(self, checkup: Checkup[RunHistory]) -> str:
        """Return `tuner train` or a `TrainingArguments` snippet with the fixes."""
        return fix_command(checkup)
