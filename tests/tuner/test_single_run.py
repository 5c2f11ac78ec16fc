"""The folder of a single training: found again, kept from others, recorded epoch by epoch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.trainings import TrainWatcher
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import StudyError
from tuner.search.interrupt import StopRequest
from tuner.search.run_record import RunRecord
from tuner.single_run import claim_run, run_once, write_result
from tuner.train_view import TrainResult
from tuner.trial import TrialSpec, TrialState

SPEC = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=3)
FACTS = {"data": {"fingerprint": "d"}, "max_length": 64}
ENVIRONMENT = {"device": "cpu"}


def rising(spec: TrialSpec) -> list[float]:
    return [0.5 + 0.1 * epoch for epoch in range(spec.epochs)]


def train(
    runs: Path,
    *,
    name: str = "mine",
    spec: TrialSpec = SPEC,
    facts: dict[str, Any] | None = None,
    stop_after: int | None = None,
    curve: Callable[[TrialSpec], Any] = rising,
    has_test: bool = False,
) -> tuple[RunRecord, TrainResult]:
    stop = StopRequest()

    def on_epoch(report: Any) -> None:
        if report.epoch == stop_after:
            stop.request()

    engine = ScriptedEngine(curve)
    with claim_run(runs, name, spec, facts or FACTS, ENVIRONMENT) as run:
        done = run_once(run, engine, TrainWatcher(on_epoch=on_epoch), has_test=has_test, stop=stop)
    engine.close()
    return done


def test_a_finished_run_has_its_files_and_no_checkpoint(tmp_path: Path) -> None:
    run, result = train(tmp_path, has_test=True)
    assert run.state is result.state is TrialState.FINISHED
    assert result.directory == tmp_path / "mine"
    assert result.best_epoch == 3 and result.dev is not None and result.test is not None
    assert result.dev.counts is None and result.test.counts is None
    assert not (result.directory / "checkpoint").exists()
    config = json.loads((result.directory / "config.json").read_text())
    assert config["max_length"] == 64 and config["learning_rate"] == 2e-5
    assert json.loads((result.directory / "environment.json").read_text()) == ENVIRONMENT
    lines = (result.directory / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]
    write_result(result)
    assert json.loads((result.directory / "summary.json").read_text())["best_epoch"] == 3


def test_a_finished_run_is_never_overwritten(tmp_path: Path) -> None:
    names = [train(tmp_path)[1].directory.name for _ in range(3)]
    assert names == ["mine", "mine-2", "mine-3"]


def test_an_interrupted_run_goes_on_in_its_folder(tmp_path: Path) -> None:
    _, first = train(tmp_path, stop_after=2)
    assert first.state is TrialState.INTERRUPTED
    assert first.test is None, "the test split is for the end"
    assert (first.directory / "checkpoint").exists()
    _, second = train(tmp_path)
    assert second.directory == first.directory
    assert [report.epoch for report in second.reports] == [1, 2, 3]
    lines = (second.directory / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"spec": replace(SPEC, learning_rate=3e-5)},
        {"spec": replace(SPEC, seed=7)},
        {"spec": replace(SPEC, extra={"max_grad_norm": 0.5})},
        {"facts": {**FACTS, "data": {"fingerprint": "other"}}},
        {"facts": {**FACTS, "max_length": 32}},
    ],
)
def test_something_else_never_goes_on_with_it(tmp_path: Path, change: dict[str, Any]) -> None:
    train(tmp_path, stop_after=1)
    _, other = train(tmp_path, **change)
    assert other.directory.name == "mine-2"
    kept = json.loads((tmp_path / "mine" / "result.json").read_text())
    assert kept["state"] == "interrupted"


def test_a_run_that_another_process_works_on_is_left_alone(tmp_path: Path) -> None:
    with claim_run(tmp_path, "mine", SPEC, FACTS, ENVIRONMENT) as first:
        with claim_run(tmp_path, "mine", SPEC, FACTS, ENVIRONMENT) as second:
            assert second.directory.name == "mine-2"
        assert first.directory.name == "mine"
    with claim_run(tmp_path, "mine", SPEC, FACTS, ENVIRONMENT) as third:
        assert third.directory == first.directory, "it was cut off before its first epoch"


@pytest.mark.parametrize("kind", ["a file", "a folder of something else", "a damaged run"])
def test_a_name_that_is_taken_is_left_alone(tmp_path: Path, kind: str) -> None:
    taken = tmp_path / "mine"
    if kind == "a file":
        taken.write_text("precious")
    else:
        taken.mkdir()
        (taken / "precious.txt").write_text("precious")
    if kind == "a damaged run":
        (taken / "config.json").write_text("{")
    _, result = train(tmp_path)
    assert result.directory.name == "mine-2"
    if taken.is_dir():
        assert (taken / "precious.txt").read_text() == "precious"
        assert not (taken / "history.jsonl").exists()


def test_a_failed_run_keeps_its_reason_and_is_not_tried_again(tmp_path: Path) -> None:
    def diverging(spec: TrialSpec) -> list[float]:
        return [0.5, float("nan"), 0.5]

    _, result = train(tmp_path, curve=diverging)
    assert result.state is TrialState.FAILED
    assert result.reason
    assert result.test is None
    assert train(tmp_path)[1].directory.name == "mine-2"


def test_ctrl_c_twice_leaves_a_run_that_can_go_on(tmp_path: Path) -> None:
    class Impatient(TrainWatcher):
        def epoch(self, report: Any) -> None:
            if report.epoch == 2:
                raise KeyboardInterrupt

    engine = ScriptedEngine(rising)
    with claim_run(tmp_path, "mine", SPEC, FACTS, ENVIRONMENT) as run:
        _, result = run_once(run, engine, Impatient(), has_test=True, stop=StopRequest())
    assert result.state is TrialState.INTERRUPTED
    assert result.reason == "Stopped at once."
    _, resumed = train(tmp_path)
    assert resumed.directory == result.directory
    assert [report.epoch for report in resumed.reports] == [1, 2, 3]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(StudyError, match="file/mine") as caught:
        train(occupied)
    assert caught.value.hint
