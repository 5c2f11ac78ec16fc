"""What people read: whole reports at two widths, and nothing harmful in them."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from diagnostics.checkup import Checkup, check_up, diagnose, run_rules
from diagnostics.examples import run_example
from diagnostics.report._chart import condensed, sparkline
from diagnostics.report.terminal import Terminal, render
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers"


def report(path: str, width: int) -> str:
    checkup = diagnose(DATA / path)
    source = Path(checkup.subject.source).relative_to(DATA).as_posix()
    subject = dataclasses.replace(checkup.subject, source=source)
    return "\n" + render(dataclasses.replace(checkup, subject=subject), width)


def checked(run: RunHistory) -> Checkup[RunHistory]:
    return check_up(run, run_rules())


def test_an_overfitted_run_at_80_columns() -> None:
    assert report("trainer_state/overfits", 80) == snapshot("""\

This run can be better: 1 warning, 2 remarks.
trainer_state/overfits/trainer_state.json
about 960 training samples, 64 dev samples, 8 epochs, 60 steps per epoch,
learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▂▁▁▂▄▅▇█  0.4 → 0.66
 F1          ▁▆██▆▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

WARNING R201 overfits-metric
  F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3),
  more than its noise of 0.010.
  Fix: Keep the weights of the best epoch instead of the last:
  load_best_model_at_end not set → True (with metric_for_best_model=f1)
  or:  Train shorter: epochs 8 → 4 (1.2 x the best epoch (3))
  or:  Regularise more: weight_decay not set → 0.1 (twice the present, at least
  0.1)
  Doubt: The best epoch is chosen for its luck, too; a second seed tells.

  R106 wasted-epochs: follows from R201. F1 came within 0.010 of its best
  (0.710) at epoch 3; the 5 epochs after it added nothing.

INFO R402 dev-set-too-small
  F1 0.71 was measured on 64 sentences and is uncertain by +-0.11 (95 %):
  smaller differences between settings are not news.
  Fix: Score on more sentences (cross-validation counts), or compare settings
  over seeds: dev_sentences 64 → 317 (the interval shrinks with the square root:
  +-0.05 needs 317)
  Doubt: The same ranking of settings on another split.

Note: eval_overall_accuracy was read as accuracy.
Note: eval_overall_f1 was read as f1.
Note: eval_overall_precision was read as precision.
Note: eval_overall_recall was read as recall.
More: tuner explain R201
""")


def test_an_overfitted_run_at_120_columns() -> None:
    assert report("trainer_state/overfits", 120) == snapshot("""\

This run can be better: 1 warning, 2 remarks.
trainer_state/overfits/trainer_state.json
about 960 training samples, 64 dev samples, 8 epochs, 60 steps per epoch, learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▂▁▁▂▄▅▇█  0.4 → 0.66
 F1          ▁▆██▆▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

WARNING R201 overfits-metric
  F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3), more than its noise of 0.010.
  Fix: Keep the weights of the best epoch instead of the last: load_best_model_at_end not set → True (with
  metric_for_best_model=f1)
  or:  Train shorter: epochs 8 → 4 (1.2 x the best epoch (3))
  or:  Regularise more: weight_decay not set → 0.1 (twice the present, at least 0.1)
  Doubt: The best epoch is chosen for its luck, too; a second seed tells.

  R106 wasted-epochs: follows from R201. F1 came within 0.010 of its best (0.710) at epoch 3; the 5 epochs after it
  added nothing.

INFO R402 dev-set-too-small
  F1 0.71 was measured on 64 sentences and is uncertain by +-0.11 (95 %): smaller differences between settings are not
  news.
  Fix: Score on more sentences (cross-validation counts), or compare settings over seeds: dev_sentences 64 → 317 (the
  interval shrinks with the square root: +-0.05 needs 317)
  Doubt: The same ranking of settings on another split.

Note: eval_overall_accuracy was read as accuracy.
Note: eval_overall_f1 was read as f1.
Note: eval_overall_precision was read as precision.
Note: eval_overall_recall was read as recall.
More: tuner explain R201
""")  # noqa: E501 - the width is what is tested


def test_a_healthy_run() -> None:
    assert report("trainer_state/healthy", 80) == snapshot("""\

Healthy; 1 remark.
trainer_state/healthy/trainer_state.json
BertForTokenClassification, 950 training sentences, 64 dev samples, 6 epochs, 60
steps per epoch, learning rate 3e-05, batch 16

 train loss  █▄▂▁▁▁  0.88 → 0.13
 eval loss   █▃▁▁▁▁  0.52 → 0.301
 F1          ▁▆████  0.31 → 0.738
                  ★ best F1 0.738 at epoch 6

INFO R402 dev-set-too-small
  F1 0.74 was measured on 64 sentences and is uncertain by +-0.11 (95 %):
  smaller differences between settings are not news.
  Fix: Score on more sentences (cross-validation counts), or compare settings
  over seeds: dev_sentences 64 → 298 (the interval shrinks with the square root:
  +-0.05 needs 298)
  Doubt: The same ranking of settings on another split.

Not judged by 1 of the rules, because
  the score's noise of 0.11 would hide small gains: wasted-epochs
More: tuner explain R402
""")


def test_too_few_steps_end_at_all_o() -> None:
    assert report("tuner_run/study/trials/0000", 80) == snapshot("""\

This run went wrong: 1 error, 1 warning.
tuner_run/study/trials/0000
models/minilm, 200 training sentences, 104 dev entities, 3 epochs, 13 steps per
epoch, learning rate 3e-05, batch 16, cpu (2 threads)

 train loss  █▄▁  1.1 → 0.396
 eval loss   █▄▁  0.8 → 0.512
 F1          ▁▁▁  0 → 0

WARNING R403 too-few-steps
  The run made only 39 optimizer steps (13 per epoch). A classification head
  that starts at random usually needs 400.
  Fix: Train for more epochs: epochs 3 → 30 (400 / 13 steps per epoch, from 3 to
  30)
  or:  Train in smaller batches: batch_size 16 → 8 (a power of two near a
  twentieth of the sentences, from 4 to 32)
  Doubt: F1 still near 0 after 400 steps.

  R301 all-o-collapse: follows from R403. F1 is 0 from epoch 1 to the end: the
  model predicts O for (nearly) every word. Its accuracy of 0.850 is the share
  of O words.

Not judged by 8 of the rules, because
  3 training losses show no trend; 4 might: learning-rate-too-high
  the run logged 3 evaluations, and this needs 4: learning-rate-too-low,
  not-learning, still-improving, overfits-metric, loss-rises-metric-holds
  the run logged 3 evaluations, and this needs 6: wasted-epochs
  the score is nearly 0, whatever it was measured on: dev-set-too-small
More: tuner explain R403
""")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_asked(width: int) -> None:
    for path in DATA.glob("trainer_state/*"):
        for line in render(diagnose(path), width).splitlines():
            # A path without spaces may be longer than the line.
            assert len(line) <= width or " " not in line.strip()


def test_a_stream_that_knows_only_ascii_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal().write([diagnose(DATA / "trainer_state" / "overfits")], stream)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "->" in text
    assert "* best F1 0.71 at epoch 3" in text


def test_what_is_no_terminal_gets_no_colour() -> None:
    stream = io.StringIO()
    Terminal().write([diagnose(DATA / "trainer_state" / "not_a_number")], stream)
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(
    "hostile",
    [
        "[bold red]x[/]",
        "[/nothing]",
        "\x1b[2J\x1b]0;title\x07",
        "a\r\nb\x00",
        "\u202egnp.exe",
        "x" * 9000,
    ],
    ids=["markup", "broken markup", "escapes", "controls", "right to left", "long"],
)
def test_text_from_strangers_is_shown_and_does_nothing(hostile: str) -> None:
    run = dataclasses.replace(
        run_example(f1=(0.1, 0.2), model=hostile),
        source=hostile,
        notes=(hostile,),
        environment={"device": hostile},
        monitor=hostile,
    )
    text = render(checked(run), 80)
    assert not {"\x1b", "\x07", "\r", "\x00", "\u202e"} & set(text)
    assert len(text) < 8000
    if hostile.startswith("["):
        assert hostile in text


def test_sparklines() -> None:
    assert sparkline([0.0, 0.5, None, 1.0]) == "▁▅ █"
    assert sparkline([float("nan"), 1.0, float("inf")]) == "x▁x"
    assert sparkline([-1e308, 1e308]) == "▁█"
    assert sparkline([]) == ""


def test_condensing_keeps_the_last_value() -> None:
    assert condensed([float(value) for value in range(100)], 10)[-1] == 99.0
    assert condensed([1.0, None], 10) == [1.0, None]
