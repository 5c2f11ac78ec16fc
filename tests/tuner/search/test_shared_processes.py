"""Several real processes share a study through a real PostgreSQL server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from optuna.storages import RDBStorage

from tests.tuner.search.postgresql import PASSWORD, PostgresServer, server_or_skip
from tests.tuner.search.studies import make_spec, search
from tests.tuner.search.test_resume import stop_after
from tuner.search.shared.url import driver_url

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[3]
OUTAGE = float(os.environ.get("TUNER_TEST_OUTAGE_SECONDS", "3"))
TIMES = {"TUNER_HEARTBEAT_SECONDS": "1", "TUNER_GRACE_SECONDS": "3"}


@dataclass
class Member:
    """A process that takes part."""

    number: int
    told: Path
    forker: Forker = field(repr=False)

    @property
    def lines(self) -> list[dict[str, Any]]:
        text = self.told.read_text() if self.told.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]

    @property
    def notes(self) -> list[str]:
        return [line["note"] for line in self.lines if "note" in line]

    def wait_for(self, seen: Callable[[list[str]], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not seen(self.notes):
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.number, number)

    def end(self) -> dict[str, Any]:
        self.forker.ask({"wait": self.number})
        return self.lines[-1] if self.lines else {}


class Forker:
    """Forks processes that have imported everything already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tuner.search.shared_processes"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order: dict[str, Any]) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def start(
        self,
        folder: Path,
        url: str,
        *,
        delay: float = 0.01,
        dies_sending: bool = False,
        **options: Any,
    ) -> Member:
        """Start a process; it may be one that is killed when it sends what it leaves behind."""
        self.count += 1
        told = self.folder / f"told-{self.count}"
        order = {
            "folder": str(folder),
            "told": str(told),
            "delay": delay,
            "dies_sending": dies_sending,
            "times": TIMES,
        }
        number = self.ask({**order, "options": {"storage": url, "trials": 12, **options}})
        return Member(int(number), told, self)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with server_or_skip() as running:
        yield running


@pytest.fixture(scope="module")
def forker(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Iterator[Forker]:
    forker = Forker(tmp_path_factory.mktemp("told"))
    with forker.process:
        yield forker


@pytest.fixture
def url(server: PostgresServer, request: pytest.FixtureRequest) -> str:
    return server.create_database(f"d{abs(hash(request.node.name)):x}")


def trials_in(end: dict[str, Any]) -> list[list[Any]]:
    return [row for row in end["rows"] if "-" not in row[0]]


def begun(members: list[Member]) -> Counter[str]:
    notes = (note for member in members for note in member.notes)
    return Counter(note.split()[0] for note in notes if note.endswith(" starts"))


def between_epochs(note: str) -> bool:
    """Whether a note tells of an epoch that is not its trial's last."""
    told = re.search(r"epoch (\d+)/(\d+)", note)
    return told is not None and int(told[1]) < int(told[2])


def stored_states(url: str) -> Counter[str]:
    address = driver_url(url).render_as_string(hide_password=False)
    storage = RDBStorage(address)
    study = storage.get_study_id_from_name("demo")
    states = Counter(trial.state.name for trial in storage.get_all_trials(study, deepcopy=False))
    storage.engine.dispose()
    return states


def test_processes_share_the_trials_and_give_the_same_answer(
    tmp_path: Path, forker: Forker, url: str
) -> None:
    """Two work in one folder, one in a folder of its own: none lost, none double."""
    folders = [tmp_path / "a", tmp_path / "a", tmp_path / "b"]
    members = [forker.start(folder, url, trials=20, delay=0.02) for folder in folders]
    ends = [member.end() for member in members]
    assert [end.get("status") for end in ends] == ["finished"] * 3, ends
    assert all(end["rows"] == ends[0]["rows"] for end in ends)
    assert all(end["winner"] == ends[0]["winner"] for end in ends)
    assert [row[0] for row in trials_in(ends[0])] == [f"{number:04d}" for number in range(20)]
    counts = begun(members)
    assert set(counts.values()) == {1}
    assert set(counts) >= {row[0] for row in ends[0]["rows"]}
    assert all(any(note.endswith(" starts") for note in member.notes) for member in members)
    assert sum(end["evaluated"] for end in ends) == 1
    assert len({end["test"] for end in ends}) == 1
    delivered = {end["best"] for end in ends if end["best"] is not None}
    assert len(delivered) == 1
    assert (Path(delivered.pop()) / "model.json").is_file()
    told = [end for end in ends if end["best"] is None]
    assert all(any("winner's model lies in" in text for text in end["warnings"]) for end in told)
    assert stored_states(url)["COMPLETE"] == 20
    for folder in folders[1:]:
        results = list((folder / "trials").glob("*/result.json"))
        assert len(results) == 20
        order = (folder / "order.jsonl").read_text().splitlines()
        assert len(order) == 40
    assert PASSWORD not in "".join(
        path.read_text() for path in tmp_path.rglob("*") if path.is_file()
    )


def test_a_killed_process_loses_nothing(tmp_path: Path, forker: Forker, url: str) -> None:
    """Its trial goes on elsewhere from its checkpoint; nobody else's is trained twice."""
    killed = forker.start(tmp_path / "a", url, delay=1.0)
    killed.wait_for(lambda notes: any("epoch 2/" in note for note in notes))
    other = forker.start(tmp_path / "b", url)
    other.wait_for(lambda notes: any("starts" in note for note in notes))
    killed.wait_for(lambda notes: between_epochs(notes[-1]))
    killed.send(signal.SIGKILL)
    killed.end()
    end = other.end()
    assert end.get("status") == "finished", end
    assert len(trials_in(end)) == 12
    lost = [note.split()[0] for note in killed.notes if note.endswith(" starts")][-1]
    assert f"{lost} goes on" in other.notes
    assert set(begun([killed, other]).values()) == {1}
    history = next((tmp_path / "b").glob(f"attempts/*/{lost}/history.jsonl")).read_text()
    assert '"resumed"' in history
    assert stored_states(url)["RUNNING"] == 0


def test_a_process_that_was_stopped_for_long_drops_its_result(
    tmp_path: Path, forker: Forker, url: str
) -> None:
    """A laptop that slept: the trial was taken over, and its own result does not count."""
    sleeper = forker.start(tmp_path / "a", url, delay=0.05, trials=4)
    sleeper.wait_for(lambda notes: any("epoch 1/" in note for note in notes))
    sleeper.send(signal.SIGSTOP)
    other = forker.start(tmp_path / "b", url, trials=4)
    other.wait_for(lambda notes: any("goes on" in note for note in notes))
    sleeper.send(signal.SIGCONT)
    ends = [sleeper.end(), other.end()]
    assert [end.get("status") for end in ends] == ["finished"] * 2, ends
    assert ends[0]["rows"] == ends[1]["rows"]
    assert len(trials_in(ends[0])) == 4
    assert any("is dropped" in note for note in sleeper.notes)


def test_a_database_that_goes_away_and_comes_back(
    tmp_path: Path, forker: Forker, url: str, server: PostgresServer
) -> None:
    members = [forker.start(tmp_path / name, url, delay=0.1, trials=24) for name in "abcd"]
    for member in members:
        member.wait_for(lambda notes: any("epoch 1/" in note for note in notes))
    server.stop()
    time.sleep(OUTAGE)
    server.start()
    ends = [member.end() for member in members]
    assert [end.get("status") for end in ends] == ["finished"] * 4, ends
    assert all(end["rows"] == ends[0]["rows"] for end in ends)
    assert len(trials_in(ends[0])) == 24
    notes = [note for member in members for note in member.notes]
    assert any("does not answer" in note for note in notes)
    assert any("answers again" in note for note in notes)
    assert set(begun(members).values()) == {1}
    assert stored_states(url)["COMPLETE"] == 24


def test_more_trials_go_on_in_another_folder(tmp_path: Path, forker: Forker, url: str) -> None:
    first = forker.start(tmp_path / "a", url, trials=4).end()
    second = forker.start(tmp_path / "b", url, trials=7).end()
    assert trials_in(second)[:4] == trials_in(first)
    assert len(trials_in(second)) == 7
    assert second["epochs"] > 0
    third = forker.start(tmp_path / "c", url, trials=7).end()
    assert third["rows"] == second["rows"]
    assert third["epochs"] == 0


def test_another_study_of_the_same_name_is_refused(
    tmp_path: Path, forker: Forker, url: str
) -> None:
    forker.start(tmp_path / "a", url, trials=2).end()
    end = forker.start(tmp_path / "b", url, trials=2, data_fingerprint="other").end()
    assert "of something else" in end["error"]
    assert "data" in end["error"]
    assert PASSWORD not in str(end)
    assert not (tmp_path / "b").exists()


def test_a_stopped_process_leaves_its_trial_to_the_others(tmp_path: Path, url: str) -> None:
    """What a user interrupts goes on elsewhere at once; it is no death."""
    stop, observer = stop_after(2)
    spec = make_spec(trials=3, storage=url)
    summary = search(tmp_path / "a", spec, stop=stop, observer=observer)
    assert summary.status == "interrupted"
    summary = search(tmp_path / "b", spec)
    assert summary.status == "finished"
    assert len(summary.rows) == 3
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT kind FROM tuner_log").fetchall()
    kinds = Counter(kind for (kind,) in rows)
    assert (kinds["begin"], kinds["release"], kinds["claim"]) == (3, 1, 2)  # trial and delivery


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "the proxy did not start"
            time.sleep(0.1)


def test_processes_share_a_study_behind_a_proxy(tmp_path: Path, forker: Forker, url: str) -> None:
    """Optuna's gRPC proxy holds the connections to the database; the processes speak with it."""
    address = driver_url(url).render_as_string(hide_password=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "import optuna; optuna.storages.run_grpc_proxy_server("
        f"optuna.storages.RDBStorage({address!r}), host='127.0.0.1', port={port})"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code]) as proxy:
        try:
            wait_for_port(port)
            members = [
                forker.start(tmp_path / name, f"grpc://127.0.0.1:{port}", trials=8) for name in "ab"
            ]
            ends = [member.end() for member in members]
        finally:
            proxy.terminate()
    assert [end.get("status") for end in ends] == ["finished"] * 2, ends
    assert ends[0]["rows"] == ends[1]["rows"]
    assert len(trials_in(ends[0])) == 8
    assert set(begun(members).values()) == {1}
    assert stored_states(url)["COMPLETE"] == 8
