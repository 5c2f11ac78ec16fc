"""The guides' table of epochs, and curves as sparklines."""

from __future__ import annotations

import dataclasses
import math

from inline_snapshot import snapshot

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.curves import COLUMNS, curve_lines, epoch_table
from tuner.display.testing import render


def test_the_columns_are_those_of_the_guides() -> None:
    wide = render(epoch_table(examples.reports(), 2, Canvas(width=120)), 120).splitlines()[0]
    assert wide.split("  ") != []
    assert [name.strip() for name in wide.split("  ") if name.strip()] == list(COLUMNS)


def test_a_table_at_80_columns() -> None:
    assert render(epoch_table(examples.reports(), 2, Canvas(width=80)), 80) == snapshot("""\
                 Training  Validation
Epoch    Step        Loss        Loss  Precision    Recall        F1  Accuracy
──────────────────────────────────────────────────────────────────────────────
    1      62      0.9000      0.0871     0.6040    0.6200    0.6120    0.9756
    2     124      0.4500      0.0871     0.8651    0.8811    0.8731    0.9756 ★
    3     186      0.3000      0.0871     0.8622    0.8782    0.8702    0.9756\
""")


def test_a_table_at_120_columns() -> None:
    assert render(epoch_table(examples.reports(), 2, Canvas(width=120)), 120) == snapshot("""\
Epoch     Step  Training Loss  Validation Loss  Precision    Recall        F1  Accuracy
───────────────────────────────────────────────────────────────────────────────────────
    1       62         0.9000           0.0871     0.6040    0.6200    0.6120    0.9756
    2      124         0.4500           0.0871     0.8651    0.8811    0.8731    0.9756 ★
    3      186         0.3000           0.0871     0.8622    0.8782    0.8702    0.9756\
""")


def test_values_that_are_not_there_or_not_numbers() -> None:
    report = examples.reports()[0]
    scores = dataclasses.replace(report.scores, loss=None)
    broken = dataclasses.replace(report, train_loss=math.nan, scores=scores)
    line = render(epoch_table([broken], None, Canvas()), 80).splitlines()[-1]
    assert line.split()[:4] == ["1", "62", "NaN", "-"]


def test_curves() -> None:
    assert render(curve_lines(examples.reports(), Canvas()), 80) == snapshot("""\
training loss    █▃▁  0.9000 → 0.3000
validation loss  ▁▁▁  0.0871 → 0.0871
dev F1           ▁██  0.6120 → 0.8702\
""")
    assert render(curve_lines([], Canvas()), 80).split("\n")[0] == "training loss"
