"""The pruner's account."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.search.audit import audit
from tuner.search.curves import Curve, CurvePoint
from tuner.trial import TrialState


def curve(key: str, scores: Sequence[float], epochs: int, state: TrialState) -> Curve:
    points = tuple(
        CurvePoint(progress=epoch / epochs, score=score, loss=None)
        for epoch, score in enumerate(scores, start=1)
    )
    return Curve(key=key, schedule="linear", points=points, state=state, epochs=epochs)


FINISHED, PRUNED = TrialState.FINISHED, TrialState.PRUNED


def test_nothing_stopped() -> None:
    account = audit([curve("0", [0.5, 0.6], 2, FINISHED)])
    assert (account.pruned, account.epochs_saved, account.let_run, account.wrong) == (0, 0, 0, 0)
    assert account.verdict == "The pruner stopped no trial."


def test_saved_epochs_and_the_closest_stopped_trial() -> None:
    account = audit(
        [
            curve("0", [0.4, 0.6, 0.7, 0.8], 4, FINISHED),
            curve("1", [0.1, 0.3], 4, PRUNED),
            curve("2", [0.1, 0.5, 0.5], 6, PRUNED),
            curve("3", [], 4, TrialState.FAILED),
        ]
    )
    assert (account.pruned, account.epochs_saved) == (2, 5)
    assert "stopped 2 trials and saved 5 epochs (36% of the plan)" in account.verdict
    assert "closest of them stood 0.100 F1 behind" in account.verdict
    assert "its error is not measured" in account.verdict


def test_trials_let_run_measure_the_error() -> None:
    curves = [
        curve("0", [0.6, 0.7], 2, FINISHED),
        curve("1", [0.2, 0.9], 2, FINISHED),
        curve("2", [0.2, 0.8], 2, FINISHED),
    ]
    account = audit(curves, {"1", "2"})
    assert (account.let_run, account.wrong) == (2, 1)
    assert "Of 2 trials let run against its advice, 1 became the best so far" in account.verdict
    right = audit(curves, {"2"})
    assert (right.let_run, right.wrong) == (1, 0)
    assert "at most 95% of cases" in right.verdict


def test_a_trial_let_run_that_failed_proves_nothing() -> None:
    curves = [curve("0", [0.6], 1, FINISHED), curve("1", [0.2], 2, TrialState.FAILED)]
    assert audit(curves, {"1"}).let_run == 0


def test_other_schedules_are_not_compared() -> None:
    account = audit([curve("1", [0.1], 4, PRUNED)])
    assert "closest" not in account.verdict
