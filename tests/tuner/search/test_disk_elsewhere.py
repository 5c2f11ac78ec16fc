"""A disk that fills up beside the study: at the place for artifacts, or under one of several."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tuner.disks import small_disk
from tests.tuner.search.studies import Watcher, make_spec, search
from tests.tuner.search.test_shared_processes import Forker, forker, server, trials_in, url
from tuner.search.artifacts.sending import Artifacts
from tuner.study_view import StudySnapshot

__all__ = ["forker", "server", "url"]  # fixtures


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB; the test is skipped where none can be mounted."""
    with small_disk(tmp_path / "disk", "2m") as is_mounted:
        if not is_mounted:
            pytest.skip("mounting a small file system is not allowed here")
        yield tmp_path / "disk"


def fill(disk: Path) -> None:
    """Leave no room on a disk."""
    (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free))


def test_a_full_place_for_artifacts_costs_a_warning_and_no_trial(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Artifacts.__init__, "__kwdefaults__", {"pause": 0.001})

    def fill_up(snapshot: StudySnapshot, note: str) -> None:
        if "0001 epoch 1" in note and not (disk / "filler").exists():
            fill(disk)

    spec = make_spec(trials=4, artifacts=str(disk / "place"))
    summary = search(tmp_path / "demo", spec, observer=Watcher(fill_up))
    whole = search(tmp_path / "whole", make_spec(trials=4))
    assert (disk / "filler").exists()
    assert summary.status == "finished"
    assert [row.score for row in summary.rows] == [row.score for row in whole.rows]
    told = [text for text in summary.warnings if "could not be sent" in text]
    assert any("No space left" in text for text in told), summary.warnings
    assert not (tmp_path / "demo" / "outgoing").exists()


def test_one_full_disk_among_several_processes_costs_no_trial(
    disk: Path, tmp_path: Path, forker: Forker, url: str
) -> None:
    """Its process ends with a way out; what it had begun is trained by the others."""
    full = forker.start(disk / "demo", url, trials=10, delay=0.1, confirm=0)
    full.wait_for(lambda notes: any("epoch 1/" in note for note in notes))
    fill(disk)
    other = forker.start(tmp_path / "b", url, trials=10, confirm=0)
    end, failed = other.end(), full.end()
    assert end.get("status") == "finished", end
    assert [row[0] for row in trials_in(end)] == [f"{number:04d}" for number in range(10)]
    assert "full" in failed.get("error", "").lower(), failed
    assert failed["hint"]
    counted = [row for row in trials_in(end) if row[1] in ("finished", "pruned")]
    assert len(counted) == 10
