"""What people read: whole reports at two widths, and nothing harmful in them."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from diagnostics.checkup import Checkup, check_up, diagnose, run_rules
from diagnostics.examples import run_example
from diagnostics.report._chart import condensed, sparkline
from diagnostics.report._overview import overview_rows
from diagnostics.report.terminal import Terminal, render, render_findings
from diagnostics.report_format import DEFAULT_OPTIONS, ReportOptions, Unread
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.report.runs import collapsed, healthy, judged, overfitted, remarkable

DATA = Path(__file__).parents[2] / "data" / "readers"


def report(run: RunHistory, width: int, options: ReportOptions = DEFAULT_OPTIONS) -> str:
    return "\n" + render(judged(run), width, options)


def checked(run: RunHistory) -> Checkup[RunHistory]:
    return check_up(run, run_rules())


def test_an_overfitted_run_at_80_columns() -> None:
    assert report(overfitted(), 80) == snapshot("""\

This run can be better: 2 warnings, 2 remarks.
runs/overfits/trainer_state.json
bert-base-cased, 960 training sentences, 60 dev entities, 8 epochs, 100 steps
per epoch, learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▄▁▁▂▄▆▇█  0.4 → 0.66
 F1          ▁▇███▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

Root cause: WARNING R201 overfits-metric (statistical evidence)
  F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3),
  more than its noise of 0.021.
  Evidence: best score 0.71 (epoch 3); score at the end 0.61 (epochs 6 to 8);
    p of the fall 0.008333
  Doubt: A second seed tells.
  info R106 wasted-epochs: follows from R201. F1 came within 0.021 of its best
    (0.710) at epoch 3; the 5 epochs after it added nothing.

Also: WARNING R402 dev-set-too-small (statistical evidence)
  F1 0.71 was measured on 60 entities and is uncertain by +-0.18 (95 %).
  Evidence: half width 17.9 points

Further remarks
  info R202 loss-rises-metric-holds: The evaluation loss rises from 0.2 to
    0.66.

Not judged by 1 of 7 rules, because
  the run logged no precision and recall: all-o-collapse

Fix for R201: Keep the weights of the best epoch instead of the last:
    load_best_model_at_end not recorded → True (with metric_for_best_model=f1)
  or: Change the length: epochs 8 → 4 (1.2 x the best epoch (3))
  or: Regularise more: weight_decay not recorded → 0.1 (at least 0.1)
Fix for R402: Score on more entities: dev_entities 60 → 770

More: tuner explain R201
""")


def test_an_overfitted_run_at_120_columns() -> None:
    assert report(overfitted(), 120) == snapshot("""\

This run can be better: 2 warnings, 2 remarks.
runs/overfits/trainer_state.json
bert-base-cased, 960 training sentences, 60 dev entities, 8 epochs, 100 steps per epoch, learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▄▁▁▂▄▆▇█  0.4 → 0.66
 F1          ▁▇███▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

Root cause: WARNING R201 overfits-metric (statistical evidence)
  F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3), more than its noise of 0.021.
  Evidence: best score 0.71 (epoch 3); score at the end 0.61 (epochs 6 to 8); p of the fall 0.008333
  Doubt: A second seed tells.
  info R106 wasted-epochs: follows from R201. F1 came within 0.021 of its best (0.710) at epoch 3; the 5 epochs after
    it added nothing.

Also: WARNING R402 dev-set-too-small (statistical evidence)
  F1 0.71 was measured on 60 entities and is uncertain by +-0.18 (95 %).
  Evidence: half width 17.9 points

Further remarks
  info R202 loss-rises-metric-holds: The evaluation loss rises from 0.2 to 0.66.

Not judged by 1 of 7 rules, because
  the run logged no precision and recall: all-o-collapse

Fix for R201: Keep the weights of the best epoch instead of the last: load_best_model_at_end not recorded → True
    (with metric_for_best_model=f1)
  or: Change the length: epochs 8 → 4 (1.2 x the best epoch (3))
  or: Regularise more: weight_decay not recorded → 0.1 (at least 0.1)
Fix for R402: Score on more entities: dev_entities 60 → 770

More: tuner explain R201
""")  # noqa: E501


def test_a_collapsed_run_at_80_columns() -> None:
    assert report(collapsed(), 80) == snapshot("""\

This run went wrong: 1 error, 1 warning.
runs/collapsed/trainer_state.json
3 epochs, 13 steps per epoch, learning rate 2e-05, batch 16

 F1          ▁▁▁  0 → 0

Root cause: WARNING R403 too-few-steps (rule of thumb)
  The run made only 39 optimizer steps (13 per epoch).
  Evidence: optimizer steps 39
  Doubt: F1 still near 0 after 400 steps.
  error R301 all-o-collapse: follows from R403. F1 is 0 from epoch 1 to the
    end: the model predicts O for (nearly) every word.

Not judged by 5 of 7 rules, because
  the run logged 3 evaluations, and this needs 4: overfits-metric,
    loss-rises-metric-holds
  the run logged 3 evaluations, and this needs 6: wasted-epochs
  the run logged no steps: blind-logging
  and 1 more for other reasons: -v lists them

Fix for R403: Change the length: epochs 3 → 30 (400 / 13 steps per epoch,
    from 3 to 30)
  or: Train in smaller batches: batch_size 16 → 8

More: tuner explain R403
""")


def test_a_healthy_run_at_80_columns() -> None:
    assert report(healthy(), 80) == snapshot("""\

Healthy: nothing to report.
runs/healthy/trainer_state.json
9,000 dev entities, 5 epochs, 500 steps per epoch, learning rate 3e-05

 train loss  █▃▂▁▁  0.7 → 0.12
 eval loss   █▂▁▁▁  0.4 → 0.15
 F1          ▁▆███  0.6 → 0.89
                 ★ best F1 0.89 at epoch 5

Not judged by 1 of 7 rules, because
  the run logged 5 evaluations, and this needs 6: wasted-epochs

""")


def test_a_run_with_remarks_alone_at_80_columns() -> None:
    assert report(remarkable(), 80) == snapshot("""\

Healthy; 2 remarks.
runs/remarks/trainer_state.json
bert-base-cased, 960 training sentences, 60 dev entities, 8 epochs, 100 steps
per epoch, learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▄▁▁▂▄▆▇█  0.4 → 0.66
 F1          ▁▇███▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

Remarks
  info R603 blind-logging: No training loss was logged.
  info R106 wasted-epochs: Epochs 4 to 8 added nothing.

Fix for R603: Log more often: logging_steps 500 → 20 (5 per epoch)
Fix for R106: Change the length: epochs 8 → 4 (1.3 x epoch 3)

More: tuner explain R603
""")


def test_all_that_is_known_and_the_command_at_the_end() -> None:
    options = ReportOptions(verbose=True, fix_command=True)
    run = dataclasses.replace(overfitted(), notes=("eval_overall_f1 was read as f1.", "Torn."))
    checkup = judged(run, ignore={"R202": "the probabilities are not used"})
    checkup = dataclasses.replace(checkup, others=(Path("runs/other.csv"),))
    assert "\n" + render(checkup, 80, options) == snapshot("""\

This run can be better: 2 warnings, 1 remark.
runs/overfits/trainer_state.json
bert-base-cased, 960 training sentences, 60 dev entities, 8 epochs, 100 steps
per epoch, learning rate 5e-05, batch 16

 train loss  █▄▃▂▁▁▁▁  0.7 → 0.01
 eval loss   ▄▁▁▂▄▆▇█  0.4 → 0.66
 F1          ▁▇███▆▄▃  0.52 → 0.59
               ★ best F1 0.71 at epoch 3

Root cause: WARNING R201 overfits-metric (statistical evidence)
  F1 falls from 0.710 at epoch 3 to 0.610 at the end (median of the last 3),
  more than its noise of 0.021.
  Evidence: best score 0.71 (epoch 3); score at the end 0.61 (epochs 6 to 8);
    p of the fall 0.008333
  Doubt: A second seed tells.
  info R106 wasted-epochs: follows from R201. F1 came within 0.021 of its best
    (0.710) at epoch 3; the 5 epochs after it added nothing.

Also: WARNING R402 dev-set-too-small (statistical evidence)
  F1 0.71 was measured on 60 entities and is uncertain by +-0.18 (95 %).
  Evidence: half width 17.9 points

Not judged by 1 of 6 rules, because
  the run logged no precision and recall: all-o-collapse
Switched off: R202 loss-rises-metric-holds: the probabilities are not used

Fix for R201: Keep the weights of the best epoch instead of the last:
    load_best_model_at_end not recorded → True (with metric_for_best_model=f1)
  or: Change the length: epochs 8 → 4 (1.2 x the best epoch (3))
  or: Regularise more: weight_decay not recorded → 0.1 (at least 0.1)
Fix for R402: Score on more entities: dev_entities 60 → 770

All of it together
  TrainingArguments(
      # ... your other arguments stay as they are
      load_best_model_at_end=True,  # R201: was not recorded
      metric_for_best_model="overall_f1",  # R201: needed for it
      eval_strategy="epoch",  # R201: needed for it
      save_strategy="epoch",  # R201: needed for it
  )
  # R402: Score on more entities.

Notes: eval_overall_f1 was read as f1. Torn.
Also there, not judged: runs/other.csv
More: tuner explain R201
""")


def test_many_runs_one_line_each_worst_first() -> None:
    runs = [judged(healthy()), judged(overfitted("runs/" + "long/" * 9 + "x.json"))]
    stream = io.StringIO()
    unread = (Unread(path="runs/torn.json", message="It is empty."),)
    options = ReportOptions(overview=True, unread=unread)
    Terminal().write([*runs, judged(collapsed())], stream, options)
    assert "\n" + stream.getvalue() == snapshot("""\

error    R301 all-o-collapse            runs/collapsed/trainer_state.json
warning  R201 overfits-metric +2        runs/long/long/long/long/long/long/long/long/long/x.json
healthy  -                              runs/healthy/trainer_state.json
not read runs/torn.json: It is empty.
4 runs: 1 error, 1 warning, 1 healthy, 1 not read
""")


def test_on_a_terminal_the_end_of_a_long_path_tells_the_runs_apart() -> None:
    run = dataclasses.replace(judged(healthy()).subject, source="runs/" + "long/" * 9 + "x.json")
    checkup = dataclasses.replace(judged(healthy()), subject=run)
    (row, _), _ = overview_rows([checkup], (), 80)
    assert row.startswith("healthy") and row.endswith(".../long/long/long/long/long/long/x.json")
    assert len(row) == 80


def test_details_follow_the_overview_when_asked_for() -> None:
    stream = io.StringIO()
    options = ReportOptions(overview=True, verbose=True)
    Terminal().write([judged(healthy()), judged(collapsed())], stream, options)
    text = stream.getvalue()
    assert text.startswith("error    R301")
    assert text.index("2 runs: 1 error, 1 healthy") < text.index("This run went wrong")
    assert text.index("This run went wrong") < text.index("Healthy: nothing to report.")


def test_an_overview_ends_with_the_command_of_each_run_that_has_one() -> None:
    stream = io.StringIO()
    options = ReportOptions(overview=True, fix_command=True)
    runs = [judged(run) for run in (healthy(), overfitted(), collapsed())]
    Terminal().write(runs, stream, options)
    _, *commands = stream.getvalue().split("\n\n")
    assert [text.splitlines()[0] for text in commands] == [
        collapsed().source,
        overfitted().source,
    ]
    assert all("# R" in text for text in commands)


def test_what_is_found_while_a_run_goes_on_has_its_fix() -> None:
    findings = judged(collapsed()).findings
    text = render_findings(findings)
    assert "R403" in text and "Fix for R403" in text
    orphan = render_findings(findings[1:])
    assert "R301" in orphan and "follows from R403" in orphan


def test_colours_are_left_out_where_none_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = io.StringIO()
    Terminal().write([judged(collapsed())], stream)
    coloured = stream.getvalue()
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    Terminal().write([judged(collapsed())], stream)
    plain = stream.getvalue()
    assert "\x1b" not in plain
    # Colour adds to the words and never stands for one of them.
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


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
