"""What a comment on a pull request shows."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from diagnostics.checkup import Checkup
from diagnostics.report.markdown import Markdown, escaped
from diagnostics.report_format import ReportOptions, Unread
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.report.runs import collapsed, healthy, judged, overfitted


def written(*checkups: Checkup[RunHistory], options: ReportOptions | None = None) -> str:
    stream = io.StringIO()
    Markdown().write(checkups, stream, options or ReportOptions())
    return stream.getvalue()


def test_one_run() -> None:
    assert (
        "\n"
        + written(
            judged(collapsed(), ignore={"R402": "the split is given"}),
            options=ReportOptions(fix_command=True),
        )
        == snapshot("""\

### This run went wrong: 1 error, 1 warning.

Log: runs/collapsed/trainer_state.json
<br>Run: 3 epochs, 13 steps per epoch, learning rate 2e-05, batch 16

| | Finding | What was seen | What to change |
|---|---|---|---|
| warning | R403 too-few-steps | The run made only 39 optimizer steps (13 per epoch).<br>Rule of thumb: optimizer steps 39 | Change the length: epochs 3 → 30 (400 / 13 steps per epoch, from 3 to 30)<br>or: Train in smaller batches: batch_size 16 → 8 |
| error | R301 all-o-collapse (follows from R403) | F1 is 0 from epoch 1 to the end: the model predicts O for (nearly) every word.<br>Conclusive evidence: F1 at the end 0 (epoch 3) |  |

    TrainingArguments(
        # ... your other arguments stay as they are
        num_train_epochs=30,  # R403: was 3
    )

<details><summary>Not judged by 4 of the rules, because</summary>

- the run logged 3 evaluations, and this needs 4: overfits-metric, loss-rises-metric-holds
- the run logged 3 evaluations, and this needs 6: wasted-epochs
- the run logged no steps: blind-logging

</details>

- Switched off: R402 dev-set-too-small: the split is given

""")  # noqa: E501
    )


def test_many_runs_are_a_table_worst_first() -> None:
    options = ReportOptions(overview=True, unread=(Unread(path="x_y", message="Empty."),))
    checkups = [judged(healthy()), judged(overfitted()), judged(collapsed())]
    assert "\n" + written(*checkups, options=options) == snapshot("""\

## 4 runs: 1 error, 1 warning, 1 healthy, 1 not read

| Verdict | Run | First finding |
|---|---|---|
| error | runs/collapsed/trainer_state.json | R403 too-few-steps |
| warning | runs/overfits/trainer_state.json | R201 overfits-metric |
| healthy | runs/healthy/trainer_state.json |  |
| not read | x_y | Empty. |

""")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a&#124;b"),
        ("`x`", "&#96;x&#96;"),
        ("<b>", "&#60;b&#62;"),
        ("*x* _y_ eval_loss", "&#42;x&#42; &#95;y&#95; eval_loss"),
        ("@all #1 $x$", "&#64;all &#35;1 &#36;x&#36;"),
        ("http://a.b www.c.d", "http:&#47;&#47;a.b www&#46;c.d"),
        ("a\nb\x1b", "a b&#92;x1b"),
    ],
)
def test_escaping(text: str, expected: str) -> None:
    assert escaped(text) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="|`<>*_~[]()!\\&@#$:/w.\n a1", max_size=30))
def test_nothing_that_means_something_is_left(text: str) -> None:
    out = re.sub(r"&#\d+;", "?", escaped(text))
    assert not set("|`<>*~[]!\\&@#$\n") & set(out)
    assert "://" not in out
    assert "www." not in out.lower()


def test_every_row_of_a_table_has_its_columns() -> None:
    rows = [line for line in written(judged(overfitted())).splitlines() if line.startswith("|")]
    assert len(rows) > 3
    assert {row.count("|") for row in rows} == {5}


def test_an_overview_ends_with_the_command_of_each_run_that_has_one() -> None:
    options = ReportOptions(overview=True, fix_command=True)
    text = written(judged(healthy()), judged(overfitted()), options=options)
    assert text.count("Log: ") == 1
    assert "\n    TrainingArguments(\n" in text
