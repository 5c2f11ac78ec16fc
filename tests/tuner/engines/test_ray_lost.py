"""Searches on Ray clusters that lose a node or their head, or are asked to end as a group."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.engines.ray_cluster import ROOT, cluster_of_two
from tests.tuner.processes import RunningCommand, run_command
from tests.tuner.search.studies import make_spec, search

pytest.importorskip("ray", reason="the extra `ray` is not installed")

from tuner.engines._ray import watch as _ray_watch
from tuner.engines._ray.watch import Door, Watch
from tuner.search.folder import StudyFolder
from tuner.trial import TrialState

pytestmark = pytest.mark.long

PATIENCE = 60.0

SEARCH = """
import sys
from pathlib import Path
from tests.tuner.engines.ray_cluster import rising
from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.engine_recipe import EngineRequest
from tuner.engines.ray import open_engine
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
from tuner.errors import StudyError
from tuner.search.interrupt import StopRequest

recipe = ScriptedRecipe(curves=rising, delay=0.3)
folder = Path(sys.argv[1])
here = ScriptedEngine(rising)
address = sys.argv[2] if len(sys.argv) > 2 else "local"
engine = open_engine(EngineRequest(recipe=recipe, here=here, folder=folder, address=address))
say = Watcher(lambda snapshot, note: print(note, flush=True))
with StopRequest() as stop:
    spec = make_spec(trials=60, sampler="random")
    try:
        print(search(folder, spec, engine=engine, observer=say, stop=stop).status, flush=True)
    except StudyError as error:
        print("Error:", error.message, error.hint, flush=True)
        sys.exit(2)
    finally:
        engine.close()
"""


def test_a_signal_to_the_whole_group_leaves_the_cluster_alone_until_the_epoch_is_saved(
    tmp_path: Path,
) -> None:
    """The search is interrupted as it would be without a cluster, and nothing stays behind."""
    mark = f"MARKED={tmp_path}"
    with subprocess.Popen(
        [sys.executable, "-c", SEARCH, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "MARKED": str(tmp_path)},
    ) as process:
        said = heard(process, lambda: os.killpg(process.pid, signal.SIGTERM))
    assert (process.returncode, said[-1]) == (0, "interrupted\n"), said
    runs = StudyFolder(tmp_path).runs()
    assert runs and {run.state for run in runs} <= {TrialState.INTERRUPTED, TrialState.FINISHED}
    end = time.monotonic() + PATIENCE
    while left := marked(mark):
        assert time.monotonic() < end, f"{left} outlived the search"
        time.sleep(0.1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Ray's own files
def test_a_search_from_outside_of_the_cluster_tells_that_its_server_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray's client tries for a while to find it again, then each of its calls raises an error."""
    monkeypatch.setenv("RAY_CLIENT_RECONNECT_GRACE_PERIOD", "1")
    # Ray's door forks a process for each client while it speaks gRPC, which crashes some of them.
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with cluster_of_two(tmp_path, ray_client_server_port=port) as cluster:
        command = [sys.executable, "-c", SEARCH, str(tmp_path / "study"), f"ray://127.0.0.1:{port}"]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            (started,) = cluster.head_node.all_processes["ray_client_server"]
            said = heard(process, started.process.kill)
    assert process.returncode == 2, "".join(said)
    assert said[-1].startswith(
        f"Error: The connection to the Ray cluster at ray://127.0.0.1:{port}"
    )
    assert "--engine in-process" in said[-1]
    noise = [line for line in said if "Traceback" in line or "reconnect" in line.lower()][:-1]
    assert not noise, "".join(said)


def heard(process: subprocess.Popen[str], after_an_epoch: Callable[[], None]) -> list[str]:
    """Return what a search prints to its end; something is done after its first epoch."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "epoch 1/" in line and sum("epoch 1/" in each for each in said) == 1:
            after_an_epoch()
    return said


def marked(mark: str) -> list[str]:
    """Return the processes that inherited a variable of the environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


EPOCHS = 100
STUDY = f"""\
[recipe]
learning_rate = 1e-2
batch_size = 8
epochs = {EPOCHS}

[space.learning_rate]
low = 3e-3
high = 2e-2
"""


def kill_raylet(node: Any) -> None:
    for started in node.all_processes["raylet"]:
        started.process.kill()


def test_a_search_survives_the_loss_of_a_node_and_is_taken_up_after_that_of_the_head(
    easy_data: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.tuner.processes.PATIENCE", 250.0)
    # A node that is gone is noticed after 10 s in place of 15, so trainings may be shorter. Not
    # sooner: Ray ends a search whose own node it gives up, and the watch has to see that first.
    monkeypatch.setenv("RAY_health_check_period_ms", "2000")
    file = tmp_path / "long.toml"
    file.write_text(STUDY)
    command: list[str | Path] = [
        "search", easy_data, "--model", tiny_model, "--space", file, "--study", "lost",
        "--trials", "2", "--confirm", "0", "--no-prune", "--sampler", "random",
        "--runs-dir", tmp_path / "runs", "--checkpoint-every", "0",
    ]  # fmt: skip
    with cluster_of_two(tmp_path) as cluster:
        on_cluster: list[str | Path] = [*command, "--engine", "ray", "--address", cluster.address]
        running = RunningCommand(on_cluster, tmp_path)
        running.wait_until_printed(r"0001 epoch 3/")
        (node,) = cluster.worker_nodes
        kill_raylet(node)
        running.wait_until_printed(r"begins again: place-\d .* was lost")
        running.wait_until_printed(r"000\d finished")
        kill_raylet(cluster.head_node)
        done = running.finish()
    assert done.code == 2, done.output
    assert re.search(r"connection to the\s+Ray\s+cluster\s+at .* was\s+lost", done.errors)
    assert "in-process" in done.errors and "Traceback" not in done.errors
    finished = {run.key for run in StudyFolder(tmp_path / "runs" / "lost").runs() if run.ended}
    assert finished
    again = run_command([*command, "--engine", "in-process", "--device", "cpu"], tmp_path)
    assert (again.code, again.errors) == (0, "")
    runs = StudyFolder(tmp_path / "runs" / "lost").runs()
    assert [run.state for run in runs] == [TrialState.FINISHED] * 2
    for run in runs:
        assert [report.epoch for report in run.reports] == list(range(1, EPOCHS + 1))


def test_a_door_that_nobody_answers_any_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked for the nodes meanwhile: the question would never be answered."""
    monkeypatch.setattr(_ray_watch, "KNOCK_SECONDS", 0.01)
    monkeypatch.setattr(_ray_watch, "LOOK_SECONDS", 0.01)
    asked = []

    def look() -> list[Any]:
        asked.append(1)
        return []

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = ("127.0.0.1", server.getsockname()[1])
        door = Door(name="the head", address=address, patience=0.3)
        watch = Watch([door], look=look)
        while not asked:
            time.sleep(0.01)
        assert watch.lost == ""
        assert watch.nodes == []
    while not watch.lost:
        time.sleep(0.01)
    assert watch.lost.startswith(f"the head does not answer at 127.0.0.1:{address[1]} (")
    watch.close()


def test_a_lost_cluster_ends_the_search_at_once(tmp_path: Path) -> None:
    """A search that is told so raises an error that says how to go on, and closes without Ray."""
    from tests.tuner.engines.ray_cluster import rising
    from tuner.engine_recipe import EngineRequest
    from tuner.engines._ray.connection import Connection
    from tuner.engines._ray.engine import RayEngine
    from tuner.engines._ray.fleet import Fleet
    from tuner.engines._ray.nodes import Share
    from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
    from tuner.errors import StudyError

    here = ScriptedEngine(rising)
    wish = EngineRequest(recipe=ScriptedRecipe(curves=rising), here=here, folder=tmp_path)
    engine = RayEngine(wish, Connection(title="the cluster", owned=False), Share(cpus=1))
    watch = Watch([])
    watch.lost = "its head is gone"
    fleet = Fleet(None, "the cluster", watch, print, print)  # type: ignore[arg-type]
    engine._fleet = fleet
    with pytest.raises(StudyError, match="the cluster was lost: its head is gone") as caught:
        search(tmp_path / "study", make_spec(trials=1), engine=engine)
    assert "goes on" in caught.value.hint
