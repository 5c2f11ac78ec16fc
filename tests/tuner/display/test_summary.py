"""The report at the end of a study."""

# ruff: noqa: E501  # what is shown at 120 columns is 120 columns wide

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from tests.tuner.display import examples
from tuner.display.answer import answer_panel
from tuner.display.canvas import Canvas
from tuner.display.summary import (
    MOST_TYPES,
    commands_view,
    importance_view,
    summary_view,
    type_table,
)
from tuner.display.symbols import ASCII
from tuner.display.testing import render
from tuner.study_quote import QuoteCheck
from tuner.study_view import StudySummary
from tuner.trial import Scores, TrialState, TrunkPlan, TypeScores
from tuner.trunk import branch_spec


def panel(summary: StudySummary, width: int = 80) -> str:
    return render(answer_panel(summary, Canvas(width=width)), width)


def test_the_whole_report_at_80_columns() -> None:
    assert render(summary_view(examples.summary(), Canvas(width=80)), 80) == snapshot("""\
Trials ─────────────────────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State
──────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished

╭─  Answer: fin  ──────────────────────────────────────────────────────────────╮
│                                                                              │
│  Learning rate  1.2e-4                                                       │
│  Batch size     32                                                           │
│  Epochs         5 (the model of epoch 4 was kept)                            │
│  Further        warm-up ratio 0.1 · weight decay 0.01 · schedule linear      │
│                                                                              │
│  Dev F1         0.8731   95 % interval 0.8492 to 0.8911                      │
│                 0.8707 ± 0.0021 over 3 seeds: 0.8731 (42), 0.8689 (43),      │
│                 0.8702 (44)                                                  │
│                 0.8696 on the seeds that took no part in the choice          │
│  Test F1        0.8612   precision 0.8532 · recall 0.8692                    │
│  Gain           +0.0295 F1 over the recipe (0.8412 → 0.8707)                 │
│                 95 % interval +0.0110 to +0.0482: more than chance           │
│                                                                              │
│  Model          runs/fin/best                                                │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯

Entity types ───────────────────────────────────────────────────────────────────
Type   Precision   Recall   Dev F1   Entities   Test F1   Entities
──────────────────────────────────────────────────────────────────
PER       0.8731   0.8731   0.8731        962    0.8612        962
ORG       0.8731   0.8231   0.8431        421    0.8312        421
LOC       0.8731   0.7731   0.8131        374    0.8012        374
MISC      0.8731   0.7231   0.7831         14    0.7712         14

Dev F1 by learning rate ────────────────────────────────────────────────────────
   0.880 ┤
         │                                       ★
         │                           ▲
   0.860 ┤                                   ◆
         │
         │
   0.840 ┤               ▲
         │
         │
   0.820 ┤
         │
         │
 <=0.800 ┤   ○                                                              ○
         └──────┬────────┬───────────┬────────┬────────┬───────────┬────────┬──
              1e-5     2e-5        5e-5     1e-4     2e-4        5e-4     1e-3
           batch size  ● 8  ▲ 16  ■ 32  ◆ 128  ★ best (32)  hollow: cut short

What mattered ──────────────────────────────────────────────────────────────────
learning rate  71 %  ███████████████████████████████████▌
epochs         20 %  ██████████
batch size      9 %  ████▌

7 trainings in 23m 02s · 2 stopped early, 5 epochs saved
1 trial that pruning would have stopped was let run: it did not win.

! The development score is biased upward: the best of 7 trials was chosen by it.

Next ───────────────────────────────────────────────────────────────────────────
# the winning trial, epoch by epoch
tuner show fin --trial 4
# go on to 40 trials
tuner search train.txt --model bert-base-cased --trials 40\
""")


def test_the_whole_report_at_120_columns() -> None:
    assert render(summary_view(examples.summary(), Canvas(width=120)), 120) == snapshot("""\
Trials ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
   Trial  Learning rate  Batch  Epochs        Dev F1    Time  State     Remark
──────────────────────────────────────────────────────────────────────────────────────────────────────────
       0           2e-5     16  ━━━━━━━━ 3/3  0.8412  1m 01s  finished
       1           5e-5     16  ━━━━━━━━ 4/4  0.8655  1m 20s  finished
       2           1e-3      8  ━━━───── 2/5  0.0000     39s  pruned    0.00 < 0.62 at 40 %
       3        3.17e-4     64  ──────── 0/2       -    4.1s  failed    the loss became NaN at step 17
★      4         1.2e-4     32  ━━━━━━━━ 5/5  0.8731  1m 37s  finished  out of memory at 32, ran as 2 x 16
       5         7.7e-6      8  ━━━───── 1/3  0.3120     23s  pruned    0.31 < 0.63 at 33 %
       6         8.9e-5    128  ━━━━━━━━ 4/4  0.8590  1m 11s  finished

╭─  Answer: fin  ──────────────────────────────────────────────────────────────────────────────────╮
│                                                                                                  │
│  Learning rate  1.2e-4                                                                           │
│  Batch size     32                                                                               │
│  Epochs         5 (the model of epoch 4 was kept)                                                │
│  Further        warm-up ratio 0.1 · weight decay 0.01 · schedule linear                          │
│                                                                                                  │
│  Dev F1         0.8731   95 % interval 0.8492 to 0.8911                                          │
│                 0.8707 ± 0.0021 over 3 seeds: 0.8731 (42), 0.8689 (43), 0.8702 (44)              │
│                 0.8696 on the seeds that took no part in the choice                              │
│  Test F1        0.8612   precision 0.8532 · recall 0.8692                                        │
│  Gain           +0.0295 F1 over the recipe (0.8412 → 0.8707)                                     │
│                 95 % interval +0.0110 to +0.0482: more than chance                               │
│                                                                                                  │
│  Model          runs/fin/best                                                                    │
│                                                                                                  │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯

Entity types ───────────────────────────────────────────────────────────────────────────────────────────────────────────
Type   Precision   Recall   Dev F1   Entities   Test F1   Entities
──────────────────────────────────────────────────────────────────
PER       0.8731   0.8731   0.8731        962    0.8612        962
ORG       0.8731   0.8231   0.8431        421    0.8312        421
LOC       0.8731   0.7731   0.8131        374    0.8012        374
MISC      0.8731   0.7231   0.7831         14    0.7712         14

Dev F1 by learning rate ────────────────────────────────────────────────────────────────────────────────────────────────
   0.880 ┤
         │                                                      ★
         │                                      ▲
   0.860 ┤                                                 ◆
         │
         │
   0.840 ┤                     ▲
         │
         │
   0.820 ┤
         │
         │
 <=0.800 ┤    ○                                                                                        ○
         └─────────┬───────────┬────────────────┬────────────┬────────────┬────────────────┬───────────┬───
                 1e-5        2e-5             5e-5         1e-4         2e-4             5e-4        1e-3
           batch size  ● 8  ▲ 16  ■ 32  ◆ 128  ★ best (32)  hollow: cut short

What mattered ──────────────────────────────────────────────────────────────────────────────────────────────────────────
learning rate  71 %  ███████████████████████████████████▌
epochs         20 %  ██████████
batch size      9 %  ████▌

7 trainings in 23m 02s · 2 stopped early, 5 epochs saved
1 trial that pruning would have stopped was let run: it did not win.

! The development score is biased upward: the best of 7 trials was chosen by it.

Next ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────
# the winning trial, epoch by epoch
tuner show fin --trial 4
# go on to 40 trials
tuner search train.txt --model bert-base-cased --trials 40\
""")


def test_in_ascii_only_the_boxes_are_left_to_the_console() -> None:
    canvas = Canvas(width=80, symbols=ASCII)
    report = render(summary_view(examples.summary(), canvas), 80)
    assert {letter for letter in report if not letter.isascii()} <= set("─│╭╮╰╯")


def test_a_gain_whose_interval_holds_0_is_called_chance() -> None:
    gain = examples.summary().gain
    assert gain is not None
    unsure = dataclasses.replace(gain, interval=(-0.002, 0.0482))
    shown = panel(dataclasses.replace(examples.summary(), gain=unsure))
    assert "-0.0020 to +0.0482: holds 0, may be chance" in shown


def test_the_recipe_can_win() -> None:
    winner = dataclasses.replace(examples.winner(), number=0)
    shown = panel(dataclasses.replace(examples.summary(), gain=None, winner=winner))
    assert "none: the recipe (trial 0) is the best" in shown


def test_one_seed_is_said_to_be_one_seed() -> None:
    winner = dataclasses.replace(
        examples.winner(), seeds=(42,), seed_scores=(0.8731,), spread=None, fresh_mean=None
    )
    shown = panel(dataclasses.replace(examples.summary(), winner=winner, test=None))
    assert "one seed: its luck is part of this score" in shown
    assert "Test F1" not in shown


def test_what_is_not_known_is_left_out() -> None:
    gain = examples.summary().gain
    assert gain is not None
    summary = dataclasses.replace(
        examples.summary(),
        winner=dataclasses.replace(
            examples.winner(), spread=None, interval=None, fresh_mean=None, best_epoch=5
        ),
        gain=dataclasses.replace(gain, interval=None),
    )
    shown = panel(summary)
    assert "interval" not in shown
    assert "±" not in shown
    assert "0.8707 over 3 seeds" in shown
    assert "the model of the last one was kept" in shown
    unknown = panel(dataclasses.replace(summary, gain=None))
    assert "unknown: the recipe (trial 0) has no score" in unknown


def test_why_nothing_came_to_an_end_is_said_once() -> None:
    *_, row = examples.trial_rows()
    stopped = dataclasses.replace(
        row, state=TrialState.INTERRUPTED, note="interrupted: stopped at once"
    )
    summary = dataclasses.replace(
        examples.summary(), status="interrupted", winner=None, rows=(stopped,)
    )
    assert "1 x interrupted: stopped at once" in panel(summary)


def test_an_interrupted_study_does_not_pretend_to_be_done() -> None:
    shown = panel(dataclasses.replace(examples.summary(), status="interrupted"))
    assert "Best so far (interrupted): fin" in shown


def test_no_result_counts_the_reasons() -> None:
    failed = tuple(row for row in examples.many_rows(30) if row.state.value in ("failed", "pruned"))
    summary = dataclasses.replace(
        examples.summary(),
        status="no-result",
        winner=None,
        gain=None,
        test=None,
        rows=failed,
        best_directory=None,
        importances={},
    )
    assert panel(summary) == snapshot("""\
╭─  No result: fin  ───────────────────────────────────────────────────────────╮
│                                                                              │
│  No training came to an end that can be used: 12 trainings in 23m 02s.       │
│  4 x pruned: 0.00 < 0.62 at 40 %                                             │
│  4 x failed: the loss became NaN at step 17                                  │
│  4 x pruned: 0.31 < 0.63 at 33 %                                             │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯\
""")
    assert "Entity types" not in render(summary_view(summary, Canvas()), 80)
    assert panel(dataclasses.replace(summary, rows=())) == snapshot("""\
╭─  No result: fin  ───────────────────────────────────────────────────────────╮
│                                                                              │
│  No training was started.                                                    │
│                                                                              │
╰──────────────────────────────────────────────────────────────────────────────╯\
""")


def test_many_types_are_cut_and_say_so() -> None:
    per_type = {
        f"TYPE-{n:02d}": TypeScores(precision=0.5, recall=0.5, f1=0.5, support=100 - n)
        for n in range(40)
    }
    scores = Scores(loss=None, precision=0.5, recall=0.5, f1=0.5, accuracy=0.9, per_type=per_type)
    shown = render(type_table(scores, None, Canvas()), 80).splitlines()
    assert len(shown) == 2 + MOST_TYPES + 1
    assert shown[2].startswith("TYPE-00")
    assert "25 rarer types" in shown[-1]


def test_importances_are_sorted_bars() -> None:
    shown = render(importance_view({"epochs": 0.25, "learning_rate": 0.75}, Canvas()), 80)
    assert shown == snapshot("""\
learning rate  75 %  █████████████████████████████████████▌
epochs         25 %  ████████████▌\
""")


def test_quote_is_held_against_what_the_study_took() -> None:
    check = QuoteCheck(quoted=3300.0, actual=2880.0, ratio=2880 / 3300, close=True)
    checked = dataclasses.replace(examples.summary(), quote=check)
    assert "quoted 55 min, took 48 min" in render(summary_view(checked, Canvas(width=120)), 120)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 2, 3, 5), "3 (the best of the trunk's counts: 1, 2, 3, 5)"),
        ((3,), "3 (the only count of its trunk)"),
    ],
)
def test_a_trunk_says_which_counts_it_answered_for(counts: tuple[int, ...], said: str) -> None:
    summary, won = examples.summary(), examples.winner()
    trunk = replace(won.spec, schedule="trunk", epochs=counts[-1], trunk=TrunkPlan(counts=counts))
    rows = tuple(
        replace(row, spec=trunk) if row.number == won.number else row for row in summary.rows
    )
    winner = replace(won, spec=branch_spec(trunk, 3), best_epoch=3)
    assert said in panel(replace(summary, rows=rows, winner=winner))


def test_commands_are_broken_so_that_a_shell_still_takes_them() -> None:
    path = "/data/" + "x" * 90
    train = (
        "tuner train 'my data.conll' --model /models/encoder --learning-rate 0.000123 "
        "--batch-size 16 --epochs 3 --set 'run_name=a b'"
    )
    commands = (
        (train, "train with these settings"),
        (f"tuner diagnose {path}", "what can be better"),
    )
    view = commands_view(commands, Canvas(width=60))
    assert render(view, 60).splitlines() == [
        "# train with these settings",
        "tuner train 'my data.conll' --model /models/encoder \\",
        "    --learning-rate 0.000123 --batch-size 16 --epochs 3 \\",
        "    --set 'run_name=a b'",
        "# what can be better",
        "tuner diagnose \\",
        f"    {path}",
    ]
