"""Study folders from strangers: nothing is written, deleted or waited for outside of them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import make_spec, search
from tuner.cli import main
from tuner.errors import StudyError
from tuner.search import plain_files
from tuner.search.documents import (
    append_line,
    cut_torn_line,
    read_json,
    read_lines,
    remove_tree,
    write_json,
)
from tuner.search.plain_files import refuse_links
from tuner.search.study_record import load_study


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished scripted study of two trials."""
    folder = tmp_path_factory.mktemp("runs") / "demo"
    search(folder, make_spec(trials=2))
    return folder


@pytest.fixture
def study(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, as a stranger might send one."""
    return Path(shutil.copytree(finished, tmp_path / "runs" / "demo"))


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A folder outside of the study that nothing may touch."""
    folder = tmp_path / "precious"
    (folder / "best").mkdir(parents=True)
    (folder / "checkpoint").mkdir()
    (folder / "best" / "thesis.txt").write_text("years of work")
    (folder / "notes.txt").write_text("a line\nhalf a line")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Writing


def test_nothing_is_written_through_a_link(tmp_path: Path, precious: Path) -> None:
    before = contents(precious)
    link = tmp_path / "history.jsonl"
    link.symlink_to(precious / "notes.txt")
    with pytest.raises(StudyError, match="is a link"):
        append_line(link, {"kind": "epoch"})
    with pytest.raises(StudyError, match="is a link"):
        cut_torn_line(link)
    assert contents(precious) == before


def test_a_whole_file_takes_the_place_of_a_link(tmp_path: Path, precious: Path) -> None:
    """Neither the file nor the temporary one beside it is written through a link."""
    before = contents(precious)
    path = tmp_path / "result.json"
    for name in ("result.json", f".result.json.{os.getpid()}.partial"):
        (tmp_path / name).symlink_to(precious / "notes.txt")
    write_json(path, {"state": "finished"})
    assert contents(precious) == before
    assert not path.is_symlink()
    assert read_json(path) == {"state": "finished"}


@pytest.mark.parametrize(
    "place",
    ["lock", "memory.json", "cache", "trials/0000", "trials/0000/best.tmp", "trials/0009", "best"],
)
def test_a_study_with_a_link_in_it_is_not_worked_on(
    study: Path, precious: Path, place: str
) -> None:
    path = study / place
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(precious / "best")
    before = contents(precious)
    with pytest.raises(StudyError, match="is a link or no regular file") as caught:
        refuse_links(study)
    assert place in caught.value.message
    assert contents(precious) == before


def test_pipes_are_refused_and_a_linked_study_folder_is_not(study: Path, tmp_path: Path) -> None:
    linked = tmp_path / "elsewhere"
    linked.symlink_to(study, target_is_directory=True)
    refuse_links(linked)
    refuse_links(tmp_path / "not there yet")
    os.mkfifo(study / "trials" / "0001" / "pipe")
    with pytest.raises(StudyError, match="no regular file"):
        refuse_links(linked)


# Deleting


@pytest.mark.parametrize("name", ["best", "checkpoint"])
def test_deleting_never_follows_a_link(tmp_path: Path, precious: Path, name: str) -> None:
    before = contents(precious)
    run = tmp_path / "demo" / "trials" / "0000"
    run.mkdir(parents=True)
    (run / name).symlink_to(precious / name, target_is_directory=True)
    (run / f"{name}.deleted").symlink_to(precious, target_is_directory=True)
    remove_tree(run / name, within=tmp_path / "demo")
    assert list(run.iterdir()) == []
    assert contents(precious) == before


def test_deleting_stays_within_the_study(tmp_path: Path, precious: Path) -> None:
    before = contents(precious)
    trials = tmp_path / "demo" / "trials"
    trials.mkdir(parents=True)
    (trials / "0000").symlink_to(precious, target_is_directory=True)
    with pytest.raises(StudyError, match="leads from there out of"):
        remove_tree(trials / "0000" / "best", within=tmp_path / "demo")
    assert contents(precious) == before


def test_deleting_works_below_a_linked_study(tmp_path: Path) -> None:
    (tmp_path / "disk" / "best").mkdir(parents=True)
    (tmp_path / "demo").symlink_to(tmp_path / "disk", target_is_directory=True)
    remove_tree(tmp_path / "demo" / "best", within=tmp_path / "demo")
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_going_on_search_leaves_the_files_of_others_alone(study: Path, precious: Path) -> None:
    """The run folder of a loser is a link to a folder that happens to hold `best/`."""
    before = contents(precious)
    for name in ("config.json", "result.json", "history.jsonl"):
        shutil.copy(study / "trials" / "0000" / name, precious)
    shutil.rmtree(study / "trials" / "0000")
    (study / "trials" / "0000").symlink_to(precious, target_is_directory=True)
    with pytest.raises(StudyError):
        search(study, make_spec(trials=4))
    assert before.items() <= contents(precious).items()


# Names and keys


@pytest.mark.parametrize(
    "key", ["../../escaped", "/tmp/escaped", "0001", "", "..", None, 7, ["0000"], "0000\x00"]
)
def test_a_training_is_named_as_its_folder(study: Path, key: Any) -> None:
    """The key of a training becomes the name of the folder in which it is repeated."""
    change(study / "trials" / "0000" / "config.json", lambda config: {**config, "key": key})
    with pytest.raises(StudyError, match="its key is"):
        load_study(study)
    with pytest.raises(StudyError, match="its key is"):
        search(study, make_spec(trials=4))
    assert not list(study.parent.parent.rglob("*escaped*"))


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "../1"}, {"number": 1.5}, {"number": None}, {"role": "../again"}, {"role": None},
        {"role": ["search"]},
    ],
)  # fmt: skip
def test_numbers_and_roles_are_what_they_are(study: Path, changed: dict[str, Any]) -> None:
    change(study / "trials" / "0000" / "config.json", lambda config: {**config, **changed})
    with pytest.raises(StudyError, match="cannot be read"):
        load_study(study)


def test_the_owner_of_the_model_is_one_of_the_study(study: Path) -> None:
    """`best/` is moved back to the training that it names, if there is one of that name."""
    for owner in ({"key": "../../../escaped"}, {"no": "key"}, ["0000"], "0000"):
        (study / "best" / "tuner_run.json").write_text(json.dumps(owner))
        search(study, make_spec(trials=2 + len(str(owner)) % 3))
        assert not list(study.parent.parent.rglob("*escaped*"))


# What is read is bounded


def test_deep_nesting_is_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text("[" * 200_000)
    with pytest.raises(StudyError, match="cannot be read"):
        read_json(path)
    path.write_text("[" * 200_000 + "\n" + '{"kind": "epoch"}\n')
    assert read_lines(path) == [{"kind": "epoch"}]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("read", [read_json, read_lines])
def test_pipes_and_devices_are_not_read(
    tmp_path: Path, make: Callable[[Path], None], read: Callable[[Path], Any]
) -> None:
    """A pipe would wait for ever, a device never end."""
    make(tmp_path / "result.json")
    with pytest.raises(StudyError, match="no regular file"):
        read(tmp_path / "result.json")


@pytest.mark.parametrize("read", [read_json, read_lines])
def test_huge_files_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any]
) -> None:
    monkeypatch.setattr(plain_files, "MOST_BYTES", 1_000)
    (tmp_path / "result.json").write_text(" " * 1_001)
    with pytest.raises(StudyError, match="larger than 1,000 bytes"):
        read(tmp_path / "result.json")


POISONS = (
    '{"spec": {}}',
    "[]",
    '"text"',
    "null",
    "{",
    '{"state": "../x"}',
    '{"spec": 1, "scores": 1, "key": 1}',
    "[[1, 2, [3]]]",
)


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize(
    "name",
    [
        "study.json", "summary.json", "clock.json", "test.json", "trials/0000/config.json",
        "trials/0000/result.json", "trials/0000/history.jsonl", "trials/0000/dev_counts.json",
    ],
)  # fmt: skip
def test_poisoned_files_end_in_one_message(
    study: Path, name: str, poison: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (study / name).write_text(poison)
    for command in ("show", "export"):
        assert main([command, str(study)]) in (0, 1, 2)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        assert "bug" not in shown.err, shown.err


def change(path: Path, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path.write_text(json.dumps(how(json.loads(path.read_text()))))
