"""`tuner show` on real study folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.tuner.display import examples
from tuner import cli
from tuner.search.documents import read_json, write_json
from tuner.search.folder import StudyFolder

Capture = pytest.CaptureFixture[str]


def show(*words: str, runs: Path) -> int:
    return cli.main(["show", *words, "--runs-dir", str(runs)])


def test_a_finished_study(finished_runs: Path, capsys: Capture) -> None:
    assert show("fin", runs=finished_runs) == 0
    shown = capsys.readouterr().out
    assert "Data    [red]data.conll" in shown
    assert "State   finished" in shown
    assert "Answer: fin" in shown
    assert "failed" in shown


def test_its_folder_is_as_good_as_its_name(finished_runs: Path, capsys: Capture) -> None:
    assert cli.main(["show", str(finished_runs / "fin")]) == 0
    assert "Answer: fin" in capsys.readouterr().out


def test_one_trial_with_its_reruns(finished_runs: Path, capsys: Capture) -> None:
    best = sorted((finished_runs / "fin" / "confirm").iterdir())[0].name
    assert show("fin", "--trial", str(int(best[:4])), runs=finished_runs) == 0
    shown = capsys.readouterr().out
    assert f"Trial {int(best[:4])} " in shown
    assert f"Trial {int(best[:4])} seed 43" in shown
    assert "Validation" in shown
    assert "optim =adafactor()" in " ".join(shown.split())


def test_a_trial_that_failed_shows_what_happened(finished_runs: Path, capsys: Capture) -> None:
    failed = [
        run.number
        for run in StudyFolder(finished_runs / "fin").runs()
        if run.state.value == "failed"
    ]
    assert show("fin", "--trial", str(failed[0]), runs=finished_runs) == 0
    shown = capsys.readouterr().out
    assert "State     failed" in shown
    assert "Remark" in shown


def test_a_picture(finished_runs: Path, tmp_path: Path, capsys: Capture) -> None:
    picture = tmp_path / "study.svg"
    assert show("fin", "--svg", str(picture), runs=finished_runs) == 0
    assert capsys.readouterr() == ("", "")
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert "Answer" in drawn
    assert "★" in drawn
    assert show("fin", "--svg", str(tmp_path), runs=finished_runs) == 2


def test_the_folder_of_a_single_training(
    finished_runs: Path, tmp_path: Path, capsys: Capture
) -> None:
    run = tmp_path / "one"
    shutil.copytree(finished_runs / "fin" / "trials" / "0000", run)
    config = read_json(run / "config.json")
    write_json(run / "config.json", {**config, "origin": "train", "key": "before-it-was-moved"})
    assert show("one", runs=tmp_path) == 0
    assert "Training one " in capsys.readouterr().out
    write_json(run / "summary.json", examples.train_result())
    assert show(str(run), runs=finished_runs) == 0
    assert "Trained: fin-train" in capsys.readouterr().out
    write_json(run / "summary.json", ["something else"])
    assert show("one", runs=tmp_path) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_study_that_was_cut_off(cut_off_runs: Path, capsys: Capture) -> None:
    assert show("fin", runs=cut_off_runs) == 0
    shown = capsys.readouterr().out
    assert "cut off" in shown
    assert "interrupted" in shown
    assert "Answer" not in shown


def test_a_running_study(cut_off_runs: Path, capsys: Capture) -> None:
    with StudyFolder(cut_off_runs / "fin").lock():
        assert show("fin", runs=cut_off_runs) == 0
        assert show(runs=cut_off_runs) == 0
    shown = capsys.readouterr().out
    assert "State   running" in shown
    assert "running" in shown.splitlines()[-1]


def test_all_studies(finished_runs: Path, capsys: Capture, tmp_path: Path) -> None:
    assert show(runs=finished_runs) == 0
    shown = capsys.readouterr().out
    assert "fin" in shown
    assert "6/6" in shown
    assert "[red]data.conll" in shown
    assert show(runs=tmp_path / "none") == 0
    assert "no study" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("other",), "no study `other`"),
        (("fin", "--trial", "99"), "no trial 99"),
        (("--trial", "1"), "`--trial` needs a study"),
        (("fin", "--trial", "-1"), "`--trial >= 0` must hold"),
    ],
)
def test_what_is_not_there(
    words: tuple[str, ...], expected: str, finished_runs: Path, capsys: Capture
) -> None:
    assert show(*words, runs=finished_runs) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("name", ["study.json", "summary.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"spec": 3}', "\udcff"])
def test_a_broken_folder_is_told_without_a_traceback(
    name: str, content: str, cut_off_runs: Path, capsys: Capture
) -> None:
    path = cut_off_runs / "fin" / name
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert show("fin", runs=cut_off_runs) in (0, 2)
    assert show(runs=cut_off_runs) in (0, 2)
    captured = capsys.readouterr()
    assert "bug" not in captured.err
