"""The score by learning rate as a picture in text."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from rich.cells import cell_len

from tests.tuner.display import examples
from tuner.display.canvas import Canvas
from tuner.display.scatter import score_picture
from tuner.display.symbols import ASCII
from tuner.display.testing import render
from tuner.trial import TrialSpec


def shown(canvas: Canvas) -> str:
    picture = score_picture(examples.trial_rows(running=False), "0004", canvas)
    assert picture is not None
    return render(picture, canvas.width)


def test_at_80_columns() -> None:
    assert shown(Canvas(width=80)) == snapshot("""\
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
           batch size  ● 8  ▲ 16  ■ 32  ◆ 128  ★ best (32)  hollow: cut short\
""")


def test_in_ascii() -> None:
    picture = shown(Canvas(width=80, symbols=ASCII))
    assert picture.isascii()
    assert picture == snapshot("""\
   0.880 +
         |                                       *
         |                           B
   0.860 +                                   D
         |
         |
   0.840 +               B
         |
         |
   0.820 +
         |
         |
 <=0.800 +   a                                                              a
         +------+--------+-----------+--------+--------+-----------+--------+--
              1e-5     2e-5        5e-5     1e-4     2e-4        5e-4     1e-3
           batch size  A 8  B 16  C 32  D 128  * best (32)  small: cut short\
""")


def test_one_point_makes_no_picture() -> None:
    assert score_picture(examples.trial_rows()[:1], "0000", Canvas()) is None
    assert score_picture((), None, Canvas()) is None


rates = st.floats(min_value=1e-9, max_value=1.0, exclude_min=True)
scores = st.none() | st.floats(min_value=0.0, max_value=1.0) | st.just(float("nan"))
sizes = st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])


@settings(max_examples=50, deadline=None)
@given(
    points=st.lists(st.tuples(rates, scores, sizes), max_size=30),
    width=st.integers(min_value=40, max_value=120),
)
def test_every_study_has_a_picture_that_fits(
    points: list[tuple[float, float | None, int]], width: int
) -> None:
    row = examples.trial_rows()[0]
    rows = [
        dataclasses.replace(
            row,
            key=f"{n:04d}",
            spec=TrialSpec(learning_rate=rate, batch_size=size, epochs=3),
            score=score,
        )
        for n, (rate, score, size) in enumerate(points)
    ]
    picture = score_picture(rows, "0000", Canvas(width=width))
    if picture is None:
        return
    lines = picture.plain.splitlines()
    drawing = [line for line in lines if "┤" in line or "│" in line]
    assert 4 <= len(drawing) <= 16
    assert all(cell_len(line) <= width for line in lines[:-1])


def test_equal_scores_make_no_picture_and_equal_learning_rates_do() -> None:
    row = examples.trial_rows()[0]
    twin = dataclasses.replace(row, key="0001")
    assert score_picture((row, twin), "0001", Canvas()) is None
    better = dataclasses.replace(twin, score=0.9)
    assert score_picture((row, better), "0001", Canvas()) is not None
