"""The table of trials: which rows are shown, and how."""

# ruff: noqa: E501  # what is shown at 120 columns is 120 columns wide

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.symbols import ASCII
from tuner.display.testing import render
from tuner.display.trial_rows import Gap, choose_rows, trial_label
from tuner.display.trial_table import trial_table
from tuner.study_view import TrialRow
from tuner.trial import TrialState


def shown(width: int, rows: tuple[TrialRow, ...], limit: int | None = None) -> str:
    return render(trial_table(rows, "0004", Canvas(width=width), limit=limit), width)


def test_at_80_columns() -> None:
    assert shown(80, examples.trial_rows()) == snapshot("""\
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State
──────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━───── 2/5  0.8102     38s  running\
""")


def test_at_120_columns_there_is_room_for_remarks() -> None:
    assert shown(120, examples.trial_rows()) == snapshot("""\
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State     Remark
──────────────────────────────────────────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned    0.00 < 0.62 at 40 %
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed    the loss became NaN at step 17
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished  out of memory at 32, ran as 2 x 16
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned    0.31 < 0.63 at 33 %
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished
⠋      7        1.05e-4     32  ━━━───── 2/5  0.8102     38s  running\
""")


def test_in_ascii() -> None:
    canvas = Canvas(width=80, symbols=ASCII)
    table = render(trial_table(examples.trial_rows(), "0004", canvas), 80)
    assert table.replace("─", "-").isascii()


def test_what_differs_between_trials_gets_a_column() -> None:
    rows = [
        dataclasses.replace(row, spec=dataclasses.replace(row.spec, warmup_ratio=0.02 * row.number))
        for row in examples.trial_rows()
    ]
    for width in (80, 120):
        heading = shown(width, tuple(rows)).splitlines()[0]
        assert "Warm-up" in heading
        assert "Decay" not in heading


def test_a_narrow_screen_does_without_the_time() -> None:
    assert shown(50, examples.trial_rows()) == snapshot("""\
   Trial     Rate  Batch  Epochs  Dev F1  State
──────────────────────────────────────────────────
       0     2e-5     16  ━━ 3/3  0.8412  finished
       1     5e-5     16  ━━ 4/4  0.8655  finished
       2     1e-3      8  ━─ 2/5  0.0000  pruned
       3  3.17e-4     64  ── 0/2       -  failed
★      4   1.2e-4     32  ━━ 5/5  0.8731  finished
       5   7.7e-6      8  ━─ 1/3  0.3120  pruned
       6   8.9e-5    128  ━━ 4/4  0.8590  finished
⠋      7  1.05e-4     32  ━─ 2/5  0.8102  running\
""")


def test_a_long_study_shows_the_best_and_the_last_rows() -> None:
    assert shown(80, examples.many_rows(40), limit=12) == snapshot("""\
   Trial  Learning rate  Batch  Epochs        Dev F1  Time  State
────────────────────────────────────────────────────────────────────
       ⋮         4 more
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731   14s  finished
       ⋮         6 more
      11         1.2e-4     32  ━━━━━━━━ 5/5  0.8731   21s  finished
       ⋮         6 more
      18         1.2e-4     32  ━━━━━━━━ 5/5  0.8731   28s  finished
       ⋮        16 more
      35           2e-5     16  ━━━━━━━━ 3/3  0.8412   45s  finished
      36           5e-5     16  ━━━━━━━━ 4/4  0.8655   46s  finished
      37           1e-3      8  ━━━───── 2/5  0.0000   47s  pruned
      38        3.17e-4     64  ──────── 0/2       -   48s  failed
⠋     39        1.05e-4     32  ━━━───── 2/5  0.8102   38s  running\
""")


def test_the_rerun_of_a_contender_names_its_seed() -> None:
    row = examples.trial_rows()[4]
    rerun = dataclasses.replace(
        row, key="0004-seed-43", spec=dataclasses.replace(row.spec, seed=43)
    )
    assert trial_label(rerun) == "4 seed 43"
    assert trial_label(row) == "4"


@settings(max_examples=50, deadline=None)
@given(
    total=st.integers(min_value=0, max_value=80),
    limit=st.integers(min_value=0, max_value=30),
    data=st.data(),
)
def test_chosen_rows_fit_and_nothing_is_lost(total: int, limit: int, data: st.DataObject) -> None:
    rows = examples.many_rows(total) if total else ()
    best = data.draw(st.sampled_from([None, *(row.key for row in rows)]))
    lines = choose_rows(rows, best, limit)
    assert len(lines) <= limit
    kept = [line for line in lines if isinstance(line, TrialRow)]
    assert kept == sorted(kept, key=lambda row: row.number)
    if lines:
        hidden = sum(line.count for line in lines if isinstance(line, Gap))
        assert len(kept) + hidden == total


@settings(max_examples=50, deadline=None)
@given(total=st.integers(min_value=1, max_value=80), limit=st.integers(min_value=5, max_value=30))
def test_the_best_and_the_running_row_are_always_shown(total: int, limit: int) -> None:
    rows = examples.many_rows(total)
    finished = [row for row in rows if row.state is TrialState.FINISHED]
    best = max(finished, key=lambda row: row.score or 0.0).key if finished else None
    keys = [line.key for line in choose_rows(rows, best, limit) if isinstance(line, TrialRow)]
    assert best is None or best in keys
    assert rows[-1].key in keys


def test_running_rows_show_life_and_their_clock_goes_on() -> None:
    rows = examples.trial_rows()
    canvas = Canvas(width=80)
    first = render(trial_table(rows, "0004", canvas, frame=0), 80).splitlines()
    later = render(trial_table(rows, "0004", canvas, since=5.0, frame=1), 80).splitlines()
    assert first[:-1] == later[:-1]
    assert "38s" in first[-1]
    assert "43s" in later[-1]
    assert first[-1][0] != later[-1][0]


@settings(max_examples=50, deadline=None)
@given(
    width=st.integers(min_value=80, max_value=120),
    note=st.text(max_size=200),
    is_confirming=st.booleans(),
    epochs=st.sampled_from([3, 20]),
    state=st.sampled_from(list(TrialState)),
)
def test_long_remarks_never_cost_the_other_columns_a_letter(
    width: int, note: str, is_confirming: bool, epochs: int, state: TrialState
) -> None:
    row = examples.trial_rows()[4]
    key = "0004-seed-43" if is_confirming else "0008"
    spec = dataclasses.replace(row.spec, epochs=epochs, seed=43, schedule="constant_with_warmup")
    other = dataclasses.replace(row, key=key, spec=spec, note=note, state=state)
    lines = shown(width, (*examples.trial_rows(), other)).splitlines()
    assert all(name in lines[0] for name in ("Trial", "Learning rate", "Batch", "Epochs", "Dev F1"))
    assert lines[6].startswith("★")
    assert state.value in lines[-1]
    assert f"5/{epochs}" in lines[-1]
