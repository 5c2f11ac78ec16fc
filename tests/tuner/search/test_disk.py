"""What lies on disk: three models at most, and errors with a way out when it is full."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.disks import small_disk
from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.engine import Message
from tuner.engines.scripted import ScriptedEngine
from tuner.errors import StudyError
from tuner.search.documents import guard_writing
from tuner.search.study_record import load_study
from tuner.study_view import StudySnapshot, StudySummary
from tuner.trial import TrialState
from tuner.write_errors import write_error

MODELS = ("best", "checkpoint")


def models(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_dir() and path.name in MODELS]


class CountingEngine(ScriptedEngine):
    """Counts the models on disk whenever something happens."""

    def __init__(self, directory: Path, **options: Any) -> None:
        super().__init__(rising, **options)
        self.directory = directory
        self.most = 0

    def next_message(self, timeout: float) -> Message | None:
        message = super().next_message(timeout)
        self.most = max(self.most, len(models(self.directory)))
        return message


def test_at_most_three_models_at_any_moment(tmp_path: Path) -> None:
    engine = CountingEngine(tmp_path)
    most = 0

    def count(snapshot: StudySnapshot, note: str) -> None:
        nonlocal most
        most = max(most, len(models(tmp_path)))

    observer = Watcher(count)
    search(tmp_path, make_spec(trials=6, confirm=2), engine=engine, observer=observer)
    search(tmp_path, make_spec(trials=8, confirm=2), engine=engine, observer=observer)
    assert most <= 3
    assert engine.most == 3
    assert models(tmp_path) == [tmp_path / "best"]


def test_losers_write_no_model(tmp_path: Path) -> None:
    """A trial that stays below the best saves nothing, so its disk is never touched."""
    saved: list[str] = []

    def look(snapshot: StudySnapshot, note: str) -> None:
        saved.extend(path.parent.name for path in models(tmp_path) if path.name == "best")

    def falling(spec: Any) -> list[float]:
        return [1.0 / (1 + abs(spec.learning_rate - 5e-5) * 1e6)] * spec.epochs

    search(tmp_path, make_spec(trials=5), falling, observer=Watcher(look))
    assert set(saved) <= {"0000", tmp_path.name}


def test_leftovers_of_a_crash_are_deleted(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=2))
    for name in ("best.deleted", "checkpoint", "best"):
        (tmp_path / "trials" / "0000" / name).mkdir(exist_ok=True)
    search(tmp_path, make_spec(trials=3))
    assert models(tmp_path) == [tmp_path / "best"]
    assert not list(tmp_path.rglob("*.deleted"))


def test_a_full_disk_ends_the_search_with_a_way_out_and_nothing_lost(tmp_path: Path) -> None:
    class FullDisk(ScriptedEngine):
        def next_message(self, timeout: float) -> Message | None:
            if self.epochs_trained == 7:
                with guard_writing(tmp_path / "trials"):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().next_message(timeout)

    spec = make_spec(trials=4)
    with pytest.raises(StudyError, match="disk is full") as caught:
        search(tmp_path, spec, engine=FullDisk(rising))
    assert "same command again" in caught.value.hint
    engine = ScriptedEngine(rising)
    summary = search(tmp_path, spec, engine=engine)
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert engine.epochs_trained == sum(row.spec.epochs for row in summary.rows) - 7


def test_every_write_says_that_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record of an epoch meets the full disk, not only the engine."""
    written = 0

    def fsync(descriptor: int) -> None:
        nonlocal written
        written += 1
        if written == 25:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StudyError, match="disk is full"):
        search(tmp_path, make_spec(trials=4))
    monkeypatch.undo()
    whole = search(tmp_path / "whole", make_spec(trials=4))
    summary = search(tmp_path, make_spec(trials=4))
    assert [row.score for row in summary.rows] == [row.score for row in whole.rows]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB; the test is skipped where none can be mounted."""
    with small_disk(tmp_path / "disk", "2m") as is_mounted:
        if not is_mounted:
            pytest.skip("mounting a small file system is not allowed here")
        yield tmp_path / "disk"


def fill(disk: Path, left: int) -> Path:
    """Fill a disk but for some bytes."""
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - left))
    return filler


def same_answers(summary: StudySummary, whole: StudySummary) -> bool:
    def told(one: StudySummary) -> list[tuple[object, ...]]:
        return [(row.key, row.spec, row.state, row.score, row.epoch) for row in one.rows]

    return told(summary) == told(whole) and summary.status == whole.status


@pytest.mark.parametrize("left", [0, 60_000, 200_000])
def test_wherever_the_disk_fills_up_nothing_finished_is_lost(
    disk: Path, tmp_path: Path, left: int
) -> None:
    """History, results, checkpoints and database share one disk, which is full sooner or later."""
    spec = make_spec(trials=8)
    filler = fill(disk, left)
    study = disk / "demo"
    with pytest.raises(StudyError) as caught:
        search(study, spec)
    told = f"{caught.value.message} {caught.value.hint}"
    assert "disk is full" in told.lower() or "Is the disk full" in told
    assert "same command" in told
    results = {path: path.read_text() for path in study.glob("*/*/result.json")}
    filler.unlink()
    summary = search(study, spec)
    assert all(path.read_text() == content for path, content in results.items())
    assert same_answers(summary, search(tmp_path / "whole", spec))


def test_how_much_room_there_is_and_how_much_is_needed_is_told(disk: Path) -> None:
    fill(disk, 40_000)
    error = write_error(disk / "x", OSError(errno.ENOSPC, "full"), needed=3_000_000)
    assert "(about 3.0 MB are needed, 0.0 MB are free)" in error.message


def test_a_read_only_disk_is_named_and_goes_on_later(disk: Path, tmp_path: Path) -> None:
    spec = make_spec(trials=2)
    search(disk / "demo", spec)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    more = make_spec(trials=4)
    with pytest.raises(StudyError, match="No permission to write"):
        search(disk / "demo", more)
    assert load_study(disk / "demo").summary is not None, "reading needs no permission to write"
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert same_answers(search(disk / "demo", more), search(tmp_path / "whole", more))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StudyError, match="No permission to write"):
            search(tmp_path / "demo", make_spec(trials=1))
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("")
    with pytest.raises(StudyError, match="could not be written"):
        search(tmp_path / "demo", make_spec(trials=1))


def test_no_permission_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="No permission to write"), guard_writing(tmp_path):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
