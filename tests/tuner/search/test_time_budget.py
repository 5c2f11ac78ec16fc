"""The time budget: counted over restarts, kept inside trials, with a share left to confirm."""

from __future__ import annotations

from pathlib import Path

from tests.tuner.search.studies import FakeClock, make_spec, rising, search
from tuner.engines.scripted import Curves, ScriptedEngine
from tuner.search.budget import StudyClock
from tuner.study import StudySpec
from tuner.study_view import StudySummary
from tuner.trial import TrialState

EPOCH = 10.0


def timed(directory: Path, spec: StudySpec, curves: Curves = rising) -> tuple[StudySummary, float]:
    """Run a study of which each epoch takes `EPOCH` seconds; also return the time it took."""
    clock = FakeClock()
    start = clock.now
    engine = ScriptedEngine(curves, delay=EPOCH, sleep=clock.advance)
    return search(directory, spec, engine=engine, clock=clock), clock.now - start


def test_the_budget_stops_inside_a_trial_at_the_next_epoch(tmp_path: Path) -> None:
    summary, took = timed(tmp_path, make_spec(trials=50, time_budget=85.0))
    assert took <= 85.0 + EPOCH
    assert summary.status == "finished"
    assert summary.rows[-1].state is TrialState.INTERRUPTED
    assert summary.winner is not None
    assert any("time budget ended the search after" in warning for warning in summary.warnings)


def test_the_budget_counts_over_restarts_and_more_time_goes_on(tmp_path: Path) -> None:
    first, _ = timed(tmp_path, make_spec(trials=50, time_budget=85.0))
    again, took = timed(tmp_path, make_spec(trials=50, time_budget=85.0))
    assert took == 0.0
    assert again.winner == first.winner
    more, took = timed(tmp_path, make_spec(trials=50, time_budget=205.0))
    assert 105.0 <= took <= 120.0 + EPOCH
    assert len(more.rows) > len(first.rows)
    interrupted = first.rows[-1].key
    assert next(row for row in more.rows if row.key == interrupted).state is TrialState.FINISHED
    assert more.elapsed <= 205.0 + EPOCH


def test_the_last_epoch_of_a_plan_is_not_thrown_away(tmp_path: Path) -> None:
    summary, _ = timed(tmp_path, make_spec(trials=50, time_budget=40.0))
    assert [row.state for row in summary.rows] == [TrialState.FINISHED]


def test_a_share_of_the_budget_is_left_to_confirm(tmp_path: Path) -> None:
    spec = make_spec(trials=50, time_budget=1200.0, confirm=2)
    summary, took = timed(tmp_path, spec)
    confirmed = [row for row in summary.rows if row.origin == "confirm"]
    assert confirmed
    assert 1100.0 <= took <= 1200.0 + EPOCH
    assert summary.winner is not None
    assert len(summary.winner.seeds) >= 2


def test_confirm_runs_that_do_not_fit_are_left_out_and_named(tmp_path: Path) -> None:
    spec = make_spec(trials=4, time_budget=210.0, confirm=5)
    summary, took = timed(tmp_path, spec)
    assert took <= 210.0
    assert any("left no room for" in warning for warning in summary.warnings)


def test_no_training_within_the_budget(tmp_path: Path) -> None:
    summary, _ = timed(tmp_path, make_spec(trials=4, time_budget=5.0))
    assert summary.status == "no-result"
    assert any("No training was finished" in warning for warning in summary.warnings)
    more, _ = timed(tmp_path, make_spec(trials=1, time_budget=500.0))
    assert more.status == "finished"


def test_the_clock_is_saved_once_a_second(tmp_path: Path) -> None:
    now = FakeClock()
    clock = StudyClock(tmp_path / "clock.json", now)
    written = []
    for _ in range(5):
        now.advance(0.4)
        clock.save_regularly()
        written.append(round(StudyClock(tmp_path / "clock.json", now).elapsed, 1))
    assert written == [0.4, 0.4, 0.4, 1.6, 1.6]
    clock.save()
    assert round(StudyClock(tmp_path / "clock.json", now).elapsed, 1) == 2.0
