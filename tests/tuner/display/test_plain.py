"""Plain lines and silence: displays for logs, pipes and people who want the answer only."""

from __future__ import annotations

import dataclasses
import io

from inline_snapshot import snapshot
from rich.console import Console

from tests.tuner.display import examples
from tuner.display import make_observer, make_train_observer
from tuner.display.json_document import JsonDisplay
from tuner.display.live import LiveDisplay
from tuner.display.plain import PlainDisplay
from tuner.display.quiet import QuietDisplay
from tuner.display.training import QuietTraining, TrainingDisplay


def paper(width: int = 80) -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=width, markup=False, highlight=False), stream


def test_one_line_per_event_and_whenever_the_best_changes() -> None:
    console, stream = paper()
    view = examples.snapshot()
    with PlainDisplay(console) as display:
        display.update(dataclasses.replace(view, best_key=None, finished=0), "trial 0 starts")
        display.tick(view)
        display.update(view, "trial 4 ended: F1 0.8731 " + "and so on " * 5)
        display.update(view, "trial 5 starts\nwith\x1b[31m a trick")
        display.update(view, "")
    assert stream.getvalue() == snapshot("""\
[0:06:54 0/20] trial 0 starts
[0:06:54 7/20] trial 4 ended: F1 0.8731 and so on and so on and so on and so on and so on \n\
[0:06:54 7/20] best so far: trial 4, F1 0.8731
[0:06:54 7/20] trial 5 starts with\\x1b[31m a trick
""")


def test_after_each_trial_the_quote_stands_beside_what_is_expected_now() -> None:
    console, stream = paper()
    view = dataclasses.replace(examples.snapshot(), quoted=3300.0)
    with PlainDisplay(console) as display:
        display.update(dataclasses.replace(view, finished=0, remaining=None), "trial 0 starts")
        display.update(dataclasses.replace(view, finished=1), "trial 0 ended")
        display.update(dataclasses.replace(view, finished=1), "trial 1 starts")
        display.update(dataclasses.replace(view, finished=2, remaining=60.0), "trial 1 ended")
        display.update(dataclasses.replace(view, finished=3, quoted=None), "trial 2 ended")
    times = [line for line in stream.getvalue().splitlines() if "in all" in line]
    assert times == [
        "[0:06:54 1/20] about 14 min left, 20 min in all; quoted 55 min",
        "[0:06:54 2/20] about 60 s left, 7 min 50 s in all; quoted 55 min",
    ]


def test_plan_and_report_are_printed_with_all_trials_and_without_escape_sequences() -> None:
    console, stream = paper()
    with PlainDisplay(console) as display:
        display.plan(examples.plan())
        display.finish(dataclasses.replace(examples.summary(), rows=examples.many_rows(40)))
    output = stream.getvalue()
    assert "Searched" in output
    assert "Answer: fin" in output
    assert "⋮" not in output
    assert "\x1b" not in output


def test_quiet_shows_the_answer_and_what_must_be_known() -> None:
    console, stream = paper()
    with QuietDisplay(console) as display:
        display.plan(examples.plan())
        display.update(examples.snapshot(), "trial 4 ended")
        display.tick(examples.snapshot())
        assert stream.getvalue() == ""
        display.finish(examples.summary())
    assert "Learning rate  1.2e-4" in stream.getvalue()
    assert "biased upward" in stream.getvalue()
    assert "What mattered" not in stream.getvalue()


def test_the_display_follows_from_the_kind_and_the_terminal() -> None:
    console, _ = paper()
    terminal = Console(file=io.StringIO(), force_terminal=True, _environ={})
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(make_observer("auto", console), PlainDisplay)
    assert isinstance(make_observer("auto", dumb), PlainDisplay)
    assert isinstance(make_observer("auto", terminal), LiveDisplay)
    assert isinstance(make_observer("plain", terminal), PlainDisplay)
    assert isinstance(make_observer("live", terminal), LiveDisplay)
    assert isinstance(make_observer("quiet", terminal), QuietDisplay)
    assert isinstance(make_observer("json", terminal), JsonDisplay)
    assert isinstance(make_train_observer("auto", terminal), TrainingDisplay)
    assert isinstance(make_train_observer("quiet", terminal), QuietTraining)
    assert isinstance(make_train_observer("json", terminal), JsonDisplay)
    assert isinstance(make_observer(), PlainDisplay)
