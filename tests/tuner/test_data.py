"""Whole data sets: splits, schemes, the development split, samples, facts, notes, refusals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.tag_scheme import entities
from tuner.data import TaskData, load_data
from tuner.errors import UsageError

SAMPLES = Path(__file__).parents[1] / "data" / "formats"
Maker = Callable[..., tuple[Sentence, ...]]


def write(path: Path, sentences: tuple[Sentence, ...], outside: str = "O") -> Path:
    """Write a CoNLL file."""
    path.write_text(
        "\n\n".join(
            "\n".join(
                f"{token}\t{outside if tag == 'O' else tag}"
                for token, tag in zip(each.tokens, each.tags, strict=True)
            )
            for each in sentences
        )
        + "\n",
        encoding="utf-8",
    )
    return path


def words(sentences: tuple[Sentence, ...]) -> list[tuple[str, ...]]:
    return [each.tokens for each in sentences]


@pytest.fixture
def folder(tmp_path: Path, sentences: Maker) -> Path:
    """A data set with three splits."""
    target = tmp_path / "My Data"
    target.mkdir()
    for seed, split in enumerate(("train", "dev", "test")):
        write(target / f"{split}.conll", sentences(40, seed=seed))
    return target


def test_a_folder_with_splits(folder: Path, sentences: Maker) -> None:
    data = load_data(folder)
    assert words(data.train) == words(sentences(40, seed=0))
    assert words(data.dev) == words(sentences(40, seed=1))
    assert words(data.test) == words(sentences(40, seed=2))
    assert not data.dev_made_from_train
    assert data.name == "my-data"
    assert data.source == str(folder)
    assert data.labels == ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER")
    assert data.entity_types == ("LOC", "ORG", "PER")
    assert data.facts["format"] == "conll"
    assert data.facts["encoding"] == "utf-8"
    assert data.facts["scheme"] == "IOB2"
    assert data.facts["files"]["dev"] == [str(folder / "dev.conll")]


def test_counts(folder: Path) -> None:
    data = load_data(folder)
    for split in ("train", "dev", "test"):
        held: tuple[Sentence, ...] = getattr(data, split)
        kinds = Counter(kind for each in held for _, _, kind in entities(each.tags))
        assert data.facts["splits"][split] == {
            "sentences": 40,
            "tokens": sum(len(each.tokens) for each in held),
            "entities": kinds.total(),
            "per_type": dict(kinds),
        }


@pytest.mark.parametrize("name", ["conll", "json_tokens", "json_spans", "kaggle_csv", "parquet"])
def test_every_format_gives_the_same_data(name: str, tmp_path: Path) -> None:
    (path,) = SAMPLES.glob(f"{name}.*")
    data = load_data(path, dev=path)
    assert words(data.train) == [
        ("Anna", "Bell", "joined", "Globex", "in", "Oslo", "."),
        ("Nothing", "happened", "."),
    ]
    assert data.train[0].tags == ("B-PER", "I-PER", "O", "B-ORG", "O", "B-LOC", "O")
    write(tmp_path / "train.conll", data.train)
    assert load_data(tmp_path, dev=tmp_path / "train.conll").fingerprint == data.fingerprint


def test_a_saved_datasets_folder() -> None:
    data = load_data(SAMPLES / "datasets_folder")
    assert (len(data.train), len(data.dev), len(data.test)) == (2, 2, 0)


def test_one_scheme_for_all_splits(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("A I-PER\nB B-PER\nC O\n\nD I-LOC\n")
    (tmp_path / "dev.txt").write_text("E I-PER\n. O\n")
    data = load_data(tmp_path)
    assert data.train[0].tags == ("B-PER", "B-PER", "O")
    assert data.dev[0].tags == ("B-PER", "O")
    assert data.facts["scheme"] == "IOB1"
    assert "The tags are IOB1 and were converted to IOB2." in data.notes


def test_plain_types_are_noted(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("A PER\nB PER\nC OTHER\n\nD LOC\nx OTHER\n")
    data = load_data(tmp_path / "train.txt", dev=tmp_path / "train.txt")
    assert data.train[0].tags == ("B-PER", "I-PER", "O")
    assert any("types without a scheme" in note for note in data.notes)
    assert any("`OTHER` was taken for" in note for note in data.notes)


def test_repairs_are_counted(folder: Path) -> None:
    (folder / "dev.conll").write_text("x O\nA I-PER\n\nB I-LOC\n", encoding="utf-8")
    data = load_data(folder)
    assert data.facts["repaired_tags"] == 2
    assert any(note.startswith("2 tags break the rules of IOB2") for note in data.notes)


def test_a_development_split_is_made(tmp_path: Path, sentences: Maker) -> None:
    path = write(tmp_path / "train.conll", sentences(200))
    data = load_data(path)
    assert data.dev_made_from_train
    assert sorted(words(data.train + data.dev)) == sorted(words(sentences(200)))
    assert not {each.tokens for each in data.train} & {each.tokens for each in data.dev}
    assert 20 <= len(data.dev) <= 40
    assert any("There is no development split" in note for note in data.notes)
    again = load_data(path)
    assert (again.dev, again.fingerprint) == (data.dev, data.fingerprint)
    other = load_data(path, seed=7)
    assert other.dev != data.dev
    assert other.fingerprint != data.fingerprint


def test_a_given_development_file_is_used(tmp_path: Path, sentences: Maker) -> None:
    train = write(tmp_path / "a.conll", sentences(30))
    dev = write(tmp_path / "b.conll", sentences(10, seed=9))
    data = load_data(train, dev=dev, test=dev)
    assert words(data.dev) == words(data.test) == words(sentences(10, seed=9))
    assert data.name == "a"


def labelled(*types: str, text: str = "") -> Sentence:
    """A sentence with one entity of each type."""
    tokens = (*(f"{text}{kind}" for kind in types), ".")
    return Sentence(tokens=tokens, tags=(*(f"B-{kind}" for kind in types), "O"))


def test_a_sample_leaves_the_development_split_alone(tmp_path: Path, sentences: Maker) -> None:
    path = write(tmp_path / "train.conll", sentences(200))
    whole, data = load_data(path), load_data(path, sample=50)
    assert len(data.train) == 50
    assert data.dev == whole.dev
    assert set(words(data.train)) <= set(words(whole.train))
    assert any("a sample of 50 of" in note for note in data.notes)
    assert load_data(path, sample=5_000).train == whole.train


def test_leaks_and_unknown_types_are_noted(folder: Path, sentences: Maker) -> None:
    write(folder / "dev.conll", (*sentences(3, seed=0), labelled("EVENT")))
    notes = load_data(folder).notes
    assert any("3 of 4 dev sentences stand word for word in train" in note for note in notes)
    assert any("dev that never occur in train cannot be learned: EVENT" in note for note in notes)


def test_what_a_reader_met_is_noted(tmp_path: Path) -> None:
    text = '{"text": "Anna left", "label": [[0, 4, "PER"], [0, 2, "X"]]}\n'
    (tmp_path / "train.jsonl").write_text(text * 3)
    notes = load_data(tmp_path, dev=tmp_path / "train.jsonl").notes
    expected = "train.jsonl, line 1: X 'An' lies over a longer span and was left out. (3 times)"
    assert expected in notes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("Anna O\n\nleft O\n\n. O\n", "holds 3 sentences and no entity: every tag is `O`"),
        ("token\ttag\n", "holds no sentences"),
        ("Anna B-PER\nleft O\n", "only 1 different sentence of the training split"),
        ("Anna B-PER\n\nanna B-PER\n\nanna B-PER\n", "only 1 different sentence"),
        ("just some words here\n", "in none of the known formats"),
    ],
)
def test_nothing_to_learn_from(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=complaint) as caught:
        load_data(path)
    assert caught.value.hint


@pytest.mark.parametrize("options", [{"dev_share": 0.0}, {"dev_share": 1.0}, {"sample": 0}])
def test_options_out_of_range(folder: Path, options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="must hold, but got"):
        load_data(folder, **options)  # type: ignore[arg-type]


def test_a_defect_names_file_and_line(folder: Path) -> None:
    with (folder / "dev.conll").open("a") as file:
        file.write("\nno tag\there at\tall\n")
    with pytest.raises(DataError, match=r"dev\.conll, line \d+: 3 columns where"):
        load_data(folder)


def test_the_fingerprint_follows_words_tags_and_splits(folder: Path) -> None:
    before = load_data(folder).fingerprint
    path = folder / "test.conll"
    text = path.read_text()
    path.write_text(text.replace("B-PER", "B-ORG", 1))
    assert load_data(folder).fingerprint != before
    path.write_text(text.replace("\t", "  "))
    assert load_data(folder).fingerprint == before
    path.unlink()
    assert load_data(folder).fingerprint != before


def test_many_sentences_are_read_in_seconds(tmp_path: Path, sentences: Maker) -> None:
    """20,000 sentences; a quadratic step anywhere would take minutes."""
    made = sentences(20_000)
    numbered = tuple(
        Sentence(tokens=(*each.tokens, str(number)), tags=(*each.tags, "O"))
        for number, each in enumerate(made)
    )
    path = write(tmp_path / "train.conll", numbered)
    started = time.process_time()
    data: TaskData = load_data(path)
    assert time.process_time() - started < 10
    assert len(data.train) + len(data.dev) == 20_000
