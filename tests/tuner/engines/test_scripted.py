"""The scripted engine keeps the contract of engines, and ends trainings as its script says."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tuner.engine import Engine, Job
from tuner.engines.scripted import ScriptedEngine, scripted_report
from tuner.errors import StudyError
from tuner.testing import EngineContract, run_job
from tuner.trial import TrialOutcome, TrialSpec, TrialState


def rising(spec: TrialSpec) -> list[float]:
    return [0.5 + 0.1 * epoch for epoch in range(spec.epochs)]


class TestScriptedEngine(EngineContract):
    def make_engine(self) -> Engine:
        return ScriptedEngine(rising)

    def make_spec(self, epochs: int) -> TrialSpec:
        return TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)


class TestScriptedEngineWithTwoSlots(TestScriptedEngine):
    def make_engine(self) -> Engine:
        return ScriptedEngine(rising, slots=2)


def job(tmp_path: Path, epochs: int = 3) -> Job:
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)
    return Job(key="0000", spec=spec, directory=tmp_path)


def test_nan_ends_the_training_with_its_reason(tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda spec: [0.5, math.nan, 0.9])
    reports, outcome = run_job(engine, job(tmp_path))
    assert len(reports) == 1
    assert outcome.state is TrialState.FAILED
    assert "non-finite in epoch 2" in outcome.reason
    assert [event.kind for event in outcome.events] == ["non-finite"]


def test_script_may_give_outcomes_reports_and_errors(tmp_path: Path) -> None:
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=3)
    full = scripted_report(spec, 1, 0.7, loss=0.25, seconds=2.0)
    infeasible = TrialOutcome(state=TrialState.INFEASIBLE, reason="too large")
    reports, outcome = run_job(ScriptedEngine(lambda _: [full, infeasible]), job(tmp_path))
    assert reports == [full]
    assert outcome == infeasible
    with pytest.raises(StudyError, match="broken"):
        run_job(ScriptedEngine(lambda _: [StudyError("broken")]), job(tmp_path))


def test_model_is_that_of_the_best_epoch(tmp_path: Path) -> None:
    engine = ScriptedEngine(lambda spec: [0.5, 0.8, 0.6], test_score=lambda score: score - 0.1)
    run_job(engine, job(tmp_path))
    assert engine.evaluate(tmp_path / "best", "dev").f1 == 0.8
    assert engine.evaluate(tmp_path / "best", "test").f1 == pytest.approx(0.7)
    assert engine.evaluated == [(0.8, "dev"), (0.8, "test")]
    with pytest.raises(StudyError, match="holds no model"):
        engine.evaluate(tmp_path, "dev")
