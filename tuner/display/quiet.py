"""A search in silence: only the answer and the warnings that belong to it."""

from __future__ import annotations

from tuner.display.answer import answer_panel
from tuner.display.canvas import Canvas
from tuner.display.plan import bullets
from tuner.display.screen import Screen
from tuner.silent import SilentStudy
from tuner.study_view import StudySummary

__all__ = ["QuietDisplay"]


class QuietDisplay(Screen, SilentStudy):
    """Prints nothing but the answer."""

    def finish(self, summary: StudySummary) -> None:
        """Print the answer and the warnings."""
        canvas = Canvas.of(self._console)
        self._console.print(answer_panel(summary, canvas))
        if summary.warnings:
            self._console.print(bullets(summary.warnings, canvas.symbols.warning, "bold yellow"))
