"""The live table of a search: what it shows, that it fits the screen, that it gives it back."""

# ruff: noqa: E501  # what is shown at 120 columns is 120 columns wide

from __future__ import annotations

import dataclasses
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from rich.console import Console

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.live import LiveDisplay, progress_view
from tuner.display.testing import render

NOTE = "trial 7, epoch 2/5: F1 0.8102"


def shown(width: int, height: int = 24, rows: int = 8) -> str:
    view = examples.snapshot(examples.many_rows(rows) if rows != 8 else None)
    return render(progress_view(view, NOTE, Canvas(width=width, height=height)), width)


def test_at_80_columns() -> None:
    assert shown(80) == snapshot("""\
Study fin: searching ───────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State
──────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━───── 2/5  0.8102     38s  running

Trials  ━━━━━━━━━━━━━━━━━━────────────────────────────────  7 of 20
Best    ★ 0.8731  trial 4: learning rate 1.2e-4, batch size 32, 5 epochs
Time    6m 54s so far · about 13m 32s left · 5 epochs saved by stopping early
trial 7, epoch 2/5: F1 0.8102\
""")


def test_at_120_columns() -> None:
    assert shown(120) == snapshot("""\
Study fin: searching ───────────────────────────────────────────────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State     Remark
──────────────────────────────────────────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned    0.00 < 0.62 at 40 %
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed    the loss became NaN at step 17
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished  out of memory at 32, ran as 2 x 16
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned    0.31 < 0.63 at 33 %
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━───── 2/5  0.8102     38s  running

Trials  ━━━━━━━━━━━━━━━━━━────────────────────────────────  7 of 20
Best    ★ 0.8731  trial 4: learning rate 1.2e-4, batch size 32, 5 epochs
Time    6m 54s so far · about 13m 32s left · 5 epochs saved by stopping early
trial 7, epoch 2/5: F1 0.8102\
""")


def test_before_the_first_trial_ends() -> None:
    view = dataclasses.replace(
        examples.snapshot(), rows=(), best_key=None, finished=0, remaining=None, epochs_saved=0
    )
    assert render(progress_view(view, "measuring", Canvas()), 80) == snapshot("""\
Trials  ──────────────────────────────────────────────────  0 of 20
Best    none yet: no trial has finished
Time    6m 54s so far
measuring\
""")


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(min_value=30, max_value=140),
    height=st.integers(min_value=1, max_value=60),
    rows=st.integers(min_value=1, max_value=70),
)
def test_never_higher_or_wider_than_the_screen(width: int, height: int, rows: int) -> None:
    view = examples.snapshot(examples.many_rows(rows))
    lines = render(progress_view(view, NOTE, Canvas(width=width, height=height)), width)
    assert len(lines.splitlines()) <= max(height - 1, 1)
    assert all(len(line) <= width for line in lines.splitlines())


def terminal(height: int = 24) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=True, width=80, height=height, markup=False, _environ={}
    )
    return console, stream


def test_the_whole_course_leaves_the_plan_and_the_report() -> None:
    console, stream = terminal()
    with LiveDisplay(console) as display:
        display.plan(examples.plan())
        display.update(examples.snapshot(), NOTE)
        display.tick(examples.snapshot())
        display.finish(examples.summary())
    output = stream.getvalue()
    assert output.index("Searched") < output.index("so far") < output.index("Answer: fin")
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")  # the cursor is back


def test_the_echo_of_ctrl_c_has_a_line_of_its_own() -> None:
    console, _ = terminal()
    with LiveDisplay(console) as display:
        display.update(examples.snapshot(), "x" * 80)
        lines = console.render_lines(display._view(), pad=False)
    assert len(lines) <= 24
    assert not "".join(segment.text for segment in lines[-1]).strip()


def test_the_terminal_is_given_back_when_the_search_breaks() -> None:
    console, stream = terminal()

    def broken_search() -> None:
        with LiveDisplay(console) as display:
            display.update(examples.snapshot(), NOTE)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        broken_search()
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_the_bar_of_a_running_trial_moves_with_its_steps() -> None:
    rows = examples.trial_rows()
    further = (*rows[:-1], dataclasses.replace(rows[-1], trained=2.9))
    line = next(
        line
        for line in render(
            progress_view(examples.snapshot(further), NOTE, Canvas(width=80, height=24)), 80
        ).splitlines()
        if "running" in line
    )
    assert line == snapshot("⠋      7        1.05e-4     32  ━━━━━─── 2/5  0.8102     38s  running")


def four_running(width: int, height: int = 24) -> str:
    view = progress_view(
        examples.snapshot(examples.four_running()), NOTE, Canvas(width=width, height=height)
    )
    return render(view, width)


def test_four_running_at_80_columns() -> None:
    assert four_running(80) == snapshot("""\
Study fin: searching ───────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State
──────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━━──── 2/5  0.8102     38s  running
⠋      8        1.05e-4     32  ──────── 0/5       -     38s  running
⠋      9        1.05e-4     32  ━━────── 1/5  0.4571     38s  running
⠋     10        1.05e-4     32  ━━━━━━━─ 4/5  0.8733     38s  running

Trials  ━━━━━━━━━━━━━━━━━━────────────────────────────────  7 of 20, 4 running
Best    ★ 0.8731  trial 4: learning rate 1.2e-4, batch size 32, 5 epochs
Time    6m 54s so far · about 13m 32s left · 5 epochs saved by stopping early
trial 7, epoch 2/5: F1 0.8102\
""")


def test_four_running_at_120_columns() -> None:
    assert four_running(120) == snapshot("""\
Study fin: searching ───────────────────────────────────────────────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State     Remark
──────────────────────────────────────────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned    0.00 < 0.62 at 40 %
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed    the loss became NaN at step 17
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished  out of memory at 32, ran as 2 x 16
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned    0.31 < 0.63 at 33 %
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━━──── 2/5  0.8102     38s  running
⠋      8        1.05e-4     32  ──────── 0/5       -     38s  running
⠋      9        1.05e-4     32  ━━────── 1/5  0.4571     38s  running
⠋     10        1.05e-4     32  ━━━━━━━─ 4/5  0.8733     38s  running

Trials  ━━━━━━━━━━━━━━━━━━────────────────────────────────  7 of 20, 4 running
Best    ★ 0.8731  trial 4: learning rate 1.2e-4, batch size 32, 5 epochs
Time    6m 54s so far · about 13m 32s left · 5 epochs saved by stopping early
trial 7, epoch 2/5: F1 0.8102\
""")


def test_the_running_stay_on_a_small_screen() -> None:
    shown_rows = [line for line in four_running(80, height=16).splitlines() if "running" in line]
    assert len(shown_rows) == 5, "four rows, and the line that counts them"


def test_the_time_of_a_running_training_goes_on_over_many_snapshots() -> None:
    now = 100.0
    console, _ = terminal()
    before = examples.snapshot()
    *ended, running = before.rows
    with LiveDisplay(console, clock=lambda: now) as display:
        for _ in range(6):
            display.tick(before)
            now += 1.0
        assert "44s  running" in render(display._view(), 80), "38 s when it reported, 6 s ago"
        reported = dataclasses.replace(running, seconds=45.0)
        display.tick(dataclasses.replace(before, rows=(*ended, reported)))
        assert "45s  running" in render(display._view(), 80)


def test_the_time_of_a_training_begins_with_its_first_step() -> None:
    now = 100.0
    console, _ = terminal()
    before = examples.snapshot()
    *ended, running = before.rows
    waiting = dataclasses.replace(running, epoch=0, trained=0.0, seconds=0.0)
    with LiveDisplay(console, clock=lambda: now) as display:
        display.tick(dataclasses.replace(before, rows=(*ended, waiting)))
        now += 30.0
        training = dataclasses.replace(waiting, trained=0.01)
        display.tick(dataclasses.replace(before, rows=(*ended, training)))
        now += 2.0
        assert "2.0s  running" in render(display._view(), 80)


def test_a_study_that_nobody_works_on_stands_still() -> None:
    now = 100.0
    console, _ = terminal()
    idle = dataclasses.replace(examples.snapshot(), phase="idle", remaining=None)
    with LiveDisplay(console, clock=lambda: now) as display:
        display.update(idle, "No process works on it.")
        now = 400.0
        shown_later = render(display._view(), 80)
    assert "Study fin: not running" in shown_later
    assert "6m 54s so far" in shown_later


def test_time_goes_on_between_two_snapshots() -> None:
    now = 100.0
    console, _ = terminal()
    with LiveDisplay(console, clock=lambda: now) as display:
        display.update(examples.snapshot(), NOTE)
        now = 110.0
        shown_later = render(display._view(), 80)
    assert "7m 04s so far · about 13m 22s left" in shown_later


def test_the_quote_stands_beside_the_time_left() -> None:
    quoted = dataclasses.replace(examples.snapshot(), quoted=3300.0, epochs_saved=0)
    seen = render(progress_view(quoted, "", Canvas()), 80)
    assert "about 13m 32s left · quoted 55 min" in seen
    later = dataclasses.replace(quoted, remaining=61.0)
    assert "about 1m 01s left · quoted 55 min" in render(progress_view(later, "", Canvas()), 80)
    untimed = dataclasses.replace(quoted, remaining=None)
    assert "so far · quoted 55 min" in render(progress_view(untimed, "", Canvas()), 80)
