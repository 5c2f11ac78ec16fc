"""What befalls processes that share a study: deaths, lost weights, cut connections, a budget."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from tests.tuner.search.postgresql import PostgresServer, server_or_skip
from tests.tuner.search.studies import FakeClock, Watcher, make_spec, rising, search
from tests.tuner.search.test_resume import stop_after
from tests.tuner.search.test_shared_processes import Forker, trials_in
from tuner.engines.scripted import ScriptedEngine
from tuner.search.optuna_mirror import OptunaMirror, is_away, open_database
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.log import Entry, StudyLog, TableLog
from tuner.search.shared.opening import open_shared
from tuner.search.shared.patience import Patience, SharingTimes
from tuner.search.shared.study import SharedStudy, this_process
from tuner.search.shared.tables import LOG, MOST_READ, STUDIES
from tuner.search.shared.url import driver_url, pool_options
from tuner.trial import TrialSpec, TrialState

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with server_or_skip() as running:
        yield running


@pytest.fixture(scope="module")
def forker(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Iterator[Forker]:
    forker = Forker(tmp_path_factory.mktemp("told"))
    with forker.process:
        yield forker


def has_said(text: str, notes: list[str]) -> bool:
    return any(text in note for note in notes)


def log_in_file(folder: Path) -> TableLog:
    return TableLog(sqlalchemy.create_engine(f"sqlite:///{folder / 'log.db'}"), 1)


def member(log: StudyLog, folder: Path, clock: FakeClock, limit: int = 10) -> SharedStudy:
    patience = Patience(5, is_away)
    return SharedStudy(log, this_process(folder, limit), SharingTimes(), patience, clock=clock)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_one_process_tries_the_same_with_a_database_and_without(
    tmp_path: Path, server: PostgresServer, sampler: str
) -> None:
    url = server.create_database(f"alone_{sampler}")
    options: dict[str, Any] = {"trials": 8, "sampler": sampler, "seed": 3}
    alone = search(tmp_path / "alone", make_spec(**options))
    shared = search(tmp_path / "shared", make_spec(**options, storage=url))
    assert [row.spec for row in shared.rows] == [row.spec for row in alone.rows]


def test_64_ask_at_once_and_each_number_is_given_once(
    tmp_path: Path, server: PostgresServer
) -> None:
    """64 members, here threads, and 40 trials: the numbers are those asked for, each once."""
    url = server.create_database("crowd")
    address = driver_url(url).render_as_string(hide_password=False)
    storage = open_database(address, pool_options(url))
    log = TableLog(storage.engine, OptunaMirror(storage, "demo").study)
    asked: list[int] = []
    start = threading.Barrier(64)

    def take_part(number: int) -> None:
        shared = member(log, tmp_path / str(number), FakeClock(), limit=40)
        mirror = OptunaMirror(storage, "demo")
        bridge = SharedBridge(make_spec(trials=40), shared, mirror, Patience(60, is_away))
        start.wait(timeout=120)
        while (found := bridge.ask(40)) is not None:
            asked.append(found.number)

    threads = [threading.Thread(target=take_part, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    storage.engine.dispose()
    assert sorted(asked) == list(range(40))


def test_a_training_over_which_two_processes_died_has_failed(
    tmp_path: Path, forker: Forker, server: PostgresServer
) -> None:
    """Neither added an epoch: whatever killed them would kill the third too."""
    url = server.create_database("buried")
    lost = "0000"
    for name in "ab":
        victim = forker.start(tmp_path / name, url, delay=30.0, trials=2)
        victim.wait_for(lambda notes: any(note.startswith(lost) for note in notes))
        victim.send(signal.SIGKILL)
        victim.end()
    end = forker.start(tmp_path / "c", url, trials=2).end()
    assert end.get("status") == "finished", end
    assert [row[1] for row in trials_in(end)] == ["failed", "finished"]
    told = next((tmp_path / "c").rglob(f"{lost}/result.json")).read_text()
    assert "died twice" in told


def test_a_training_that_gets_on_survives_any_number_of_deaths(
    tmp_path: Path, forker: Forker, server: PostgresServer
) -> None:
    """Machines that are taken away again and again: every process adds an epoch and is killed."""
    url = server.create_database("preempted")
    for name, epoch in (("a", "epoch 1/4"), ("b", "epoch 2/4"), ("c", "epoch 3/4")):
        victim = forker.start(tmp_path / name, url, delay=0.3, trials=1)
        victim.wait_for(partial(has_said, epoch))
        victim.send(signal.SIGKILL)
        victim.end()
    end = forker.start(tmp_path / "d", url, trials=1).end()
    assert [row[:2] for row in trials_in(end)] == [["0000", "finished"]], end
    assert end["epochs"] < 4 + 4  # of the trial, and of its re-runs


def test_weights_of_a_process_that_is_gone_are_made_again(
    tmp_path: Path, server: PostgresServer
) -> None:
    """It was stopped before it could deliver, and its folder went with its machine."""
    url = server.create_database("weights")
    spec = make_spec(trials=2, storage=url)
    epochs = sum(row.spec.epochs for row in search(tmp_path / "length", make_spec(trials=2)).rows)
    stop, observer = stop_after(epochs)
    search(tmp_path / "a", spec, stop=stop, observer=observer)
    assert not (tmp_path / "a" / "best").exists() or observer.summary is not None
    shutil.rmtree(tmp_path / "a")
    engine = ScriptedEngine(rising)
    summary = search(tmp_path / "b", spec, engine=engine)
    assert summary.status == "finished"
    assert summary.best_directory is not None and summary.best_directory.is_dir()
    assert engine.epochs_trained > 0
    assert [row.state for row in summary.rows if "-" not in row.key] == [TrialState.FINISHED] * 2


def test_a_delivered_model_that_is_lost_is_made_again(
    tmp_path: Path, server: PostgresServer
) -> None:
    spec = make_spec(trials=2, storage=server.create_database("lost"))
    first = search(tmp_path / "a", spec)
    shutil.rmtree(tmp_path / "a")
    second = search(tmp_path / "b", spec)
    assert second.best_directory is not None and second.best_directory.is_dir()
    assert second.winner is not None and first.winner is not None
    assert second.winner.number == first.winner.number


def test_the_time_budget_is_used_up_once_whoever_uses_it(
    tmp_path: Path, server: PostgresServer
) -> None:
    """Each epoch takes ten seconds: what the first process used is not there for the second."""
    url = server.create_database("budget")
    clock = FakeClock()

    def timed(spec: TrialSpec) -> list[float]:
        clock.advance(10.0 * spec.epochs)
        return rising(spec)

    spec = make_spec(trials=100, storage=url, time_budget=200.0)
    stop, observer = stop_after(8)
    first = search(tmp_path / "a", spec, timed, stop=stop, observer=observer, clock=clock)
    assert first.status == "interrupted"
    clock.advance(100_000)  # a night in which nobody works
    second = search(tmp_path / "b", spec, timed, clock=clock)
    assert first.elapsed <= second.elapsed < 200 + 10 * 6
    ended = [row for row in second.rows if row.state is TrialState.FINISHED]
    assert 10 * sum(row.epoch for row in ended) <= 200 + 10 * 6
    assert len(ended) > sum(row.state is TrialState.FINISHED for row in first.rows)


def test_a_clock_that_jumps_on_one_host_kills_nobody(tmp_path: Path) -> None:
    log, here, there = log_in_file(tmp_path), FakeClock(), FakeClock()
    one, other = member(log, tmp_path / "a", here), member(log, tmp_path / "b", there)
    one.join()
    other.join()
    one.refresh()
    one.look_around()
    for jump in (86_400.0, -3_600.0, 2.0):
        here.advance(jump)
        one.look_around()
        assert not one.is_dead(other.process.name)
    for _ in range(4):  # now it is silent indeed
        here.advance(50.0)
        one.look_around()
    assert one.is_dead(other.process.name)
    one.leave()
    other.leave()


def test_a_connection_that_was_cut_while_idle_is_no_outage(
    tmp_path: Path, server: PostgresServer
) -> None:
    notes: list[str] = []
    url = server.create_database("cut")
    with open_shared(url, "demo", this_process(tmp_path, 3), SharingTimes()) as opened:
        opened.patience.note = notes.append
        bridge = SharedBridge(make_spec(trials=3), opened.shared, opened.mirror, opened.patience)
        assert bridge.ask(3) is not None
        server.stop()
        server.start()
        assert bridge.ask(3) is not None
        assert opened.shared.append("join", host="", machine="", folder="", limit=3)
    assert notes == []


def test_an_entry_whose_answer_was_lost_is_there_once(tmp_path: Path) -> None:
    log = log_in_file(tmp_path)
    shared = member(log, tmp_path, FakeClock())
    entry = Entry(author=shared.process.name, kind="begin", body={"number": 0, "limit": 5})
    for _ in range(2):
        assert [one.position for one in log.append(entry, 0)] == [1]
    assert Counter(one.identity for one in log.read(0)) == {entry.identity: 1}


def test_rows_of_others_say_where_they_run(
    tmp_path: Path, forker: Forker, server: PostgresServer
) -> None:
    url = server.create_database("rows")
    busy = forker.start(tmp_path / "a", url, delay=0.2, trials=2)
    busy.wait_for(lambda notes: any(note.endswith("starts") for note in notes))
    watcher = Watcher()
    search(tmp_path / "b", make_spec(trials=2, storage=url), observer=watcher)
    busy.end()
    rows = [row for shot in watcher.snapshots for row in shot.rows]
    assert "running: in another process" in {row.note for row in rows}
    assert watcher.summary is not None
    assert {row.note for row in watcher.summary.rows} == {""}


@pytest.mark.parametrize("known", [MOST_READ - 1, MOST_READ, 2 * MOST_READ + 1])
def test_a_long_log_is_read_in_pieces(tmp_path: Path, known: int) -> None:
    """Who comes late sees all of it before the own entry is judged."""
    log = log_in_file(tmp_path)
    rows = [
        {"study": 1, "position": place + 1, "entry": f"{place:032}", "author": "a"}
        | {"kind": "begin", "body": json.dumps({"number": place, "limit": known})}
        for place in range(known)
    ]
    with log._engine.begin() as connection:
        connection.execute(LOG.insert(), rows)
        connection.execute(STUDIES.update().values(last=known))
    assert len(log.read(0)) <= MOST_READ
    for late in (member(log, tmp_path, FakeClock()), member(log, tmp_path, FakeClock())):
        assert not late.append("begin", number=known - 1, limit=known)
        assert late.facts.begun == known
    late = member(log, tmp_path, FakeClock())
    late.refresh()
    assert (late.facts.begun, late.facts.position) == (known, known + 2)
