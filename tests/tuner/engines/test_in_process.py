"""The engine that trains in this process keeps the contract of engines, with real trainings."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tuner.trainings import RECIPE
from tuner.data import load_data
from tuner.engine import Engine, EpochDone, Job, JobEnded, StepsDone, Verdict
from tuner.engines.in_process import InProcessEngine, open_workbench
from tuner.errors import StudyError
from tuner.testing import EngineContract, run_job
from tuner.training.device import choose_device
from tuner.training.fine_tune import Workbench
from tuner.training.model_source import open_model
from tuner.trial import TrialSpec, TrunkPlan

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def bench(easy_data: Path, tiny_model: Path) -> Workbench:
    """One workbench for all engines of this module: loading is not what is tested."""
    source = open_model(str(tiny_model))
    return open_workbench(load_data(easy_data), source, choose_device("cpu"), checkpoint_every=0.0)


class TestInProcessEngine(EngineContract):
    @pytest.fixture(autouse=True)
    def _open(self, bench: Workbench, easy_data: Path) -> None:
        self.bench = bench
        self.data = load_data(easy_data)

    def make_engine(self) -> Engine:
        return InProcessEngine(self.bench, self.data)

    def make_spec(self, epochs: int) -> TrialSpec:
        return TrialSpec(learning_rate=1e-2, batch_size=4, epochs=epochs, warmup_ratio=0.1)


class TestTrunksInProcess(TestInProcessEngine):
    """Every count from 1 on is a branch, so that a branch stands for an epoch of the contract."""

    def make_spec(self, epochs: int) -> TrialSpec:
        plan = TrunkPlan(counts=tuple(range(1, epochs + 1)))
        return replace(super().make_spec(epochs), schedule="trunk", trunk=plan)


def make_engine(bench: Workbench, easy_data: Path) -> InProcessEngine:
    return InProcessEngine(bench, load_data(easy_data))


def job(folder: Path) -> Job:
    return Job(key=folder.name, spec=RECIPE, directory=folder)


def test_a_test_split_is_scored_with_the_saved_model(
    bench: Workbench, easy_data: Path, tmp_path: Path
) -> None:
    engine = make_engine(bench, easy_data)
    run_job(engine, job(tmp_path))
    scores = engine.evaluate(tmp_path / "best", "test")
    support = sum(values.support for values in scores.per_type.values())
    assert support == engine.data.facts["splits"]["test"]["entities"]
    engine.close()


def test_a_trunk_ends_before_its_next_report_where_that_is_wished(
    bench: Workbench, easy_data: Path, tmp_path: Path
) -> None:
    spec = replace(RECIPE, epochs=400, schedule="trunk", trunk=TrunkPlan(counts=(400,)))
    engine = make_engine(bench, easy_data)
    engine.start(replace(job(tmp_path), spec=spec))
    engine.interrupt("another", "not this one")
    while not isinstance(engine.next_message(5.0), StepsDone):
        pass
    engine.interrupt(tmp_path.name, "time is up")
    while isinstance(message := engine.next_message(60.0), StepsDone):
        pass
    assert isinstance(message, JobEnded), "no branch was trained to its end"
    assert (message.outcome.state, message.outcome.reason) == ("interrupted", "time is up")
    assert list((tmp_path / "checkpoint").iterdir())
    engine.close()


def test_steps_are_told_in_order_and_before_their_epoch(
    bench: Workbench, easy_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.engines.in_process.SECONDS_BETWEEN_STEPS", 0.0)
    engine = make_engine(bench, easy_data)
    engine.start(job(tmp_path))
    told: list[float] = []
    ended = 0
    while not isinstance(message := engine.next_message(60.0), JobEnded):
        if isinstance(message, StepsDone):
            assert ended < message.epochs <= ended + 1
            told.append(message.epochs)
        elif isinstance(message, EpochDone):
            ended = message.report.epoch
            engine.answer(message.key, Verdict())
    engine.close()
    steps = -(-len(bench.train) // RECIPE.batch_size)
    once = list(dict.fromkeys(told))  # an evaluation tells the place of its epoch again
    assert once == pytest.approx([step / steps for step in range(1, steps * RECIPE.epochs + 1)])


@pytest.mark.parametrize("damage", ["nothing there", "weights cut short", "no config"])
def test_a_saved_model_that_cannot_be_read_is_named(
    bench: Workbench, easy_data: Path, tmp_path: Path, damage: str
) -> None:
    engine = make_engine(bench, easy_data)
    run_job(engine, job(tmp_path))
    best = tmp_path / "best"
    if damage == "nothing there":
        shutil.rmtree(best)
    elif damage == "no config":
        (best / "config.json").unlink()
    else:
        (best / "model.safetensors").write_bytes(b"{}")
    with pytest.raises(StudyError, match="best"):
        engine.evaluate(best, "test")
    engine.close()


def test_what_breaks_in_the_thread_is_raised_where_messages_are_read(
    bench: Workbench, easy_data: Path, tmp_path: Path
) -> None:
    """A folder that vanished is trouble of the disk, and ends the study, not the trial."""
    engine = make_engine(bench, easy_data)
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(StudyError, match="file"):
        run_job(engine, Job(key="0000", spec=RECIPE, directory=occupied))
    engine.close()


def test_the_encoded_data_are_kept_in_the_folder_of_the_study(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    data, source, device = load_data(easy_data), open_model(str(tiny_model)), choose_device("cpu")
    first = open_workbench(data, source, device, folder=tmp_path)
    files = sorted((tmp_path / "cache").iterdir())
    stamps = [path.stat().st_mtime_ns for path in files]
    second = open_workbench(data, source, device, folder=tmp_path)
    assert sorted((tmp_path / "cache").iterdir()) == files
    assert [path.stat().st_mtime_ns for path in files] == stamps
    assert (first.train.ids == second.train.ids).all()
    open_workbench(data, source, device, folder=tmp_path, max_length=32)
    assert len(list((tmp_path / "cache").iterdir())) == 2 * len(files), (
        "another length, another copy"
    )


def test_a_cache_that_cannot_be_written_is_done_without(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    occupied = tmp_path / "cache"
    occupied.write_text("")
    source = open_model(str(tiny_model))
    bench = open_workbench(load_data(easy_data), source, choose_device("cpu"), folder=tmp_path)
    assert len(bench.train) == 48
