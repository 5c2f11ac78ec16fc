"""Splits are found by name, wherever they lie, and what is unclear is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.errors import DataError
from diagnostics.files_left_aside import notes_on_files_left_aside
from diagnostics.split_finder import find_splits, split_of_name

SAMPLES = Path(__file__).parents[1] / "data" / "formats"
CONTENT = "Anna\tB-PER\nleft\tO\n\nOslo\tB-LOC\n"


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(CONTENT)
    return folder


def found(source: Path, **options: Path | str) -> dict[str, list[str]]:
    """Split to the names of its files."""
    sources = find_splits(source, **options)  # type: ignore[arg-type]
    return {split: [place.path.name for place in places] for split, places in sources.items()}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["train.txt", "dev.txt", "test.txt"], ["train.txt", "dev.txt", "test.txt"]),
        (["train.conll", "valid.conll"], ["train.conll", "valid.conll"]),
        (["Train.TSV", "Validation.TSV"], ["Train.TSV", "Validation.TSV"]),
        (["eng.train", "eng.testa", "eng.testb"], ["eng.train", "eng.testa", "eng.testb"]),
        (["wnut17train.conll", "emerging.dev.conll"], ["wnut17train.conll", "emerging.dev.conll"]),
        (["en_train_v2.iob2", "val"], ["en_train_v2.iob2", "val"]),
        (["train.txt", "train.md", "train.py", ".train.txt.swp", "README"], ["train.txt"]),
        (["train.txt", "train_notes.txt", "latest.txt", "trainer_state.txt"], ["train.txt"]),
        (["data/train.txt", "data/test.txt", "README.md"], ["train.txt", "test.txt"]),
        (["train/a.txt", "train/b.txt", "dev/a.txt"], ["a.txt", "b.txt", "a.txt"]),
        (["whatever.conll", "LICENSE.md"], ["whatever.conll"]),
        (["train.spacy", "dev.spacy", "config.cfg"], ["train.spacy", "dev.spacy"]),
        (["train.conll", "train.spacy", "dev.conll", "dev.spacy"], ["train.conll", "dev.conll"]),
    ],
)
def test_folders(tmp_path: Path, names: list[str], expected: list[str]) -> None:
    places = found(fill(tmp_path, *names))
    assert next(iter(places)) == "train"
    assert [name for held in places.values() for name in held] == expected


def test_shards_are_one_split(tmp_path: Path) -> None:
    names = [f"train-0000{number}-of-00002.conll" for number in range(2)]
    assert found(fill(tmp_path, *names)) == {"train": names}


def test_a_file_is_the_training_split(tmp_path: Path) -> None:
    fill(tmp_path, "train.txt", "dev.txt", "other.txt")
    assert found(tmp_path / "train.txt") == {"train": ["train.txt"]}
    assert found(tmp_path / "train.txt", dev=tmp_path / "other.txt") == {
        "train": ["train.txt"],
        "dev": ["other.txt"],
    }
    assert found(tmp_path, dev=tmp_path / "other.txt")["dev"] == ["other.txt"]


def test_splits_of_a_saved_folder() -> None:
    sources = find_splits(SAMPLES / "datasets_folder")
    assert {split: places[0].split for split, places in sources.items()} == {
        "train": "train",
        "dev": "validation",
    }


def test_the_format_may_be_named(tmp_path: Path) -> None:
    fill(tmp_path, "train.txt", "dev.txt")
    (tmp_path / "train.txt").write_text("x y z\n")
    sources = find_splits(tmp_path, data_format="conll")
    assert {places[0].format.name for places in sources.values()} == {"conll"}
    saved = find_splits(SAMPLES / "datasets_folder", data_format="datasets-folder")
    assert list(saved) == ["train", "dev"]


def test_one_split_of_a_saved_folder() -> None:
    assert found(SAMPLES / "datasets_folder" / "train") == {"train": ["train"]}


def test_splits_inside_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(
        '{"train": [{"tokens": ["a"], "tags": ["O"]}], "test": [{"tokens": ["b"], "tags": ["O"]}]}'
    )
    sources = find_splits(path)
    assert {split: places[0].split for split, places in sources.items()} == {
        "train": "train",
        "test": "test",
    }


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ([], "it was searched for train, dev .* and holds nothing"),
        (["a.txt", "b.txt"], "no file named like a training split.* holds a.txt, b.txt"),
        (["deep/er/train.txt"], "holds deep/"),
        (["dev.txt", "test.txt"], "holds no training split, only dev, test"),
        (["a_train.txt", "b_train.txt"], "Several files could be the train split: a_train.txt"),
        (["train.txt", "train.conll"], "Several files could be the train split"),
    ],
)
def test_folders_without_a_clear_training_split(
    tmp_path: Path, names: list[str], complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        find_splits(fill(tmp_path, *names))


def test_archives_in_a_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "train.zip").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(DataError, match=r"train\.zip is a zip archive"):
        find_splits(tmp_path)


@pytest.mark.parametrize("name", ["missing.txt", "/no/such/folder"])
def test_what_does_not_exist(name: str) -> None:
    with pytest.raises(DataError, match="does not exist"):
        find_splits(name)


def test_a_missing_development_file(tmp_path: Path) -> None:
    fill(tmp_path, "train.txt")
    with pytest.raises(DataError, match=r"The dev file .* does not exist"):
        find_splits(tmp_path, dev=tmp_path / "dev.txt")
    with pytest.raises(DataError, match="is a folder; `--test` takes a file"):
        find_splits(tmp_path, test=tmp_path)


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError):
        find_splits(gone)
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("eng.testa", "dev"),
        ("eng.testb", "test"),
        ("validation", "dev"),
        ("contest", None),
        ("latest", None),
        ("devices", None),
        ("value", None),
        ("restrain", None),
        ("test2", "test"),
        ("my-TEST-set", "test"),
    ],
)
def test_names(name: str, split: str | None) -> None:
    assert split_of_name(name) == split


def test_files_left_aside_are_named(tmp_path: Path) -> None:
    folder = fill(tmp_path, "train.txt", "train1.txt", "train2.txt", "dev.txt", "other.txt")
    (note,) = notes_on_files_left_aside(folder, find_splits(folder))
    assert note == "The train split is train.txt; train1.txt, train2.txt were left aside."
    assert note in check(folder).subject.notes
    assert not notes_on_files_left_aside(
        folder / "train.txt", find_splits(folder / "train.txt", dev=folder / "dev.txt")
    )


def test_an_unused_development_file_is_no_secret(tmp_path: Path) -> None:
    folder = fill(tmp_path, "train.txt", "dev.txt")
    elsewhere = fill(tmp_path / "elsewhere", "mine.txt") / "mine.txt"
    assert not notes_on_files_left_aside(folder, find_splits(folder, dev=elsewhere))


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_path_is_refused(empty: str, tmp_path: Path) -> None:
    for source, dev in ((empty, None), (fill(tmp_path, "train.txt"), empty)):
        with pytest.raises(DataError, match="path of the data is empty"):
            find_splits(source, dev=dev)


def test_pipes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    for source in ("-", "pipe", "/dev/null"):
        with pytest.raises(DataError, match="cannot be read from a pipe") as caught:
            find_splits(source)
        assert "file first" in caught.value.hint
