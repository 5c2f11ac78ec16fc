"""A single training as it is shown."""

# ruff: noqa: E501  # what is shown at 120 columns is 120 columns wide

from __future__ import annotations

import dataclasses
import io

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.run_summary import result_view
from tuner.display.testing import render
from tuner.display.training import QuietTraining, TrainingDisplay
from tuner.trial import TrialState


def course(width: int) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, markup=False, highlight=False)
    with TrainingDisplay(console) as display:
        display.started(examples.run_facts())
        for report in examples.reports():
            display.epoch(report)
        display.ended(examples.train_result())
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def test_the_whole_course_at_80_columns() -> None:
    assert course(80) == snapshot("""\
Training fin-train ─────────────────────────────────────────────────────────────
Folder    runs/fin-train
Data      986 training, 174 development and 305 test sentences
Model     bert-base-cased
Device    cpu (2 threads)
Settings  learning rate 2e-5, batch size 16, 3 epochs
Further   warm-up ratio 0.1, weight decay 0.01, schedule linear
Size      986 training sentences, 62 steps per epoch
• 2 sentences were longer than 128 sub-tokens and cut into windows.

                 Training  Validation
Epoch    Step        Loss        Loss  Precision    Recall        F1  Accuracy
──────────────────────────────────────────────────────────────────────────────
    1      62      0.9000      0.0871     0.6040    0.6200    0.6120    0.9756 ★
    2     124      0.4500      0.0871     0.8651    0.8811    0.8731    0.9756 ★
    3     186      0.3000      0.0871     0.8622    0.8782    0.8702    0.9756

╭─  Trained: fin-train  ───────────────────────────────────────────────────────╮
│                                                                              │
│  Best epoch  2 of 3                                                          │
│  Dev F1      0.8731   precision 0.8651 · recall 0.8811                       │
│  Test F1     0.8612   precision 0.8532 · recall 0.8692                       │
│  Model       runs/fin-train/best                                             │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯

Entity types ───────────────────────────────────────────────────────────────────
Type   Precision   Recall   Dev F1   Entities   Test F1   Entities
──────────────────────────────────────────────────────────────────
PER       0.8731   0.8731   0.8731        962    0.8612        962
ORG       0.8731   0.8231   0.8431        421    0.8312        421
LOC       0.8731   0.7731   0.8131        374    0.8012        374
MISC      0.8731   0.7231   0.7831         14    0.7712         14

! The development split holds 14 entities of MISC: too few to judge it.

Next ───────────────────────────────────────────────────────────────────────────
# find better settings
tuner search train.txt --model bert-base-cased
""")


def test_the_whole_course_at_120_columns() -> None:
    assert course(120) == snapshot("""\
Training fin-train ─────────────────────────────────────────────────────────────────────────────────────────────────────
Folder    runs/fin-train
Data      986 training, 174 development and 305 test sentences
Model     bert-base-cased
Device    cpu (2 threads)
Settings  learning rate 2e-5, batch size 16, 3 epochs
Further   warm-up ratio 0.1, weight decay 0.01, schedule linear
Size      986 training sentences, 62 steps per epoch
• 2 sentences were longer than 128 sub-tokens and cut into windows.

Epoch     Step  Training Loss  Validation Loss  Precision    Recall        F1  Accuracy
───────────────────────────────────────────────────────────────────────────────────────
    1       62         0.9000           0.0871     0.6040    0.6200    0.6120    0.9756 ★
    2      124         0.4500           0.0871     0.8651    0.8811    0.8731    0.9756 ★
    3      186         0.3000           0.0871     0.8622    0.8782    0.8702    0.9756

╭─  Trained: fin-train  ───────────────────────────────────────────────────────────────────────────╮
│                                                                                                  │
│  Best epoch  2 of 3                                                                              │
│  Dev F1      0.8731   precision 0.8651 · recall 0.8811                                           │
│  Test F1     0.8612   precision 0.8532 · recall 0.8692                                           │
│  Model       runs/fin-train/best                                                                 │
│                                                                                                  │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯

Entity types ───────────────────────────────────────────────────────────────────────────────────────────────────────────
Type   Precision   Recall   Dev F1   Entities   Test F1   Entities
──────────────────────────────────────────────────────────────────
PER       0.8731   0.8731   0.8731        962    0.8612        962
ORG       0.8731   0.8231   0.8431        421    0.8312        421
LOC       0.8731   0.7731   0.8131        374    0.8012        374
MISC      0.8731   0.7231   0.7831         14    0.7712         14

! The development split holds 14 entities of MISC: too few to judge it.

Next ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# find better settings
tuner search train.txt --model bert-base-cased
""")


def test_on_a_terminal_a_bar_below_the_table_tells_the_time_left() -> None:
    now = 0.0
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, _environ={})
    with TrainingDisplay(console, clock=lambda: now) as display:
        display.started(examples.run_facts())
        now = 20.0
        display.epoch(examples.reports()[0])
        now = 25.0
        assert render(display._bar(), 80)[2:] == snapshot(
            "━━━━━━━───────────── epoch 2/3 · 25s so far · about 35s left"
        )
        display.ended(examples.train_result())
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_the_bar_moves_with_the_steps_from_the_first_epoch_on() -> None:
    now = 0.0
    console = Console(file=io.StringIO(), width=80, force_terminal=True, _environ={})
    with TrainingDisplay(console, clock=lambda: now) as display:
        display.started(examples.run_facts())
        assert "left" not in render(display._bar(), 80)
        now = 10.0
        display.progress(0.5)
        assert render(display._bar(), 80)[2:] == snapshot(
            "━━━───────────────── epoch 1/3 · 10s so far · about 50s left"
        )


def test_the_terminal_is_given_back_when_the_training_breaks() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, force_terminal=True, _environ={})

    def broken_training() -> None:
        with TrainingDisplay(console) as display:
            display.started(examples.run_facts())
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        broken_training()
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_a_failed_training_gives_its_reason_and_its_folder() -> None:
    failed = dataclasses.replace(
        examples.train_result(),
        state=TrialState.FAILED,
        reason="The loss became NaN at step 17.",
        best_epoch=None,
        dev=None,
        test=None,
        best_directory=None,
        warnings=(),
        next_commands=(),
    )
    assert render(result_view(failed, Canvas()), 80) == snapshot("""\
╭─  Failed: fin-train  ────────────────────────────────────────────────────────╮
│                                                                              │
│  Reason  The loss became NaN at step 17.                                     │
│  Folder  runs/fin-train                                                      │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯\
""")


def test_quiet_shows_the_result_only() -> None:
    stream = io.StringIO()
    with QuietTraining(Console(file=stream, width=80)) as display:
        display.started(examples.run_facts())
        display.epoch(examples.reports()[0])
        assert stream.getvalue() == ""
        display.ended(examples.train_result())
    assert "Trained: fin-train" in stream.getvalue()
