"""A search ends early when nothing is left to gain, says so, and stays at it."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.engines.scripted import ScriptedEngine
from tuner.search.early_end import FILE, search_outlook
from tuner.search.expected_gain import FEWEST_TRIALS, Outlook
from tuner.search.ledger import Ledger
from tuner.study_view import StudySummary
from tuner.trial import EpochReport, Scores, TrialSpec, TypeScores

EARLY_END = importlib.import_module("tuner.search.early_end")  # `tuner.search` is a function


def plateau(spec: TrialSpec) -> list[Any]:
    """All settings do as well as each other, on a development split of 400 entities."""
    return [report(spec, epoch, 0.8) for epoch in range(1, spec.epochs + 1)]


def report(spec: TrialSpec, epoch: int, f1: float) -> EpochReport:
    per_type = {"all": TypeScores(precision=f1, recall=f1, f1=f1, support=400)}
    return EpochReport(
        epoch=epoch,
        epochs=spec.epochs,
        step=epoch,
        train_loss=0.1,
        scores=Scores(loss=0.1, precision=f1, recall=f1, f1=f1, accuracy=f1, per_type=per_type),
        seconds=1.0,
    )


def trials_of(summary: StudySummary) -> int:
    return sum(row.origin != "confirm" for row in summary.rows)


def told(summary: StudySummary) -> list[str]:
    return [warning for warning in summary.warnings if "ended early" in warning]


def test_flat_search_ends_and_goes_on_to_the_confirmation(tmp_path: Path) -> None:
    spec = make_spec(trials=30, confirm=2, stop_when_flat=True)
    summary = search(tmp_path, spec, plateau)
    assert trials_of(summary) == FEWEST_TRIALS
    assert summary.status == "finished"
    assert summary.winner is not None
    assert len(summary.winner.seeds) == 3
    (sentence,) = told(summary)
    assert f"after {FEWEST_TRIALS} of 30 trials: 22 more were expected to gain 0.0" in sentence


def test_without_being_asked_it_trains_them_all(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=12), plateau)
    assert trials_of(summary) == 12
    assert not told(summary)
    assert not (tmp_path / FILE).exists()


def test_rising_scores_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    much = Outlook(gain=0.05, noise=0.01, trials_left=3, known=9)
    monkeypatch.setattr(EARLY_END, "search_outlook", lambda *_: much)
    summary = search(tmp_path, make_spec(trials=12, stop_when_flat=True), plateau)
    assert trials_of(summary) == 12


def test_decision_is_taken_once_with_several_trainings_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials that ran when it was taken end later and would speak against it."""
    gains = iter([0.001, *[0.5] * 50])

    def judged(ledger: Ledger, *_: object) -> Outlook | None:
        if ledger.ended < 9:
            return None
        return Outlook(gain=next(gains), noise=0.01, trials_left=5, known=ledger.ended)

    monkeypatch.setattr(EARLY_END, "search_outlook", judged)
    spec = make_spec(trials=30, confirm=1, stop_when_flat=True)
    summary = search(tmp_path, spec, engine=ScriptedEngine(plateau, slots=4))
    assert 9 <= trials_of(summary) <= 9 + 4
    assert len(told(summary)) == 1


class Killed(BaseException):
    """What a kill looks like to the loop."""


def test_study_that_is_taken_up_again_stays_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = make_spec(trials=30, confirm=2, stop_when_flat=True)

    def killed(snapshot: Any, note: str) -> None:
        if snapshot.phase == "confirm" and " epoch " in note:
            raise Killed

    with pytest.raises(Killed):
        search(tmp_path, spec, plateau, observer=Watcher(killed))
    much = Outlook(gain=0.5, noise=0.01, trials_left=3, known=9)
    monkeypatch.setattr(EARLY_END, "search_outlook", lambda *_: much)
    summary = search(tmp_path, spec, plateau)
    assert trials_of(summary) == FEWEST_TRIALS
    assert len(told(summary)) == 1


def test_more_trials_are_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = make_spec(trials=20, stop_when_flat=True)
    search(tmp_path, spec, plateau)
    much = Outlook(gain=0.5, noise=0.01, trials_left=3, known=9)
    monkeypatch.setattr(EARLY_END, "search_outlook", lambda *_: much)
    more = replace(spec, options=replace(spec.options, trials=22))
    assert trials_of(search(tmp_path, more, plateau)) == 22


def test_without_the_option_the_rest_is_trained(tmp_path: Path) -> None:
    spec = make_spec(trials=12, stop_when_flat=True)
    assert trials_of(search(tmp_path, spec, plateau)) == FEWEST_TRIALS
    without = replace(spec, options=replace(spec.options, stop_when_flat=False))
    summary = search(tmp_path, without, plateau)
    assert trials_of(summary) == 12
    assert not told(summary)


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"trials": 30}', '{"outlook": {"gain": []}}'])
def test_decision_that_cannot_be_read_is_taken_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    summary = search(tmp_path, make_spec(trials=30, stop_when_flat=True), plateau)
    assert trials_of(summary) == FEWEST_TRIALS
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["trials"] == 30


def test_time_left_bounds_the_trials_left(tmp_path: Path) -> None:
    spec = make_spec(trials=100, confirm=0)
    engine = ScriptedEngine(plateau, delay=0.0)
    search(tmp_path, replace(spec, options=replace(spec.options, trials=10)), engine=engine)
    from tuner.search.folder import StudyFolder

    ledger = Ledger(StudyFolder(tmp_path).runs())
    unlimited = search_outlook(ledger, spec, None)
    assert unlimited is not None
    assert unlimited.trials_left == 90
    usual = sum(run.seconds for run in ledger.searched) / 10
    bounded = search_outlook(ledger, spec, 3.5 * usual)
    assert bounded is not None
    assert bounded.trials_left == 3
    beside = search_outlook(ledger, spec, 3.5 * usual, slots=4)
    assert beside is not None
    assert beside.trials_left == 14


def test_nothing_is_said_before_the_development_split_is_known() -> None:
    assert search_outlook(Ledger(), make_spec(trials=10), None) is None
