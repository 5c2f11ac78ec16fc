"""Processes share a study through MySQL's protocol, which has a lock of its own for each step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tuner.search.mariadb import MariaServer, maria_or_skip
from tests.tuner.search.studies import Watcher, make_spec, search
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.opening import open_shared
from tuner.search.shared.patience import SharingTimes
from tuner.search.shared.study import this_process
from tuner.study_view import StudySnapshot


@pytest.fixture(scope="module")
def server() -> Iterator[MariaServer]:
    with maria_or_skip() as running:
        yield running


def test_each_trial_is_given_once(tmp_path: Path, server: MariaServer) -> None:
    url = server.create_database("many")
    asked: list[int] = []
    start = threading.Barrier(8)

    def take_part(number: int) -> None:
        process = this_process(tmp_path / str(number), 20)
        with open_shared(url, "demo", process, SharingTimes()) as opened:
            spec = make_spec(trials=20)
            bridge = SharedBridge(spec, opened.shared, opened.mirror, opened.patience)
            start.wait(timeout=120)
            with opened.shared.taking_part():
                while (found := bridge.ask(20)) is not None:
                    asked.append(found.number)

    threads = [threading.Thread(target=take_part, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == list(range(20))


def test_a_study_survives_a_crash_of_the_server_and_goes_on_elsewhere(
    tmp_path: Path, server: MariaServer
) -> None:
    crashes = iter([None])

    def crash(snapshot: StudySnapshot, note: str) -> None:
        if "0001 epoch 1" in note:
            for _ in crashes:
                server.stop()
                server.start()

    spec = make_spec(trials=3, storage=server.create_database("crash"))
    first = search(tmp_path / "a", spec, observer=Watcher(crash))
    assert next(crashes, "crashed") == "crashed"
    assert first.status == "finished"
    second = search(tmp_path / "b", make_spec(trials=5, storage=spec.options.storage))
    assert [row.spec for row in second.rows[:3]] == [row.spec for row in first.rows]
    assert len(second.rows) == 5
