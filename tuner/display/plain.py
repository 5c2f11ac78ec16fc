"""A search in plain lines, one per event, for logs and continuous integration."""

from __future__ import annotations

from rich.console import Console

from tuner.display.canvas import Canvas
from tuner.display.plan import plan_view
from tuner.display.screen import Screen
from tuner.display.summary import summary_view
from tuner.display.text import clean, clock, score
from tuner.display.trial_rows import trial_label
from tuner.silent import SilentStudy
from tuner.study_quote import rough_time
from tuner.study_view import StudyPlan, StudySnapshot, StudySummary

__all__ = ["PlainDisplay"]


class PlainDisplay(Screen, SilentStudy):
    """Prints the plan, one line per event and the report."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._best_key: str | None = None
        self._finished = 0

    def plan(self, plan: StudyPlan) -> None:
        """Print the plan."""
        self._console.print(plan_view(plan, Canvas.of(self._console)))

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Print the event, the best training whenever it changes, and the time after each trial."""
        if note:
            self._line(snapshot, note)
        best = next((row for row in snapshot.rows if row.key == snapshot.best_key), None)
        if best is not None and best.key != self._best_key:
            self._best_key = best.key
            self._line(snapshot, f"best so far: trial {trial_label(best)}, F1 {score(best.score)}")
        if snapshot.finished != self._finished:
            self._finished = snapshot.finished
            self._time(snapshot)

    def finish(self, summary: StudySummary) -> None:
        """Print the report."""
        self._console.print()
        self._console.print(
            summary_view(summary, Canvas.of(self._console), most_trials=None), crop=False
        )

    def _time(self, snapshot: StudySnapshot) -> None:
        """Print what the search is now expected to take, where it was quoted."""
        if snapshot.quoted is None or snapshot.remaining is None:
            return
        left, whole = snapshot.remaining, snapshot.elapsed + snapshot.remaining
        self._line(
            snapshot,
            f"about {rough_time(left)} left, {rough_time(whole)} in all; "
            f"quoted {rough_time(snapshot.quoted)}",
        )

    def _line(self, snapshot: StudySnapshot, what: str) -> None:
        place = f"{clock(snapshot.elapsed)} {snapshot.finished}/{snapshot.trials}"
        self._console.out(f"[{place}] {clean(what)}", highlight=False)
