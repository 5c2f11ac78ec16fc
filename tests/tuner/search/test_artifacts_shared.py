"""Processes on machines that share no disk hand checkpoints and models over through a place."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest

from tests.tuner.s3_stand_in import SECRET, object_store, what_is_missing
from tests.tuner.search.postgresql import PostgresServer
from tests.tuner.search.studies import RECIPE, Watcher, make_spec, rising, search
from tests.tuner.search.test_shared_processes import TIMES, Forker, server, url
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import UsageError
from tuner.search.artifacts.url import check_artifacts, open_store
from tuner.search.shared import study as shared_study
from tuner.search.shared.delivery import is_fetched
from tuner.search.shared.training import Process, Training
from tuner.trial import TrialSpec, TrialState

pytestmark = pytest.mark.long

__all__ = ["server", "url"]  # fixtures


@pytest.fixture(scope="module")
def bucket() -> Iterator[str | None]:
    if what_is_missing():
        yield None
        return
    with object_store("artifacts") as address:
        yield address


@pytest.fixture(scope="module")
def forker(
    tmp_path_factory: pytest.TempPathFactory, server: PostgresServer, bucket: str | None
) -> Iterator[Forker]:
    """Forks processes that know where the bucket is."""
    forker = Forker(tmp_path_factory.mktemp("told"))
    with forker.process:
        yield forker


@pytest.fixture(params=["file", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, bucket: str | None) -> str:
    """A place for artifacts that every machine reaches."""
    if request.param == "file":
        return (tmp_path / "everywhere").as_uri()
    if bucket is None:
        pytest.skip(what_is_missing())
    return f"{bucket}/{tmp_path.name}"


@pytest.fixture
def another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process seem to run on a machine of its own: only silence tells who is gone."""
    for name, value in TIMES.items():
        monkeypatch.setenv(name, value)
    boot = tmp_path / "boot_id"
    boot.write_text("another machine")
    monkeypatch.setattr(shared_study, "BOOT", boot)


@pytest.fixture(params=["another", "the same"])
def machine(request: pytest.FixtureRequest) -> str:
    """On which machine this process is, seen from those that it starts."""
    if request.param == "another":
        request.getfixturevalue("another_machine")
    return str(request.param)


def stored(place: str) -> list[str]:
    filesystem, root = fsspec.core.url_to_fs(place, use_listings_cache=False)
    if not filesystem.exists(root):
        return []
    return sorted(path.partition("/demo/")[2] for path in filesystem.find(root))


def wait_until_stored(place: str, name: str) -> None:
    deadline = time.monotonic() + 60
    while name not in stored(place):
        assert time.monotonic() < deadline, stored(place)
        time.sleep(0.05)


@pytest.mark.usefixtures("another_machine")
def test_a_trial_goes_on_from_the_checkpoint_of_a_machine_that_is_gone(
    tmp_path: Path, forker: Forker, url: str, place: str
) -> None:
    gone = forker.start(
        tmp_path / "a", url, delay=2.0, trials=2, confirm=0, prune=False, artifacts=place
    )
    gone.wait_for(lambda notes: any("0000 epoch 1/" in note for note in notes))
    wait_until_stored(place, "0000/checkpoint.json")
    gone.send(signal.SIGKILL)
    gone.end()
    shutil.rmtree(tmp_path / "a")
    engine = ScriptedEngine(rising)
    spec = make_spec(trials=2, storage=url, artifacts=place)
    summary = search(tmp_path / "b", spec, engine=engine)
    assert summary.status == "finished"
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert engine.epochs_trained < sum(row.spec.epochs for row in summary.rows)
    histories = [path.read_text() for path in (tmp_path / "b").rglob("0000/history.jsonl")]
    assert '"resumed"' in histories[0]
    assert not [warning for warning in summary.warnings if "place for artifacts" in warning]
    assert not [name for name in stored(place) if "checkpoint" in name]


def test_the_model_of_a_machine_that_is_gone_is_fetched_and_not_trained_again(
    tmp_path: Path, forker: Forker, url: str, place: str, machine: str
) -> None:
    first = forker.start(tmp_path / "a", url, trials=3, artifacts=place).end()
    assert first["status"] == "finished", first
    whole = (tmp_path / "a" / "best" / "model.json").read_text()
    shutil.rmtree(tmp_path / "a")
    before = stored(place)
    engine = ScriptedEngine(rising)
    spec = make_spec(trials=3, confirm=1, contenders=2, storage=url, artifacts=place)
    summary = search(tmp_path / "b", spec, engine=engine)
    assert summary.status == "finished"
    assert engine.epochs_trained == 0
    assert summary.best_directory == tmp_path / "b" / "best"
    assert (summary.best_directory / "model.json").read_text() == whole
    if machine == "another":
        assert stored(place) == before, "what was fetched is not sent again"
    assert [name for name in stored(place) if name.endswith("model.json")]


@pytest.mark.usefixtures("another_machine")
def test_a_damaged_model_is_no_model(tmp_path: Path, forker: Forker, url: str, place: str) -> None:
    """Whoever cannot have the winner's model says where it is; the study ends all the same."""
    forker.start(tmp_path / "a", url, trials=2, confirm=0, artifacts=place).end()
    filesystem, root = fsspec.core.url_to_fs(place, use_listings_cache=False)
    for path in filesystem.find(root):
        if path.endswith("model.json"):
            filesystem.pipe_file(path, json.dumps({"f1": 1.0}).encode())
    shutil.rmtree(tmp_path / "a")
    summary = search(tmp_path / "b", make_spec(trials=2, storage=url, artifacts=place))
    assert summary.status == "finished"
    assert summary.best_directory is None
    assert any("could not be fetched" in warning for warning in summary.warnings)
    assert any("winner's model lies in" in warning for warning in summary.warnings)


def test_an_object_store_is_whole_or_not_there(tmp_path: Path, bucket: str | None) -> None:
    if bucket is None:
        pytest.skip(what_is_missing())
    store = open_store(f"{bucket}/whole", "demo")
    folder = tmp_path / "model"
    (folder / "inner").mkdir(parents=True)
    (folder / "weights").write_bytes(b"x" * 6_000_000)  # more than one part of an upload
    (folder / "inner" / "empty").write_bytes(b"")
    store.upload(folder, "0000/best", "me")
    store.upload(folder, "0000/best", "me")
    assert store.download("0000/best", tmp_path / "back", "me")
    assert (tmp_path / "back" / "weights").read_bytes() == b"x" * 6_000_000
    assert (tmp_path / "back" / "inner" / "empty").read_bytes() == b""
    assert len([name for name in stored(f"{bucket}/whole") if name.endswith("weights")]) == 1
    store.remove("0000/best")
    assert stored(f"{bucket}/whole") == []


def test_a_bucket_that_is_not_there_is_told_and_not_made(
    tmp_path: Path, bucket: str | None
) -> None:
    """A mistyped name must not make a bucket, which somebody pays for."""
    if bucket is None:
        pytest.skip(what_is_missing())
    with pytest.raises(UsageError, match="Nothing can be written") as caught:
        check_artifacts("s3://not-there/x", tmp_path / "demo")
    assert "bucket does not exist" in caught.value.message
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert not fsspec.filesystem("s3", skip_instance_cache=True).exists("not-there")
    check_artifacts(f"{bucket}/usable", tmp_path / "demo")
    assert stored(f"{bucket}/usable") == []


class Waiting:
    """What a process sees that waits for the winner's model, look by look."""

    def __init__(self, stored_after: int, gone_after: int) -> None:
        self.looks = 0
        self.stored_after = stored_after
        self.gone_after = gone_after

    def fetch_model(self, run: object) -> bool:
        self.looks += 1
        return self.looks > self.stored_after

    def present(self) -> tuple[Process, ...]:
        return (Process(name="sender"),) if self.looks < self.gone_after else ()

    def together(self) -> Any:
        task = Training(key="deliver-0000-1", number=0, owner=None, last_owner="sender")
        facts = SimpleNamespace(trainings={task.key: task})
        times = SimpleNamespace(poll=0.001)
        shared = SimpleNamespace(facts=facts, present=self.present, times=times)
        session = SimpleNamespace(
            copies=SimpleNamespace(are_elsewhere=True, fetch_model=self.fetch_model),
            stop=SimpleNamespace(requested=False),
            observer=Watcher(),
            snapshot=lambda: None,
        )
        bridge = SimpleNamespace(shared=shared)
        return SimpleNamespace(session=session, bridge=bridge, refresh=lambda **_: None)


@pytest.mark.parametrize(
    ("stored_after", "gone_after", "found", "looks"),
    [(0, 9, True, 1), (3, 9, True, 4), (3, 3, True, 4), (9, 3, False, 4), (9, 0, False, 1)],
)
def test_a_sender_that_is_still_there_is_waited_for(
    stored_after: int, gone_after: int, found: bool, looks: int
) -> None:
    """Where it has just left, one more look tells: it leaves after it has sent everything."""
    waiting = Waiting(stored_after, gone_after)
    run: Any = None
    assert is_fetched(waiting.together(), run, {"task": "deliver-0000-1"}) is found
    assert waiting.looks == looks


def best_first(spec: TrialSpec) -> list[float]:
    """The recipe wins, whatever is tried later."""
    return [0.9 if spec.learning_rate == RECIPE.learning_rate else 0.1] * spec.epochs


def test_the_summary_of_a_study_that_goes_on_is_sent_again(
    tmp_path: Path, url: str, place: str
) -> None:
    """Also when the winner stays, so that no model is sent."""
    filesystem, root = fsspec.core.url_to_fs(place, use_listings_cache=False)
    for trials in (2, 4):
        search(tmp_path / "a", make_spec(trials=trials, storage=url, artifacts=place), best_first)
        (path,) = [p for p in filesystem.find(root) if "/summary/" in p]
        sent = json.loads(filesystem.cat_file(path))
        assert sent == json.loads((tmp_path / "a" / "summary.json").read_text())
        assert len(sent["rows"]) == trials


@pytest.mark.usefixtures("machine")
def test_the_summary_of_a_sender_that_died_is_sent_by_the_next(
    tmp_path: Path, forker: Forker, url: str, place: str
) -> None:
    options: dict[str, Any] = {"trials": 2, "confirm": 0, "prune": False, "artifacts": place}
    forker.start(tmp_path / "a", url, dies_sending=True, **options).end()
    assert not [name for name in stored(place) if name.startswith("summary/")]
    search(tmp_path / "b", make_spec(storage=url, has_test=True, **options))
    assert [name for name in stored(place) if name.startswith("summary/")]


def test_no_models_of_losers_are_left_behind(tmp_path: Path, forker: Forker, url: str) -> None:
    """Neither by the process that delivers nor by the others; the same in a folder they share."""
    folders = [tmp_path / "a", tmp_path / "b", tmp_path / "b"]
    members = [forker.start(folder, url, trials=9, delay=0.05) for folder in folders]
    told = [member.end() for member in members]
    assert [one["status"] for one in told] == ["finished"] * 3, told
    assert len(list(tmp_path.rglob("model.json"))) == len(list(tmp_path.glob("*/best/model.json")))
    assert list(tmp_path.glob("*/best/model.json"))
    assert not list(tmp_path.rglob("checkpoint"))
