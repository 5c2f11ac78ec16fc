"""A search on a terminal: a table that lives while the trials run, then the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from tuner.display.bars import progress_bar
from tuner.display.canvas import Canvas
from tuner.display.plan import plan_view, section, short_settings
from tuner.display.running_time import RunningTime
from tuner.display.screen import Screen
from tuner.display.summary import summary_view
from tuner.display.text import count, duration, safe_text, score
from tuner.display.trial_rows import trial_label
from tuner.display.trial_table import trial_table
from tuner.study_quote import rough_time
from tuner.study_view import StudyPlan, StudySnapshot, StudySummary
from tuner.trial import TrialState

__all__ = ["LiveDisplay", "progress_view"]

REFRESHES_PER_SECOND = 4
PHASES = {
    "search": "searching",
    "confirm": "training the best again with other seeds",
    "finish": "finishing",
    "idle": "not running",
}
LINES_AROUND_TABLE = 9  # heading, table heading and rule, blank line, four lines below, cursor


class LiveDisplay(Screen):
    """Shows a search as a table that is redrawn in place, and the report at its end.

    Args:
        console: A console on a terminal.
        clock: Returns seconds; what runs is shown as running on between two snapshots.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(console)
        self._clock = clock
        self._snapshot: StudySnapshot | None = None
        self._note = ""
        self._taken = clock()
        self._running = RunningTime()
        self._frame = 0
        self._live = Live(
            console=console,
            transient=True,
            get_renderable=self._view,
            refresh_per_second=REFRESHES_PER_SECOND,
            vertical_overflow="crop",
        )

    def close(self) -> None:
        """Give the terminal back, whatever happened."""
        self._live.stop()

    def plan(self, plan: StudyPlan) -> None:
        """Print the plan above the table."""
        self._console.print(plan_view(plan, Canvas.of(self._console)))

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        """Redraw the table."""
        self._note = note or self._note
        self.tick(snapshot)

    def tick(self, snapshot: StudySnapshot) -> None:
        """Take over the newest figures; the table redraws itself."""
        self._taken = self._clock()
        self._snapshot = replace(snapshot, rows=self._running.added(snapshot.rows, self._taken))
        if not self._live.is_started:
            self._live.start(refresh=True)

    def finish(self, summary: StudySummary) -> None:
        """Take the table away and print the report."""
        self._live.stop()
        self._console.print(summary_view(summary, Canvas.of(self._console)), crop=False)

    def _view(self) -> RenderableType:
        if self._snapshot is None:
            return Text()
        self._frame += 1
        is_idle = self._snapshot.phase == "idle"
        since = 0.0 if is_idle else self._clock() - self._taken
        canvas = Canvas.of(self._console)
        view = progress_view(self._snapshot, self._note, canvas, since=since, frame=self._frame)
        # Terminals echo Ctrl-C as `^C`: after a full line that would begin another one, and what
        # is redrawn would leave a line behind.
        return Group(view, Text())


def progress_view(
    snapshot: StudySnapshot, note: str, canvas: Canvas, *, since: float = 0.0, frame: int = 0
) -> RenderableType:
    """Return a search at one moment, never higher than the screen.

    Args:
        snapshot: The search.
        note: The last event, in one line.
        canvas: The room to draw in.
        since: Seconds since the snapshot was taken.
        frame: Counts the redraws.
    """
    room = canvas.height - LINES_AROUND_TABLE
    below = [_trials_line(snapshot, canvas), _best_line(snapshot, canvas)]
    below += [_time_line(snapshot, canvas, since), safe_text(note, "dim")]
    for line in below:
        line.truncate(canvas.width, overflow="ellipsis")
    if room < 2 or not snapshot.rows:
        return Group(*below[: max(canvas.height - 1, 1)])
    table = trial_table(
        snapshot.rows, snapshot.best_key, canvas, limit=room, since=since, frame=frame
    )
    heading = section(f"Study {snapshot.name}: {PHASES[snapshot.phase]}", canvas)
    return Group(heading, table, Text(), *below)


def _trials_line(snapshot: StudySnapshot, canvas: Canvas) -> Text:
    running = sum(row.state is TrialState.RUNNING for row in snapshot.rows)
    at_once = f", {running} running" if running > 1 else ""
    told = f"  {snapshot.finished} of {snapshot.trials}{at_once}"
    width = min(canvas.width - 30, canvas.width - 8 - len(told), 50)
    bar = progress_bar(snapshot.finished, snapshot.trials, width, canvas.symbols, "green")
    return Text.assemble(("Trials  ", "dim"), bar, told)


def _best_line(snapshot: StudySnapshot, canvas: Canvas) -> Text:
    best = next((row for row in snapshot.rows if row.key == snapshot.best_key), None)
    if best is None:
        return Text.assemble(("Best    ", "dim"), "none yet: no trial has finished")
    return Text.assemble(
        ("Best    ", "dim"),
        (f"{canvas.symbols.best} {score(best.score)}", "bold yellow"),
        f"  trial {trial_label(best)}: {short_settings(best.spec)}",
    )


def _time_line(snapshot: StudySnapshot, canvas: Canvas, since: float) -> Text:
    parts = [f"{duration(round(snapshot.elapsed + since))} so far"]
    if snapshot.remaining is not None:
        left = max(snapshot.remaining - since, 0.0)
        parts.append(f"about {duration(round(left))} left" if left >= 1 else "almost done")
    if snapshot.epochs_saved:
        parts.append(f"{count(snapshot.epochs_saved, 'epoch')} saved by stopping early")
    if snapshot.quoted is not None:
        parts.append(f"quoted {rough_time(snapshot.quoted)}")
    return Text.assemble(("Time    ", "dim"), f" {canvas.symbols.separator} ".join(parts))
