"""A search in silence: only the answer and the warnings that belong to it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console

from tuner.display.answer import answer_panel
from tuner.display.canvas import Canvas
from tuner.display.plan import bullets
from tuner.study_view import StudyPlan, StudySnapshot, StudySummary

__all__ = ["QuietDisplay"]


class QuietDisplay:
    """Prints nothing but the answer."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        """Return the display."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing."""

    def plan(self, plan: StudyPlan) -> None:
        """Print nothing."""

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Print nothing."""

    def tick(self, snapshot: StudySnapshot) -> None:
        """Print nothing."""

    def finish(self, summary: StudySummary) -> None:
        """Print the answer and the warnings."""
        canvas = Canvas.of(self._console)
        self._console.print(answer_panel(summary, canvas))
        if summary.warnings:
            self._console.print(bullets(summary.warnings, canvas.symbols.warning, "bold yellow"))
