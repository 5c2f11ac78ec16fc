"""Copies in another place: whole or not there, sent beside the training, never its end."""

from __future__ import annotations

import json
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from tests.tuner.search.studies import RECIPE, Watcher, make_spec, search
from tuner.errors import StudyError, UsageError
from tuner.search.artifacts import sending as module
from tuner.search.artifacts.copies_elsewhere import CopiesElsewhere, open_copies
from tuner.search.artifacts.manifest import DamagedArtifactError, identity_of
from tuner.search.artifacts.sending import Artifacts
from tuner.search.artifacts.store import ArtifactStore
from tuner.search.artifacts.url import check_artifacts, open_store
from tuner.search.copies import ModelCopies
from tuner.search.folder import StudyFolder
from tuner.search.ledger import Ledger
from tuner.search.run_record import RunRecord, search_key
from tuner.search.study_record import load_study
from tuner.study_view import StudySnapshot
from tuner.trial import EpochReport, Scores, TrialState

SECRET = "tr0ub4dor-and-3"


PATIENCE = 60.0
"""Seconds that a shut gate holds at most, so that a defect fails and does not hang."""


class FaultyFileSystem(MemoryFileSystem):  # type: ignore[misc]
    """A store that fails its first writes, and answers nobody while its gate is shut."""

    protocol = "faulty"
    cachable = False

    def __init__(self, failures: int = 0, gate: threading.Event | None = None) -> None:
        super().__init__()
        self.failures = failures
        self.gate = gate
        self.opened = 0

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        if mode == "wb":
            self.opened += 1
            if self.gate is not None:
                self.gate.wait(PATIENCE)
            if self.failures:
                self.failures -= 1
                raise ConnectionError(f"s3://KEY:{SECRET}@bucket went away")
        return super()._open(path, mode, **options)


@pytest.fixture
def place() -> str:
    """A place in the memory of this process that no other test uses."""
    return f"memory://{uuid.uuid4().hex}"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A checkpoint as engines write it."""
    return write_checkpoint(tmp_path / "0000" / "checkpoint", 1)


def write_checkpoint(folder: Path, epoch: int) -> Path:
    inner = folder / f"checkpoint-{epoch}"
    inner.mkdir(parents=True)
    for other in folder.iterdir():
        if other != inner:
            for path in other.iterdir():
                path.unlink()
            other.rmdir()
    (inner / "optimizer.pt").write_bytes(bytes([epoch]) * 100_000)
    (inner / "reports.json").write_text(json.dumps([epoch]))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def stored(place: str) -> list[str]:
    filesystem, root = fsspec.core.url_to_fs(place)
    return sorted(path.removeprefix(root).strip("/") for path in filesystem.find(root))


# The store


@pytest.mark.parametrize("kind", ["memory", "file", "folder"])
def test_what_is_stored_comes_back(tmp_path: Path, checkpoint: Path, place: str, kind: str) -> None:
    shared = tmp_path / "shared"
    url = {"memory": place, "file": shared.as_uri(), "folder": str(shared)}[kind]
    store = open_store(url, "demo")
    assert not store.exists("0000/checkpoint", "me")
    assert not store.download("0000/checkpoint", tmp_path / "other", "me")
    store.upload(checkpoint, "0000/checkpoint", "me")
    assert store.exists("0000/checkpoint", "me") and not store.exists("0000/checkpoint", "you")
    assert store.download("0000/checkpoint", tmp_path / "other", "me")
    assert contents(tmp_path / "other") == contents(checkpoint)
    assert not store.download("0000/checkpoint", tmp_path / "third", "you")
    assert not (tmp_path / "third").exists()
    store.remove("0000/checkpoint")
    store.remove("0000/checkpoint")
    assert not store.exists("0000/checkpoint", "me")
    assert stored(url) == []


def test_a_newer_upload_replaces_the_older_one(
    tmp_path: Path, checkpoint: Path, place: str
) -> None:
    store = open_store(place, "demo")
    store.upload(checkpoint, "0000/checkpoint", "me")
    write_checkpoint(checkpoint, 2)
    store.upload(checkpoint, "0000/checkpoint", "me")
    assert len(stored(place)) == 3
    store.download("0000/checkpoint", tmp_path / "other", "me")
    assert contents(tmp_path / "other") == contents(checkpoint)


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_an_upload_that_breaks_off_leaves_the_older_one(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """Whether a file fails or the manifest: what was there stays, and no rest is left behind."""
    filesystem, root = FaultyFileSystem(), f"/{uuid.uuid4().hex}"
    store = ArtifactStore(filesystem, root)
    store.upload(checkpoint, "0000/checkpoint", "me")
    before = contents(checkpoint)
    write_checkpoint(checkpoint, 2)
    whole = filesystem._open

    def fail(path: str, mode: str = "rb", **options: Any) -> Any:
        nonlocal fails_at
        fails_at -= mode == "wb"
        if mode == "wb" and fails_at == 0:
            raise ConnectionError("gone")
        return whole(path, mode, **options)

    monkeypatch.setattr(filesystem, "_open", fail)
    with pytest.raises(ConnectionError):
        store.upload(checkpoint, "0000/checkpoint", "me")
    assert store.download("0000/checkpoint", tmp_path / "other", "me")
    assert contents(tmp_path / "other") == before
    assert len(filesystem.find(root)) == 3


def damage_size(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["size"] += 1


def damage_hash(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["sha256"] = "0" * 64


def leads_up(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["name"] = "../../escaped"


def leads_away(manifest: dict[str, Any]) -> None:
    manifest["files"][0]["name"] = "/tmp/escaped"


def other_generation(manifest: dict[str, Any]) -> None:
    manifest["generation"] = "../../../etc"


def no_files(manifest: dict[str, Any]) -> None:
    manifest["files"] = {"a": 1}


def no_identity(manifest: dict[str, Any]) -> None:
    del manifest["identity"]


@pytest.mark.parametrize(
    "poison",
    [damage_size, damage_hash, leads_up, leads_away, other_generation, no_files, no_identity],
)
def test_what_others_put_there_is_not_trusted(
    tmp_path: Path, checkpoint: Path, poison: Callable[[dict[str, Any]], None]
) -> None:
    store = open_store(str(tmp_path / "shared"), "demo")
    store.upload(checkpoint, "0000/checkpoint", "me")
    path = tmp_path / "shared" / "demo" / "0000" / "checkpoint.json"
    manifest = json.loads(path.read_text())
    poison(manifest)
    path.write_text(json.dumps(manifest))
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    with pytest.raises(DamagedArtifactError):
        store.download("0000/checkpoint", tmp_path / "run" / "checkpoint", "me")
    assert [path.name for path in (tmp_path / "run").rglob("*")] == ["checkpoint"]
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("text", ["", "[" * 100_000, "null", '"x"', "\x00"])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    store = open_store(str(tmp_path), "demo")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "best.json").write_text(text)
    with pytest.raises(DamagedArtifactError, match="manifest of `best` is damaged"):
        store.exists("best", "me")


@pytest.mark.parametrize("name", ["../best", "/etc/passwd", "a/../b", "", ".", "a\\b", "a//b"])
def test_names_stay_below_the_place(place: str, name: str) -> None:
    with pytest.raises(DamagedArtifactError):
        open_store(place, "demo").remove(name)


# The address


def test_a_missing_driver_is_told_with_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as if it were not installed
    monkeypatch.delitem(import_module("fsspec.registry")._registry, "s3", raising=False)
    with pytest.raises(UsageError, match="needs the package s3fs") as caught:
        check_artifacts(f"s3://KEY:{SECRET}@bucket/prefix", Path("runs/demo"))
    assert caught.value.hint == "Install it: pip install s3fs"
    assert SECRET not in str(caught.value)


def test_an_unknown_protocol_is_told() -> None:
    with pytest.raises(UsageError, match="takes an fsspec URL or a folder") as caught:
        check_artifacts(f"nonsense://me:{SECRET}@host/x", Path("runs/demo"))
    assert SECRET not in str(caught.value)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="Nothing can be written") as caught:
        check_artifacts(str(tmp_path / "file" / "below"), tmp_path / "runs" / "demo")
    assert caught.value.hint == "Name a folder that can be written, or leave --artifacts out."
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("form", ["memory://x", "simplecache::memory://x"])
def test_the_memory_of_the_process_is_no_place(tmp_path: Path, form: str) -> None:
    """It would be lost with the process, and with it what was to be kept."""
    with pytest.raises(UsageError, match="must name a place that outlives the search") as caught:
        check_artifacts(form, tmp_path / "demo")
    assert form in caught.value.message
    assert "s3://bucket/prefix" in caught.value.hint


def test_looking_at_a_folder_does_not_make_it(tmp_path: Path) -> None:
    check_artifacts(str(tmp_path / "shared" / "below"), tmp_path / "runs" / "demo")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["runs", "runs/demo", "runs/demo/copies", "."])
def test_copies_do_not_take_the_place_of_the_studys_own_files(tmp_path: Path, place: str) -> None:
    name = "runs" if place == "." else "demo"
    directory = tmp_path / "runs" / name
    with pytest.raises(UsageError, match="this study keeps its own files"):
        check_artifacts(str(tmp_path / place), directory)
    assert list(tmp_path.iterdir()) == []


def test_copies_do_not_take_the_place_of_another_study(tmp_path: Path) -> None:
    (tmp_path / "others" / "demo").mkdir(parents=True)
    (tmp_path / "others" / "demo" / "study.json").write_text("{}")
    with pytest.raises(UsageError, match="another study keeps its files"):
        check_artifacts((tmp_path / "others").as_uri(), tmp_path / "runs" / "demo")


def test_an_upload_deletes_nothing_but_earlier_uploads(tmp_path: Path, checkpoint: Path) -> None:
    mine = tmp_path / "shared" / "demo" / "best" / "config.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    store = open_store(str(tmp_path / "shared"), "demo")
    for _ in range(2):
        store.upload(checkpoint, "best", "me")
    assert mine.is_file()
    assert len(list(mine.parent.iterdir())) == 2


def test_a_place_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    slow = FaultyFileSystem(gate=gate)
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_, **__: (slow, "/slow"))
    with pytest.raises(UsageError, match=r"no answer within 0\.1 s"):
        open_store("faulty://slow", "demo", seconds=0.1)
    gate.set()


def test_a_place_that_refuses_is_told_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = FaultyFileSystem(failures=1)
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_, **__: (faulty, "/x"))
    with pytest.raises(UsageError, match="went away") as caught:
        open_store(f"faulty://KEY:{SECRET}@bucket", "demo")
    assert SECRET not in str(caught.value)


# In the background


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def make(tmp_path: Path, warnings: list[str]) -> Iterator[Callable[..., Any]]:
    """Make `Artifacts` on a faulty file system; returns both."""
    made: list[Artifacts] = []

    def make(**faults: Any) -> tuple[Artifacts, FaultyFileSystem, ArtifactStore]:
        filesystem = FaultyFileSystem(**faults)
        store = ArtifactStore(filesystem, f"/{uuid.uuid4().hex}")
        made.append(Artifacts(store, tmp_path / "outgoing", warnings.append, pause=0.01))
        return made[-1], filesystem, store

    yield make
    for one in made:
        one.close()
    assert not [path for path in (tmp_path / "outgoing").rglob("*") if path.is_file()]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_training_does_not_wait(make: Callable[..., Any], checkpoint: Path) -> None:
    """What is sent is what was there when it was handed over, whatever the training does then."""
    gate = threading.Event()
    artifacts, _, store = make(gate=gate)
    before = contents(checkpoint)
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    assert not store.download("0000/checkpoint", checkpoint.with_name("early"), "me")
    write_checkpoint(checkpoint, 2)
    gate.set()
    assert artifacts.flush(30)
    other = checkpoint.with_name("other")
    assert store.download("0000/checkpoint", other, "me")
    assert contents(other) == before


def test_the_newest_checkpoint_wins(make: Callable[..., Any], checkpoint: Path) -> None:
    gate = threading.Event()
    artifacts, filesystem, store = make(gate=gate)
    for epoch in range(2, 12):
        write_checkpoint(checkpoint, epoch)
        artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    gate.set()
    assert artifacts.flush(30)
    other = checkpoint.with_name("other")
    assert store.download("0000/checkpoint", other, "me")
    assert contents(other) == contents(checkpoint)
    assert filesystem.opened <= 9, "those in between are left out"


def test_nothing_is_sent_twice(make: Callable[..., Any], checkpoint: Path) -> None:
    artifacts, filesystem, _ = make()
    for _ in range(5):
        artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
        assert artifacts.flush(30)
    assert filesystem.opened == 3


def test_failures_are_tried_again(
    make: Callable[..., Any], checkpoint: Path, warnings: list[str]
) -> None:
    artifacts, _, store = make(failures=2)
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    assert artifacts.flush(30)
    assert store.exists("0000/checkpoint", "me")
    assert warnings == []


def test_a_place_that_stays_away_is_a_warning_and_no_error(
    make: Callable[..., Any], checkpoint: Path, warnings: list[str]
) -> None:
    artifacts, _, store = make(failures=3)
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    assert artifacts.flush(30)
    assert len(warnings) == 1 and "`0000/checkpoint` could not be sent to" in warnings[0]
    assert "KEY:***@bucket" in warnings[0] and SECRET not in warnings[0]
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    assert artifacts.flush(30)
    assert store.exists("0000/checkpoint", "me"), "the next epoch tries again"


def test_what_waits_is_bounded(
    make: Callable[..., Any], checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    gate = threading.Event()
    artifacts, _, store = make(gate=gate)
    for number in range(10):
        artifacts.keep(f"{number}/best", files(checkpoint), checkpoint, "me")
    gate.set()
    assert artifacts.flush(30)
    assert [number for number in range(10) if store.exists(f"{number}/best", "me")][-3:] == [
        7, 8, 9,
    ]  # fmt: skip
    assert sum(store.exists(f"{number}/best", "me") for number in range(10)) <= 5


def test_dropped_artifacts_are_deleted(make: Callable[..., Any], checkpoint: Path) -> None:
    artifacts, filesystem, store = make()
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    artifacts.drop("0000/checkpoint")
    artifacts.drop("0001/checkpoint")
    assert artifacts.flush(30)
    assert not store.exists("0000/checkpoint", "me")
    assert filesystem.find(store._root) == []


def test_a_damaged_artifact_is_left_where_it_is(
    make: Callable[..., Any], checkpoint: Path, warnings: list[str], tmp_path: Path
) -> None:
    artifacts, filesystem, store = make()
    store.upload(checkpoint, "0000/checkpoint", "me")
    filesystem.pipe_file(f"{store._root}/0000/checkpoint.json", b"{")
    assert not artifacts.fetch("0000/checkpoint", tmp_path / "run" / "checkpoint", "me")
    assert "damaged" in warnings[0]


def test_a_full_disk_here_ends_the_search_as_ever(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import errno

    artifacts, _, store = make()

    def full(*_: Any) -> bool:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "download", full)
    with pytest.raises(StudyError, match="disk is full"):
        artifacts.fetch("0000/checkpoint", tmp_path / "checkpoint", "me")


def test_closing_does_not_wait_for_a_dead_place(make: Callable[..., Any], checkpoint: Path) -> None:
    gate = threading.Event()
    artifacts, _, store = make(gate=gate)
    artifacts.keep("0000/checkpoint", files(checkpoint), checkpoint, "me")
    artifacts.close()
    assert not store.exists("0000/checkpoint", "me"), "nothing was sent, yet it is closed"
    gate.set()


# Which copies


def record(folder: Path, number: int, state: TrialState, f1: float = 0.5) -> RunRecord:
    key = search_key(number)
    unknown = float("nan")
    scores = Scores(loss=None, precision=unknown, recall=unknown, f1=f1, accuracy=unknown)
    report = EpochReport(epoch=4, epochs=4, step=40, train_loss=0.1, scores=scores)
    directory = folder / "trials" / key
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "result.json").write_text("{}")
    return RunRecord(
        key=key, number=number, spec=RECIPE, role="search", origin="recipe", directory=directory,
        state=state, reports=(report,),
    )  # fmt: skip


def open_both(
    folder: Path, place: str, runs: list[RunRecord], warnings: list[str], *, resumable: bool = True
) -> tuple[ModelCopies, CopiesElsewhere]:
    spec = make_spec(artifacts=place)
    elsewhere = open_copies(spec, folder, warnings.append, resumable=resumable)
    assert elsewhere is not None
    return ModelCopies(StudyFolder(folder), Ledger(runs), elsewhere), elsewhere


def test_another_machine_goes_on_from_the_checkpoint(
    tmp_path: Path, place: str, warnings: list[str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run = record(here, 0, TrialState.RUNNING)
    write_checkpoint(run.directory / "checkpoint", 3)
    copies, elsewhere = open_both(here, place, [run], warnings)
    copies.epoch_ended(run)
    copies.finish(None)
    moved = record(there, 0, TrialState.RUNNING)
    other, its_elsewhere = open_both(there, place, [moved], warnings)
    other.make_ready(moved)
    assert contents(moved.directory / "checkpoint") == contents(run.directory / "checkpoint")
    other.epoch_ended(moved)
    ended = record(there, 0, TrialState.FINISHED)
    other._ledger.put(ended)
    other.tidy()
    other.finish(None)
    assert {path.split("/")[2].partition(".")[0] for path in stored(place)} == {"record"}
    elsewhere.close()
    its_elsewhere.close()
    assert warnings == []


def test_losers_are_deleted_there_as_here(tmp_path: Path, place: str, warnings: list[str]) -> None:
    runs = [record(tmp_path, number, TrialState.RUNNING, 0.5 + number / 10) for number in range(3)]
    copies, elsewhere = open_both(tmp_path, place, runs, warnings, resumable=False)
    for run in runs:
        write_checkpoint(run.directory / "checkpoint", 1)
        (run.directory / "best").mkdir()
        (run.directory / "best" / "model.safetensors").write_text(run.key)
        copies.epoch_ended(run)
        copies._ledger.put(record(tmp_path, run.number, TrialState.FINISHED, run.score or 0.0))
        copies.tidy()
    assert elsewhere._artifacts.flush(30)
    models = [path for path in stored(place) if path.endswith("model.safetensors")]
    assert [path.split("/")[1] for path in models] == ["0002"]
    assert not [path for path in stored(place) if "checkpoint" in path]
    leading = copies._ledger.trial(2)
    best = copies.publish(leading, leading)
    assert best is not None
    (best / "README.md").write_text("a card")
    (tmp_path / "summary.json").write_text("{}")
    copies.finish(best)
    names = {path.split("/", 1)[1].partition("/")[0] for path in stored(place)}
    assert {"best.json", "best", "summary.json", "summary"} <= names
    assert any(path.endswith("README.md") for path in stored(place))
    assert not [path for path in stored(place) if path.startswith("demo/0002/best")]
    elsewhere.close()
    elsewhere_again = record(tmp_path / "there", 2, TrialState.FINISHED, 0.7)
    other, its_elsewhere = open_both(tmp_path / "there", place, [elsewhere_again], warnings)
    assert other.fetch_model(elsewhere_again)
    assert (elsewhere_again.directory / "best" / "model.safetensors").read_text() == "0002"
    its_elsewhere.close()
    assert warnings == []


def test_a_winner_that_was_trained_anew_lies_there_once(
    tmp_path: Path, place: str, warnings: list[str]
) -> None:
    won = record(tmp_path, 0, TrialState.FINISHED)
    directory = tmp_path / "confirm" / "0000-again"
    again = replace(won, key="0000-again", role="again", directory=directory)
    (directory / "best").mkdir(parents=True)
    (directory / "best" / "model.safetensors").write_text("weights")
    copies, elsewhere = open_both(tmp_path, place, [won, again], warnings, resumable=False)
    copies.tidy()
    copies.finish(copies.publish(again, owner=won))
    models = [path for path in stored(place) if path.endswith("model.safetensors")]
    assert [path.split("/")[1] for path in models] == ["best"]
    elsewhere.close()
    assert warnings == []


def test_another_study_of_the_same_name_is_not_mixed_up(place: str, tmp_path: Path) -> None:
    assert identity_of("data", RECIPE) == identity_of("data", RECIPE)
    assert identity_of("data", RECIPE) != identity_of("other data", RECIPE)


# A whole study


def test_a_study_leaves_its_model_and_its_records_there(tmp_path: Path, place: str) -> None:
    spec = make_spec(trials=4, artifacts=place)
    summary = search(tmp_path / "demo", spec)
    assert summary.winner is not None and summary.best_directory is not None
    kinds = {path.partition("/")[2].partition("/")[0].partition(".")[0] for path in stored(place)}
    assert kinds == {"best", "summary", "0000", "0001", "0002", "0003"}
    assert [path for path in stored(place) if "checkpoint" in path] == []
    assert len([path for path in stored(place) if path.endswith("model.json")]) == 1
    more = search(tmp_path / "demo", make_spec(trials=6, artifacts=place))
    assert len([path for path in stored(place) if path.endswith("model.json")]) == 1
    store, run = open_store(place, "demo"), load_study(tmp_path / "demo").best
    assert run is not None
    identity = identity_of(spec.data_fingerprint, spec.model.fingerprint, spec.training, run.spec)
    assert store.download("best", tmp_path / "fetched", identity)
    assert more.best_directory is not None
    assert contents(tmp_path / "fetched") == contents(more.best_directory)
    assert not (tmp_path / "demo" / "outgoing").exists()


def test_a_place_that_goes_away_costs_a_warning_and_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = FaultyFileSystem()
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda *_, **__: (faulty, "/faulty"))
    monkeypatch.setattr(Artifacts.__init__, "__kwdefaults__", {"pause": 0.001})

    def go_away(snapshot: StudySnapshot, note: str) -> None:
        if "0001 epoch 1" in note:
            faulty.failures = 10**6

    spec = make_spec(trials=3, artifacts=f"faulty://KEY:{SECRET}@bucket")
    summary = search(tmp_path / "demo", spec, observer=Watcher(go_away))
    whole = search(tmp_path / "whole", make_spec(trials=3))
    assert summary.status == "finished"
    assert [row.score for row in summary.rows] == [row.score for row in whole.rows]
    told = [path for path in (tmp_path / "demo").rglob("*") if path.is_file()]
    assert not [path for path in told if SECRET.encode() in path.read_bytes()]


def test_a_place_that_cannot_be_used_ends_the_search_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Nothing can be written"):
        search(tmp_path / "demo", make_spec(artifacts=str(tmp_path / "file")))
    assert not (tmp_path / "demo").exists()


def test_without_a_place_nothing_happens(tmp_path: Path) -> None:
    assert open_copies(make_spec(), tmp_path, print, resumable=True) is None
    run = record(tmp_path, 0, TrialState.RUNNING)
    copies = ModelCopies(StudyFolder(tmp_path), Ledger([run]))
    copies.epoch_ended(run)
    copies.make_ready(run)
    copies.finish(None)
    assert not copies.fetch_model(run)
    assert not (tmp_path / "outgoing").exists()
