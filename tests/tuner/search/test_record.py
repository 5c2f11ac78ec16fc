"""Run directories survive crashes, and come back as they were."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics.subjects.run_history import RunEvent
from tests.tuner.search.studies import RECIPE
from tuner.engines.scripted import scripted_report
from tuner.errors import StudyError
from tuner.search.record import RunRecorder, light, prepare_run, read_counts, read_run
from tuner.search.run_record import RunRecord
from tuner.trial import EpochReport, TrialState, TypeScores


def make_run(directory: Path) -> RunRecord:
    run = RunRecord(
        key="0003",
        number=3,
        spec=replace(RECIPE, extra={"adam_beta2": 0.98}),
        role="search",
        origin="sampler",
        directory=directory / "0003",
    )
    prepare_run(run, {"study": "demo"}, {"versions": {}})
    return run


def report(epoch: int, f1: float, **changes: object) -> EpochReport:
    full = scripted_report(RECIPE, epoch, f1)
    scores = replace(
        full.scores,
        per_type={"PER": TypeScores(precision=0.5, recall=0.25, f1=0.3, support=7)},
        counts=((1, 2, 3), (0, 0, 1)),
    )
    logs = ({"loss": 0.5, "step": 5, "epoch": 0.5},)
    return replace(full, scores=scores, logs=logs, **changes)  # type: ignore[arg-type]


def write(run: RunRecord, reports: list[EpochReport]) -> RunRecord:
    recorder = RunRecorder(run.directory)
    for one in reports:
        run = replace(run, reports=(*run.reports, light(one)))
        recorder.epoch(one)
        recorder.save_progress(run)
    run = replace(run, state=TrialState.FINISHED)
    recorder.end(run)
    return run


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    run = write(make_run(tmp_path), [report(1, 0.3), report(2, 0.6), report(3, 0.5)])
    assert read_run(run.directory) == run
    assert (run.score, run.best and run.best.epoch, run.epoch) == (0.6, 2, 3)
    assert read_counts(run.directory) == ((1, 2, 3), (0, 0, 1))


def test_nan_comes_back_as_nan(tmp_path: Path) -> None:
    run = write(make_run(tmp_path), [report(1, 0.3, train_loss=math.nan)])
    found = read_run(run.directory)
    assert found is not None
    assert math.isnan(found.reports[0].train_loss)


def test_counts_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    best = report(1, 0.6)
    worse = report(2, 0.5)
    worse = replace(worse, scores=replace(worse.scores, counts=((9, 9, 9),)))
    run = write(make_run(tmp_path), [best, worse])
    assert read_counts(run.directory) == best.scores.counts


@pytest.mark.parametrize("torn", ['{"kind": "epo', "{", "\x00\x00\x00", '{"kind": "epoch"'])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, torn: str) -> None:
    run = make_run(tmp_path)
    recorder = RunRecorder(run.directory)
    recorder.epoch(report(1, 0.3))
    with (run.directory / "history.jsonl").open("a") as file:
        file.write(torn)
    recorder = RunRecorder(run.directory)
    assert recorder.known_epochs == 1
    recorder.epoch(report(1, 0.3))
    recorder.epoch(report(2, 0.4))
    lines = (run.directory / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


def test_epochs_told_again_stay_and_epochs_trained_again_replace(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    recorder = RunRecorder(run.directory)
    for epoch in (1, 2, 3):
        recorder.epoch(report(epoch, 0.1 * epoch, seconds=1.0))
    recorder = RunRecorder(run.directory)
    resumed = RunEvent(kind="resumed", message="Taken up again after epoch 3.", epoch=3.0)
    recorder.event(resumed)
    assert recorder.epoch(report(1, 0.1, seconds=9.0)) is False
    assert recorder.epoch(report(2, 0.25)) is True
    found = read_run(run.directory)
    assert found is not None
    assert [one.scores.f1 for one in found.reports] == [0.1, 0.25]
    assert found.reports[0].seconds == 1.0
    assert found.events == (resumed,)


def test_epochs_that_were_not_reached_again_are_forgotten_at_the_end(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    recorder = RunRecorder(run.directory)
    for epoch in (1, 2, 3):
        recorder.epoch(report(epoch, 0.1))
    recorder = RunRecorder(run.directory)
    recorder.epoch(report(1, 0.1))
    recorder.end(replace(run, state=TrialState.FAILED, reports=(light(report(1, 0.1)),)))
    found = read_run(run.directory)
    assert found is not None
    assert (found.epoch, found.state) == (1, TrialState.FAILED)


def test_an_equal_epoch_that_was_trained_again_tells_why(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    RunRecorder(run.directory).epoch(report(1, 0.1))
    again = RunEvent(kind="restarted", message="Its checkpoint could not be read.", epoch=0.0)
    assert RunRecorder(run.directory).epoch(replace(report(1, 0.1), events=(again,))) is False
    found = read_run(run.directory)
    assert found is not None
    assert (found.epoch, found.events) == (1, (again,))


def test_an_event_told_twice_is_written_once(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    event = RunEvent(kind="pruned", message="too low", epoch=2.0, details={"threshold": 0.5})
    RunRecorder(run.directory).event(event)
    RunRecorder(run.directory).event(event)
    found = read_run(run.directory)
    assert found is not None
    assert found.events == (event,)


def test_trainer_state_is_in_the_hugging_face_form(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    run = write(make_run(tmp_path), [report(1, 0.3), report(2, 0.6)])
    path = run.directory / "trainer_state.json"
    state = transformers.TrainerState.load_from_json(str(path))
    assert state.best_metric == 0.6
    assert (state.epoch, state.num_train_epochs) == (2.0, 4)
    assert state.max_steps == 2 * state.global_step
    assert [entry["loss"] for entry in state.log_history if "loss" in entry] == [0.5, 0.5]
    assert [entry["eval_f1"] for entry in state.log_history if "eval_f1" in entry] == [0.3, 0.6]


def test_a_folder_without_a_run_is_none_and_a_broken_one_is_named(tmp_path: Path) -> None:
    assert read_run(tmp_path) is None
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(StudyError, match="cannot be read"):
        read_run(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(StudyError, match=r"config\.json"):
        read_run(tmp_path)


def test_trainer_state_is_written_once_a_second_and_at_the_end(tmp_path: Path) -> None:
    """The history has every epoch at once; the state holds them all again."""
    run, now = make_run(tmp_path), [0.0]
    prepare_run(run, {}, {})
    recorder = RunRecorder(run.directory, clock=lambda: now[0])

    def epochs_told(*, seconds: float) -> tuple[int, int]:
        nonlocal run
        now[0] += seconds
        run = replace(run, reports=(*run.reports, report(run.epoch + 1, 0.5)))
        recorder.epoch(run.reports[-1])
        recorder.save_progress(run)
        known = read_run(run.directory)
        assert known is not None
        return known.epoch, state_epochs()

    def state_epochs() -> int:
        return int(json.loads((run.directory / "trainer_state.json").read_text())["epoch"])

    assert epochs_told(seconds=0.0) == (1, 1)
    assert epochs_told(seconds=0.4) == (2, 1)
    assert epochs_told(seconds=0.7) == (3, 3)
    assert epochs_told(seconds=0.1) == (4, 3)
    recorder.end(replace(run, state=TrialState.FINISHED))
    assert state_epochs() == 4
