"""Data sets of the hub, from a local stand-in: the library reads folders with the same code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnostics.data_format import ReadingLog, ReadOptions
from diagnostics.errors import DataError
from diagnostics.format_finder import find_format
from diagnostics.formats import hub
from diagnostics.formats.hub import HubFormat

datasets = pytest.importorskip("datasets")

ROWS = [{"tokens": ["Anna", "left"], "ner_tags": [1, 0]}, {"tokens": ["."], "ner_tags": [0]}]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    hub._load.cache_clear()
    yield
    hub._load.cache_clear()


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """Answers every id with a folder laid out like a repository of the hub; keeps the calls."""
    features = datasets.Features(
        {
            "tokens": datasets.List(datasets.Value("string")),
            "ner_tags": datasets.List(datasets.ClassLabel(names=["O", "B-PER"])),
        }
    )
    folder = tmp_path / "repository" / "data"
    folder.mkdir(parents=True)
    made = datasets.Dataset.from_list(ROWS, features=features)
    for split in ("train", "validation"):
        made.to_parquet(str(folder / f"{split}-00000-of-00001.parquet"))
    load, calls = datasets.load_dataset, list[tuple[str, str | None]]()

    def local(name: str, configuration: str | None = None) -> object:
        calls.append((name, configuration))
        return load(str(folder.parent), cache_dir=str(tmp_path / "cache"))

    monkeypatch.setattr(datasets, "load_dataset", local)
    monkeypatch.setattr(hub, "_resolves", lambda address: True)
    return calls


def test_an_id_is_read_with_its_label_names(stand_in: list[tuple[str, str | None]]) -> None:
    path = Path("owner/name:english")
    found = find_format(path)
    assert found.name == "hub"
    assert found.splits(path) == ("train", "validation")
    sentences = list(found.read(path, ReadOptions(split="validation"), ReadingLog()))
    assert [(each.tokens, each.tags, each.line) for each in sentences] == [
        (("Anna", "left"), ("B-PER", "O"), 1),
        ((".",), ("O",), 2),
    ]
    assert stand_in == [("owner/name", "english")]


@pytest.mark.parametrize(
    "name", ["missing.txt", "/no/such/folder", "a/b/c", "../x", "a b", "x.zip"]
)
def test_paths_are_no_ids(name: str) -> None:
    assert HubFormat().find(Path(name), b"") is None


def test_what_exists_is_no_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert HubFormat().find(Path("name"), b"") is not None
    (tmp_path / "name").mkdir()
    assert HubFormat().find(Path("name"), b"") is None


def test_without_the_hub_the_message_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_resolves", lambda address: False)
    with pytest.raises(DataError, match="neither a file nor a folder") as caught:
        HubFormat().splits(Path("owner/no-such-data-set-anywhere"))
    assert "save_to_disk" in caught.value.hint


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(DataError, match="package datasets is needed") as caught:
        HubFormat().splits(Path("owner/name"))
    assert "pip install datasets" in caught.value.hint


def test_hub_repositories_may_lie_in_a_folder(
    stand_in: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    del stand_in
    from diagnostics.split_finder import find_splits

    sources = find_splits(tmp_path / "repository")
    assert {split: places[0].format.name for split, places in sources.items()} == {
        "train": "parquet",
        "dev": "parquet",
    }


def test_rows_with_spans_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "spans.parquet"
    row = {"text": "Anna left", "entities": [{"start": 0, "end": 4, "label": "PER"}]}
    datasets.Dataset.from_list([row]).to_parquet(str(path))
    (sentence,) = find_format(path).read(path, ReadOptions(), ReadingLog())
    assert sentence.tags == ("B-PER", "O")


def test_columns_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    datasets.Dataset.from_list([{"question": "?", "answer": "!"}]).to_parquet(str(path))
    with pytest.raises(DataError, match="its columns are question, answer"):
        list(find_format(path).read(path, ReadOptions(), ReadingLog()))


def test_numbers_without_names_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    datasets.Dataset.from_list(ROWS).to_parquet(str(path))
    with pytest.raises(DataError, match="nothing says what they mean"):
        list(find_format(path).read(path, ReadOptions(), ReadingLog()))
    (tmp_path / "label_names.json").write_text(json.dumps(["O", "B-PER"]))
    sentences = list(find_format(path).read(path, ReadOptions(), ReadingLog()))
    assert sentences[0].tags == ("B-PER", "O")
