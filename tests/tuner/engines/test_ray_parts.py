"""What the Ray engine is made of, where no cluster is needed."""

from __future__ import annotations

import importlib.util
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tuner.engines.ray_cluster import rising
from tuner.engine import Job
from tuner.engine_recipe import EngineRequest
from tuner.engines.ray import open_engine
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
from tuner.errors import StudyError, UsageError
from tuner.trial import TrialSpec

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from ray.exceptions import TaskUnschedulableError, WorkerCrashedError

from tuner.engines._ray import address as _ray_address
from tuner.engines._ray import connection as _ray_connection
from tuner.engines._ray import files as _ray_files
from tuner.engines._ray import lane as _ray_lane
from tuner.engines._ray import model as _ray_model
from tuner.engines._ray import nodes as _ray_nodes
from tuner.engines._ray import versions as _ray_versions
from tuner.engines._ray.lock import LocalLock
from tuner.engines._ray.nodes import Share, choose_share
from tuner.engines._ray.training import Training
from tuner.engines._ray.versions import check_versions, compare_versions


def wish(folder: Path, address: str | None) -> EngineRequest:
    recipe, here = ScriptedRecipe(curves=rising), ScriptedEngine(rising)
    return EngineRequest(recipe=recipe, here=here, folder=folder, address=address)


def test_without_the_extra_the_pip_line_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="not installed") as caught:
        open_engine(wish(tmp_path, None))
    assert caught.value.hint == "pip install 'tuner-hpo[ray]'"


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port where somebody listens who is no Ray cluster."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("scheme", ["ray://", ""])
def test_a_cluster_that_is_not_there_is_named_at_once(
    tmp_path: Path, free_port: int, scheme: str
) -> None:
    with pytest.raises(UsageError, match="nobody accepts connections") as caught:
        open_engine(wish(tmp_path, f"{scheme}127.0.0.1:{free_port}"))
    assert "ray status --address=127.0.0.1:" in caught.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("scheme", ["ray://", ""])
def test_a_port_that_is_no_cluster_costs_a_bounded_time(
    tmp_path: Path, deaf_port: int, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ray_address, "PATIENCE", 3.0)
    with pytest.raises(UsageError, match="no Ray cluster answered within 3 seconds"):
        open_engine(wish(tmp_path, f"{scheme}127.0.0.1:{deaf_port}"))


@pytest.mark.parametrize("address", ["http://a:1", "somewhere", "ray://a", "a:b", "", "a:99999"])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="`--address` must be auto, local"):
        open_engine(wish(tmp_path, address))


def test_a_node_with_other_versions_is_named() -> None:
    here = {"python": "3.11", "ray": "2.60.0", "torch": "2.9.0+cpu", "transformers": "5.20.0"}
    compare_versions("a (10.0.0.1)", here, {**here, "torch": "2.9.0+cu128"})
    there = {**here, "ray": "2.55.0", "transformers": ""}
    with pytest.raises(UsageError) as caught:
        compare_versions("a (10.0.0.1)", here, there)
    for part in (
        "a (10.0.0.1)",
        "ray 2.55.0 there, 2.60.0 here",
        "transformers is not installed there",
    ):
        assert part in caught.value.message
    assert "torch" not in caught.value.message


VERSIONS = {"python": "3.11", "ray": "2.60.0", "tuner-hpo": "1", "torch": "2", "transformers": "5"}


class ToldVersions:
    """Stands for Ray: two nodes, and what each says when it is asked for its versions."""

    def __init__(self, *answers: object) -> None:
        self._answers = answers

    def wait(self, calls: list[int], **_: object) -> tuple[list[int], list[int]]:
        silent = [call for call in calls if self._answers[call] is None]
        return [call for call in calls if call not in silent], silent

    def get(self, call: int) -> object:
        answer = self._answers[call]
        if isinstance(answer, Exception):
            raise answer
        return answer


TOLD: dict[str, tuple[object, str]] = {
    "the same": (VERSIONS, ""),
    "it left": (TaskUnschedulableError("gone"), ""),
    "others": ({**VERSIONS, "torch": "1"}, "torch 1 there, 2 here"),
    "a crash": (WorkerCrashedError(), "could not run a process"),
    "nothing": (None, "did not start a process"),
}


@pytest.mark.parametrize(("answer", "message"), TOLD.values(), ids=TOLD.keys())
def test_nodes_are_asked_for_their_versions(
    monkeypatch: pytest.MonkeyPatch, answer: object, message: str
) -> None:
    """One that leaves before it can answer is no reason to refuse the others."""
    nodes = [
        {"NodeID": number, "NodeManagerHostname": f"n{number}", "NodeManagerAddress": "10.0.0.1"}
        | {"Resources": {"CPU": 1.0}}
        for number in (0, 1)
    ]
    monkeypatch.setattr(_ray_versions, "alive", lambda: nodes)
    monkeypatch.setattr(_ray_versions, "_ask", lambda number: number)
    monkeypatch.setattr(_ray_versions, "_make_teller", lambda: lambda names: VERSIONS)
    monkeypatch.setattr(_ray_versions, "ray", ToldVersions(VERSIONS, answer))
    if not message:
        check_versions(Share(cpus=1))
        return
    with pytest.raises(UsageError, match="node n1 ") as caught:
        check_versions(Share(cpus=1))
    assert message in caught.value.message


def test_a_gpu_is_shared_and_a_cpu_is_cut_into_equal_parts() -> None:
    node: dict[str, Any] = {"Resources": {"CPU": 6.0, "GPU": 2.0}}
    assert Share(cpus=1, per_gpu=4).count(node) == 6
    assert Share(cpus=0, per_gpu=4).count(node) == 8
    assert Share(cpus=2).count(node) == 3
    assert Share(cpus=1, per_gpu=4).resources == {"num_cpus": 1, "num_gpus": 0.25}
    assert Share(cpus=1, per_gpu=4).place("a").memory_share == 0.25
    assert Share(cpus=2).place("a").threads == 2


@pytest.mark.parametrize(
    ("nodes", "asked", "cpus", "note"),
    [
        ([6, 4], None, 1, "4 side by side on a node: the smallest has 4 cores."),
        ([32, 64], None, 4, "8 side by side on a node: the smallest has 32 cores."),
        ([6, 4], 1, 4, ""),
        ([6, 4, 0], 2, 2, ""),
        ([6, 1], 3, 1, "--per-device 3: each training takes a core, and a node has 1 core."),
    ],
)
def test_cores_are_shared_by_as_many_as_pay(
    monkeypatch: pytest.MonkeyPatch, nodes: list[int], asked: int | None, cpus: int, note: str
) -> None:
    offered = [{"Resources": {"CPU": float(cores)}} for cores in nodes]
    monkeypatch.setattr(_ray_nodes, "alive", lambda: offered)
    for devices in (("cpu",), (), ("all",)):  # without GPUs a node's CPU is its device
        assert choose_share(devices, asked) == Share(cpus=cpus, note=note)


def test_gpus_are_not_shared_unless_a_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = [{"Resources": {"CPU": 8.0, "GPU": 2.0}}]
    monkeypatch.setattr(_ray_nodes, "alive", lambda: offered)
    chosen = choose_share((), None)
    assert (chosen.per_gpu, chosen.cpus) == (1, 1)
    assert "--per-device" in chosen.note
    assert choose_share((), 4) == Share(cpus=1, per_gpu=4)


def test_a_checkpoint_comes_home_as_often_as_it_is_written_but_large_ones_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(_ray_lane, "time", SimpleNamespace(monotonic=lambda: now))
    shipment: Any = SimpleNamespace(checkpoint_every=20.0)
    lane = _ray_lane.Lane(name="place-0", shipment=shipment, say=print)
    spec = TrialSpec(learning_rate=2e-5, batch_size=8, epochs=2)
    training = Training(job=Job(key="0000", spec=spec, directory=Path("unused")))
    files = (_ray_files.FileFacts(name="checkpoint/a", size=1, stamp=1),)
    assert lane._is_time(training, files), "the first one comes at once"
    training.copied_at, training.copy_seconds = now, 0.5
    now += 19.0
    assert not lane._is_time(training, files)
    now += 1.0
    assert lane._is_time(training, files)
    training.copy_seconds = 3.0
    assert not lane._is_time(training, files), "3 seconds may be spent every minute"
    now += 40.0
    assert lane._is_time(training, files)
    assert not lane._is_time(training, ()), "nothing new"


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "best/../../x", "", ".", "best/./..", "best\\..\\x", ".hidden", "a//../b"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudyError, match="below its folder"):
        _ray_files.write_chunk(tmp_path / "run", name, 0, b"x")
    assert not list(tmp_path.iterdir())


def run_errand(errand: Any) -> None:
    """Give an errand the results that it asks for, at once."""
    result = None
    while True:
        try:
            result = errand.send(result)
        except StopIteration:
            return


def test_a_run_comes_home_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In chunks, empty files too; links and other files stay; what is old is replaced."""
    monkeypatch.setattr(_ray_files, "CHUNK", 3)
    there, here = tmp_path / "there", tmp_path / "here"
    files = {"best/model.safetensors": b"12345678", "best/empty": b"", "checkpoint/c-1/s": b"123"}
    for name, content in {**files, "history.jsonl": b"the loop's"}.items():
        (there / name).parent.mkdir(parents=True, exist_ok=True)
        (there / name).write_bytes(content)
    (there / "best" / "link").symlink_to("/etc/passwd")
    (here / "best").mkdir(parents=True)
    (here / "best" / "old").write_text("old")
    (here / "arriving").mkdir()
    listed = _ray_files.list_files(there)
    parts = _ray_files.ALL_PARTS
    run_errand(
        _ray_files.fetch(
            lambda name, offset: _ray_files.read_chunk(there, name, offset), listed, parts, here
        )
    )
    found = {p.relative_to(here).as_posix(): p.read_bytes() for p in here.rglob("*") if p.is_file()}
    assert found == files
    again = tmp_path / "again"
    run_errand(
        _ray_files.send(
            lambda name, offset, data: _ray_files.write_chunk(again, name, offset, data), here
        )
    )
    assert {file.name for file in _ray_files.list_files(again)} == set(files)
    assert (again / "best/model.safetensors").read_bytes() == b"12345678"


def test_a_model_travels_without_what_is_pickled_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "pytorch_model.bin", "training_args.bin"):
        (folder / name).write_bytes(name.encode())
    (folder / "optimizer.pt").write_bytes(b"large")
    files = _ray_model.describe_model(folder)
    assert [file.name for file in files] == ["config.json", "model.safetensors"]
    assert _ray_model.has_model(folder, files)
    (folder / "model.safetensors").write_bytes(b"Model.safetensors")
    assert not _ray_model.has_model(folder, files)
    (folder / "model.safetensors").unlink()
    names = [file.name for file in _ray_model.describe_model(folder)]
    assert names == ["config.json", "pytorch_model.bin"]


def test_a_cluster_of_this_machine_gets_a_token_that_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    lock = LocalLock()
    assert os.environ["RAY_AUTH_MODE"] == "token"
    first = os.environ["RAY_AUTH_TOKEN"]
    lock.open()
    assert "RAY_AUTH_TOKEN" not in os.environ
    assert os.environ["RAY_AUTH_MODE"] == "disabled"
    lock = LocalLock()
    assert os.environ["RAY_AUTH_TOKEN"] != first
    assert len(first) == 64
    lock.open()


def test_trainings_of_a_cluster_that_is_started_here_keep_the_priority_of_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, seen = "RAY_worker_niceness", list[str | None]()

    class StandIn:
        """Stands for a cluster; its processes would inherit what is seen here."""

        address = "127.0.0.1:1"

        def __init__(self) -> None:
            seen.append(os.environ.get(name))

        def close(self) -> None:
            pass

    monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_ray_connection, "OwnCluster", StandIn)
    monkeypatch.setattr(_ray_connection, "_doors", tuple)
    monkeypatch.setattr("ray.init", lambda **_: None)
    monkeypatch.setattr("ray.shutdown", lambda: None)
    _ray_connection.connect("local").close()
    monkeypatch.setenv(name, "15")
    _ray_connection.connect("local").close()
    assert seen == ["0", "15"]
