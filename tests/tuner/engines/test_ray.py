"""The Ray engine on a real cluster of two nodes of this machine: trainings, losses, files."""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.tuner.engines.ray_cluster import ROOT, STORE, rising, two_nodes
from tests.tuner.trainings import RECIPE, scored
from tuner.data import load_data
from tuner.engine import Engine, EpochDone, Job, JobEnded, JobRestarted, Verdict
from tuner.engine_recipe import EngineRecipe, EngineRequest, Place
from tuner.engines.in_process import TrainingRecipe
from tuner.engines.ray import open_engine
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
from tuner.errors import UsageError
from tuner.testing import EngineContract, next_message, run_job
from tuner.trial import Scores, TrialSpec, TrialState

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from tuner.engines._ray import fleet as _ray_fleet
from tuner.engines._ray import lane as _ray_lane
from tuner.engines._ray import shipment as _ray_shipment
from tuner.engines._ray import watch as _ray_watch
from tuner.engines._ray.connection import Connection
from tuner.engines._ray.engine import RayEngine
from tuner.engines._ray.lane import Lane
from tuner.engines._ray.nodes import Share
from tuner.engines._ray.training import Training
from tuner.engines._ray.words import Surroundings
from tuner.engines._standstill import Progress

pytestmark = pytest.mark.long

SPEC = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=4)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with two_nodes(tmp_path_factory.mktemp("cache")) as started:
        yield started


class Wish(NamedTuple):
    devices: tuple[str, ...]
    per_device: int | None
    message: str


WISHES = {
    "a GPU by number": Wish(("cuda:1",), 1, "must be cuda or cpu, but got cuda:1"),
    "GPUs without any": Wish(("cuda",), 1, "`--devices cuda` needs GPUs"),
    "none per device": Wish((), 0, "must be 1 or more, but got 0"),
}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES.keys())
def test_what_the_cluster_does_not_have_is_refused(
    cluster: Any, tmp_path: Path, wish: Wish
) -> None:
    recipe = ScriptedRecipe(curves=rising)
    with pytest.raises(UsageError, match=re.escape(wish.message)):
        open_ray(tmp_path, recipe, devices=wish.devices, per_device=wish.per_device)
    assert not list(tmp_path.iterdir())


def test_a_node_with_another_version_is_named_and_nothing_is_begun(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node finds another `transformers` before the one that is installed."""
    elsewhere = tmp_path / "elsewhere" / "transformers-1.2.3.dist-info"
    elsewhere.mkdir(parents=True)
    facts = "Metadata-Version: 2.1\nName: transformers\nVersion: 1.2.3\n"
    (elsewhere / "METADATA").write_text(facts)
    monkeypatch.setenv("PYTHONPATH", f"{elsewhere.parent}:{ROOT}")
    node = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    with pytest.raises(UsageError, match=r"transformers 1\.2\.3 there, \d"):
        open_ray(tmp_path / "study", ScriptedRecipe(curves=rising))
    assert not (tmp_path / "study").exists()
    cluster.remove_node(node)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="module")
def scripted(cluster: Any, study: Path) -> Iterator[RayEngine]:
    """One engine for many tests: each actor is a process that imports Ray anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_ray_watch, "LOOK_SECONDS", 0.5)
        patch.setattr(_ray_shipment, "USUAL_PAUSE", 0.0)
        patch.setattr(_ray_lane, "COPY_SHARE", math.inf)
        engine = open_ray(study, ScriptedRecipe(curves=rising, delay=0.05))
        yield engine
        engine.close()


def open_ray(folder: Path, recipe: EngineRecipe, **wishes: Any) -> RayEngine:
    here = ScriptedEngine(rising)
    engine = open_engine(EngineRequest(recipe=recipe, here=here, folder=folder, **wishes))
    assert isinstance(engine, RayEngine)
    return engine


class Lent:
    """An engine that others use next: closing it stops its trainings and nothing else."""

    def __init__(self, engine: RayEngine) -> None:
        self.engine = engine

    @property
    def slots(self) -> int:
        return self.engine.slots

    def start(self, job: Job) -> None:
        self.engine.start(job)

    def next_message(self, timeout: float) -> Any:
        return self.engine.next_message(timeout)

    def answer(self, key: str, verdict: Verdict) -> None:
        self.engine.answer(key, verdict)

    def interrupt(self, key: str, reason: str) -> None:
        self.engine.interrupt(key, reason)

    def evaluate(self, model: Path, split: Any) -> Scores:
        return self.engine.evaluate(model, split)

    def close(self) -> None:
        for training in self.engine.trainings:
            self.answer(training.job.key, Verdict(action="interrupt"))
        while self.engine.trainings:
            message = self.engine.next_message(60.0)
            if isinstance(message, EpochDone):
                self.answer(message.key, Verdict(action="interrupt"))
        while self.engine.next_message(0.0) is not None:
            pass


class TestWhereTheFolderIsShared(EngineContract):
    @pytest.fixture(autouse=True)
    def _lend(self, scripted: RayEngine) -> None:
        self.scripted = scripted

    def make_engine(self) -> Engine:
        return Lent(self.scripted)

    def make_spec(self, epochs: int) -> TrialSpec:
        return TrialSpec(learning_rate=2e-5, batch_size=8, epochs=epochs)


class TestWhereTheFolderIsNotShared(TestWhereTheFolderIsShared):
    @pytest.fixture(autouse=True)
    def _keep_apart(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_ray_lane.Lane, "_works_in_place", lambda self, directory: False)


def job(folder: Path, key: str = "0000") -> Job:
    directory = folder / key
    directory.mkdir(parents=True)
    return Job(key=key, spec=SPEC, directory=directory)


def node_of(lane: Lane) -> str:
    return lane.arrival.node if lane.arrival else ""


def process_of(lane: Lane) -> int:
    return int(lane.name.rpartition(" ")[2])


def assert_gone(*processes: int) -> None:
    """Wait until processes have ended, as Ray ends those whose node or driver is gone."""
    deadline = time.monotonic() + 60.0
    while alive := [process for process in processes if is_alive(process)]:
        assert time.monotonic() < deadline, f"{alive} are still there"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def wait_for(fact: Callable[[], bool], engine: RayEngine, seconds: float = 60.0) -> None:
    """Let the engine work until a fact holds."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it never came true"
        assert engine.next_message(0.2) is None


def test_a_verdict_reaches_the_node_it_is_meant_for(scripted: RayEngine, tmp_path: Path) -> None:
    for number in range(2):
        scripted.start(job(tmp_path, f"{number:04}"))
    assert len({node_of(lane) for lane in scripted.lanes if lane.training}) == 2
    ended: dict[str, TrialState] = {}
    reported: dict[str, int] = {}
    while len(ended) < 2:
        message = next_message(scripted)
        if isinstance(message, EpochDone):
            reported[message.key] = message.report.epoch
            hopeless = message.key == "0001" and message.report.epoch == 2
            scripted.answer(message.key, Verdict(action="prune" if hopeless else "continue"))
        elif isinstance(message, JobEnded):
            ended[message.key] = message.outcome.state
    assert ended == {"0000": TrialState.FINISHED, "0001": TrialState.PRUNED}
    assert reported == {"0000": 4, "0001": 2}


@pytest.mark.parametrize("shared", [True, False], ids=["shared folder", "no shared folder"])
def test_a_training_goes_on_elsewhere_when_its_node_is_lost(
    cluster: Any,
    scripted: RayEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shared: bool,
) -> None:
    """A node that joins brings a place; when it leaves, its training ends on another one."""
    monkeypatch.setattr(_ray_lane.Lane, "_works_in_place", lambda self, directory: shared)
    node = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    wait_for(lambda: scripted.slots == 3, scripted)
    for number in range(3):
        scripted.start(job(tmp_path, f"{number:04}"))
    doomed = next(lane for lane in scripted.lanes if node_of(lane) == node.node_id)
    assert doomed.training is not None
    key = doomed.training.job.key
    reports: dict[str, list[int]] = {}
    restarted: list[str] = []
    ended: dict[str, TrialState] = {}
    while len(ended) < 3:
        message = next_message(scripted)
        if isinstance(message, JobRestarted):
            restarted.append(message.key)
            assert "lost" in message.reason
            reports[message.key] = []
        elif isinstance(message, JobEnded):
            ended[message.key] = message.outcome.state
        else:
            reports.setdefault(message.key, []).append(message.report.epoch)
            if message.key == key and message.report.epoch == 3 and not restarted:
                cluster.remove_node(node, allow_graceful=False)
                assert_gone(process_of(doomed))
            scripted.answer(message.key, Verdict())
    assert restarted == [key]
    assert set(ended.values()) == {TrialState.FINISHED}
    assert all(epochs == [1, 2, 3, 4] for epochs in reports.values())
    assert math.isclose(scripted.evaluate(tmp_path / key / "best", "dev").f1, 0.8)
    wait_for(lambda: len(scripted.lanes) == scripted.slots == 2, scripted)


def test_a_training_on_an_actor_that_was_stopped_goes_on_elsewhere(
    scripted: RayEngine, tmp_path: Path
) -> None:
    """Nothing has died: only its silence tells."""
    scripted.start(job(tmp_path))
    assert isinstance(next_message(scripted), EpochDone)
    (lane,) = [lane for lane in scripted.lanes if lane.training is not None]
    lane.progress = Progress(1.0)
    os.kill(process_of(lane), signal.SIGSTOP)
    scripted.answer("0000", Verdict())
    message = next_message(scripted)
    assert isinstance(message, JobRestarted)
    assert re.search(r"place-\d+ on .* was lost: it ended no step for \d+ s\.", message.reason)
    epochs = []
    while not isinstance(message := next_message(scripted), JobEnded):
        assert isinstance(message, EpochDone)
        epochs.append(message.report.epoch)
        scripted.answer("0000", Verdict())
    assert epochs == [1, 2, 3, 4]
    assert message.outcome.state is TrialState.FINISHED
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_of(lane), signal.SIGKILL)
    wait_for(lambda: scripted.slots == 2, scripted)


def test_a_late_verdict_and_a_third_loss(tmp_path: Path) -> None:
    """Without a cluster: what the search is told when a training is lost again and again."""
    here = ScriptedEngine(rising)
    wish = EngineRequest(recipe=ScriptedRecipe(curves=rising), here=here, folder=tmp_path)
    engine = RayEngine(wish, Connection(title="a cluster", owned=False), Share(cpus=1))
    training = Training(job=job(tmp_path))
    for loss in range(3):
        engine.restart(training, f"place-{loss} was lost.")
        engine.answer("0000", Verdict())
    assert training.job.resume
    first, second, end = (engine.next_message(0.0) for _ in range(3))
    assert isinstance(first, JobRestarted)
    assert isinstance(second, JobRestarted)
    assert second.reason == "place-1 was lost."
    assert isinstance(end, JobEnded)
    assert end.outcome.state is TrialState.FAILED
    assert "3 times" in end.outcome.reason and "place-2" in end.outcome.reason


DRIVER = """
import sys, time
from pathlib import Path
from tests.tuner.engines.ray_cluster import rising
from tuner.engine_recipe import EngineRequest
from tuner.engines.ray import open_engine
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe

request = EngineRequest(
    recipe=ScriptedRecipe(curves=rising),
    here=ScriptedEngine(rising),
    folder=Path(sys.argv[2]),
    per_device=2,
    address=sys.argv[1],
)
engine = open_engine(request)
print(*[lane.name.rpartition(" ")[2] for lane in engine.lanes], flush=True)
time.sleep(600)
"""


def test_no_actor_outlives_a_search_that_was_killed(cluster: Any, tmp_path: Path) -> None:
    """Two trainings share the only GPU, which exists in the cluster's books alone."""
    node = cluster.add_node(num_cpus=0, num_gpus=1, object_store_memory=STORE)
    command = [sys.executable, "-c", DRIVER, cluster.address, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        actors = [int(word) for word in driver.stdout.readline().split()]
        driver.kill()
    assert len(actors) == 2
    assert_gone(*actors)
    cluster.remove_node(node)


def test_a_real_training_is_the_same_on_a_node_that_lacks_the_model(
    cluster: Any,
    easy_data: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model comes as bytes, the run's folder goes home as files; nothing else differs."""
    elsewhere = Path("/not/on/this/node")
    monkeypatch.setattr(
        _ray_shipment, "Surroundings", lambda **all: replace(Surroundings(**all), model=elsewhere)
    )
    monkeypatch.setattr(_ray_fleet, "LATE_PATIENCE", 0.0)
    monkeypatch.setattr(_ray_lane.Lane, "_works_in_place", lambda self, directory: False)
    recipe = TrainingRecipe(data=load_data(easy_data), model=str(tiny_model), folder=tmp_path)
    here = recipe.build(Place(name="here", device="cpu", threads=1))
    node = cluster.add_node(num_cpus=1, object_store_memory=STORE)
    engine = open_engine(EngineRequest(recipe=recipe, here=here, folder=tmp_path))
    spec_job = Job(key="0000", spec=RECIPE, directory=tmp_path / "there" / "0000")
    spec_job.directory.mkdir(parents=True)
    there, outcome = run_job(engine, spec_job)
    scores = engine.evaluate(spec_job.directory / "best", "dev")
    assert isinstance(engine, RayEngine)
    actors = [process_of(lane) for lane in engine.lanes if lane.is_ready]
    engine.close()
    assert_gone(*actors)
    assert not (tmp_path / ".ray-marker").exists()
    cluster.remove_node(node)
    (tmp_path / "here").mkdir()
    same, _ = run_job(here, Job(key="0001", spec=RECIPE, directory=tmp_path / "here"))
    here.close()
    assert outcome.state is TrialState.FINISHED
    assert scored(there) == scored(same)
    assert math.isclose(scores.f1, max(report.scores.f1 for report in there), abs_tol=1e-6)
    assert (spec_job.directory / "dev_predictions.jsonl").is_file()
    assert not list(spec_job.directory.glob("arriving"))
    cached = list(Path(os.environ["XDG_CACHE_HOME"]).glob("tuner/models/*/model.safetensors"))
    assert len(cached) == 1
    assert cached[0].read_bytes() == (tiny_model / "model.safetensors").read_bytes()
