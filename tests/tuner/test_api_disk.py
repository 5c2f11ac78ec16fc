"""Disks that fill up, and two processes in one place: nothing is lost, nothing is mangled."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.disks import small_disk
from tests.tuner.processes import run_command
from tests.tuner.trainings import RECIPE, TrainWatcher, trial_results, write_study_file

pytestmark = pytest.mark.long


def test_a_disk_that_fills_up_loses_nothing(
    searched: Searched, easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The models of the trainings do not fit; with room the same command goes on."""
    command: list[str | Path] = [
        "search", easy_data, "--model", tiny_model, "--space", write_study_file(tmp_path),
        "--study", "easy", "--trials", "2", "--confirm", "0", "--checkpoint-every", "0",
        "--device", "cpu", "--runs-dir",
    ]  # fmt: skip
    with small_disk(tmp_path / "disk", "700k") as is_mounted:
        if not is_mounted:
            pytest.skip("mounting a small file system is not allowed here")
        place = tmp_path / "disk" / "runs"
        full = run_command([*command, place], tmp_path)
        assert full.code == 2
        assert "Traceback" not in full.errors
        assert "o space left" in full.errors or "disk is full" in full.errors
        assert "the same command again" in " ".join(full.errors.split())
        subprocess.run(["mount", "-o", "remount,size=50m", tmp_path / "disk"], check=True)
        done = run_command([*command, place], tmp_path)
        assert (done.code, done.errors) == (0, "")
        summary = tuner.load_study("easy", runs=place).summary
        assert summary is not None
        assert trial_results(summary) == trial_results(searched.summary)[:2]


def test_files_that_may_not_grow_lose_nothing(
    searched: Searched, easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The same by a limit on the size of files, which needs no permission."""
    command: list[str | Path] = [
        "search", easy_data, "--model", tiny_model, "--space", write_study_file(tmp_path),
        "--study", "easy", "--trials", "2", "--confirm", "0", "--checkpoint-every", "0",
        "--device", "cpu", "--runs-dir", tmp_path / "runs",
    ]  # fmt: skip
    weights = (tiny_model / "model.safetensors").stat().st_size
    full = run_command(command, tmp_path, largest_file=weights // 2)
    assert full.code == 2
    assert "Traceback" not in full.errors
    assert "the same command again" in " ".join(full.errors.split())
    done = run_command(command, tmp_path)
    assert (done.code, done.errors) == (0, "")
    summary = tuner.load_study("easy", runs=tmp_path / "runs").summary
    assert summary is not None
    assert trial_results(summary) == trial_results(searched.summary)[:2]


def test_a_full_disk_ends_a_single_training_with_a_way_out(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    command: list[str | Path] = [
        "train", easy_data, "--model", tiny_model, "--recipe", write_study_file(tmp_path),
        "--name", "mine", "--runs-dir", tmp_path / "runs",
    ]  # fmt: skip
    weights = (tiny_model / "model.safetensors").stat().st_size
    full = run_command(command, tmp_path, largest_file=weights // 2)
    assert full.code == 2
    assert "Traceback" not in full.errors
    assert "the same command again" in " ".join(full.errors.split())
    done = run_command(command, tmp_path)
    assert (done.code, done.errors) == (0, "")
    assert (tmp_path / "runs" / "mine" / "best" / "model.safetensors").is_file()
    assert not (tmp_path / "runs" / "mine-2").exists()


def test_two_processes_do_not_share_a_run(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """The same `tuner train` twice at once makes two runs, not one mangled one."""
    others: list[Path] = []

    def start_another(report: object) -> None:
        if not others:
            others.append(Path())
            result = tuner.train(easy_data, model=tiny_model, recipe=RECIPE, runs_dir=tmp_path)
            others[0] = result.directory

    watcher = TrainWatcher(on_epoch=start_another)
    first = tuner.train(
        easy_data, model=tiny_model, recipe=RECIPE, runs_dir=tmp_path, observer=watcher
    )
    assert first.directory != others[0]
