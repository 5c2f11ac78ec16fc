"""Trainings and searches check their data first: errors stop them, warnings are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import tuner
from diagnostics.errors import DataError
from diagnostics.report import json_document
from diagnostics.settings import Settings
from tests.tuner.trainings import RECIPE, SPACE, StudyWatcher, TrainWatcher
from tuner.cli import main
from tuner.data_check import CHECK_FILE, check_first, check_notes
from tuner.errors import DataCheckError
from tuner.inputs import DataRequest
from tuner.study_plan import data_warnings

SCHEMA = json.loads(Path(json_document.__file__).with_name("schema.json").read_text("utf-8"))


@pytest.fixture
def same_twice(easy_data: Path, tmp_path: Path) -> Path:
    """Data whose development split is the training split."""
    folder = Path(copytree(easy_data, tmp_path / "twice"))
    copy(folder / "train.conll", folder / "dev.conll")
    return folder


def request(data: Path, sample: int | None = None) -> DataRequest:
    return DataRequest(data, None, None, None, None, sample)


def kept(folder: Path) -> Any:
    document = json.loads((folder / CHECK_FILE).read_text(encoding="utf-8"))
    Draft202012Validator(SCHEMA).validate(document)
    (checkup,) = document["runs"]
    return checkup


@pytest.mark.parametrize("command", ["train", "search"])
def test_errors_stop_it_before_anything_is_trained(
    command: str, same_twice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    words = [command, same_twice, "--model", "./nowhere", "--runs-dir", runs, "--device", "cpu"]
    assert main([str(word) for word in words]) == 1
    shown = capsys.readouterr()
    assert "Not fit to train on as it is: 1 error" in shown.out
    assert "same-data-twice" in shown.out
    complaint = " ".join(shown.err.split())
    assert "is not fit to train on: 1 error" in complaint and "--no-check" in complaint
    assert not runs.exists()


def test_the_reason_as_json(
    same_twice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", same_twice, "--model", "m", "--runs-dir", tmp_path / "runs", "--json"]
    assert main([str(word) for word in words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["runs"][0]["verdict"] == "error"


def test_no_check_goes_on(
    same_twice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", same_twice, "--model", "./nowhere", "--runs-dir", tmp_path, "--no-check"]
    assert main([str(word) for word in words]) == 2
    assert "nowhere" in capsys.readouterr().err, "the next thing that is looked at"


def test_the_python_interface_raises_what_was_found(same_twice: Path) -> None:
    with pytest.raises(DataCheckError, match="1 error") as raised:
        tuner.train(same_twice, model="./nowhere")
    assert [found.rule for found in raised.value.checkup.findings][:1] == ["D401"]
    assert check_first(request(same_twice), check=False, seed=1) is None


def test_what_the_project_ignores_stops_nothing(same_twice: Path) -> None:
    settings = Settings(ignore={"same-data-twice": "a test of memory"}, source="tuner.toml")
    checkup = check_first(request(same_twice), settings, seed=1)
    assert checkup is not None
    assert [off.rule.id for off in checkup.switched_off] == ["D401"]


def test_a_plan_that_cannot_be_right_is_told(easy_data: Path) -> None:
    checkup = check_first(request(easy_data), check=True, seed=1, plan={"learning_rate": 0.3})
    assert any("learning_rate is 0.3" in note for note in check_notes(checkup))


def test_the_same_sample_is_checked(easy_data: Path) -> None:
    checkup = check_first(request(easy_data, sample=20), check=True, seed=1)
    assert checkup is not None
    assert checkup.subject.splits["train"].sentences == 20


def test_many_warnings_are_cut_short(easy_data: Path) -> None:
    checkup = check_first(request(easy_data), check=True, seed=1)
    assert checkup is not None
    warning = next(found for found in checkup.findings if found.severity == "warning")
    many = replace(checkup, findings=(warning,) * 8)
    assert len(check_notes(many)) == 6
    assert check_notes(many)[-1].startswith("The check of the data found 3 more warnings")
    assert check_notes(None) == ()


def test_a_faulty_line_points_to_the_check(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("Acme B-ORG\nrose O\n\nBell\nleft O\nEnd O\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 4") as raised:
        request(path).load(1)
    assert "`tuner check DATA` lists every such place" in raised.value.hint


def test_nothing_is_said_twice(easy_data: Path) -> None:
    known = data_warnings(request(easy_data).load(1))
    checkup = check_first(request(easy_data), check=True, seed=1)
    assert checkup is not None
    assert sum("word for word" in note for note in known) == 2
    assert sum("settings are luck" in note for note in known) == 1
    several = data_warnings(request(easy_data).load(1), trials=20)
    assert sum("best of 20 equally good trials" in note for note in several) == 1
    assert sum("settings are luck" in note for note in several) == 1
    assert not set(known) & set(check_notes(checkup, known))
    assert check_notes(replace(checkup, findings=()), known) == known


def test_broken_tags_are_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    good = "Acme B-ORG\nCorp I-ORG\nrose O\n\nAnna B-PER\nBell I-PER\nleft O\n\n"
    path.write_text(good * 60 + "so O\nAcme I-ORG\nrose O\n\n" * 8, encoding="utf-8")
    known = data_warnings(request(path).load(1))
    assert any("were repaired" in note for note in known)
    checkup = check_first(request(path, sample=100), check=True, seed=1)
    notes = check_notes(checkup, known)
    assert sum("D205" in note for note in notes) == 1
    assert not any("were repaired" in note for note in notes)


def test_a_training_shows_warnings_once_and_keeps_them(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    watcher = TrainWatcher()
    result = tuner.train(
        easy_data,
        model=tiny_model,
        recipe=replace(RECIPE, epochs=1),
        runs_dir=tmp_path,
        device="cpu",
        observer=watcher,
    )
    (facts,) = watcher.runs
    warnings = [note for note in facts.notes if "`tuner explain few-sentences`" in note]
    assert len(warnings) == 1
    assert not [note for note in result.warnings if "tuner explain" in note]
    checkup = kept(result.directory)
    assert (checkup["kind"], checkup["verdict"]) == ("data", "warning")
    assert checkup["facts"]["plan"]["epochs"] == 1


def test_a_search_shows_warnings_once_and_keeps_them(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    watcher = StudyWatcher()
    tuner.search(
        easy_data,
        model=tiny_model,
        trials=1,
        confirm=0,
        space=SPACE,
        recipe=replace(RECIPE, epochs=2),
        study="easy",
        runs_dir=tmp_path,
        device="cpu",
        observer=watcher,
    )
    (plan,) = watcher.plans
    assert sum("`tuner explain few-sentences`" in note for note in plan.notes) == 1
    assert kept(tmp_path / "easy")["facts"]["plan"]["batch_size"] == 8
