"""Reading model cards."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from diagnostics import series
from diagnostics.checkup import diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.readers._markdown import front_matter, items_under, tables
from diagnostics.readers.model_card import ModelCard
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers" / "model_card"
READER = ModelCard()

HEADER = "| Training Loss | Epoch | Step | Validation Loss | F1 |\n|:-:|:-:|:-:|:-:|:-:|\n"


def read_card(tmp_path: Path, text: str) -> RunHistory:
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    return READER.read(path)


def test_a_card_tells_the_curve_the_hyperparameters_and_the_libraries() -> None:
    run = READER.read(DATA / "healthy" / "README.md")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4, 5]
    assert [point.step for point in run.epochs] == [60, 120, 180, 240, 300]
    assert [point.value for point in series.scores(run)] == [0.4916, 0.723, 0.7905, 0.8123, 0.8112]
    assert run.epochs[0].metrics["precision"] == 0.4817
    assert run.config == {
        "learning_rate": 3e-5,
        "batch_size": 8,
        "gradient_accumulation_steps": 2,
        "total_train_batch_size": 16,
        "eval_batch_size": 16,
        "epochs": 5,
        "warmup_ratio": 0.1,
        "schedule": "linear",
        "optimizer": "adamw_torch",
        "label_smoothing": 0.1,
        "fp16": True,
        "seed": 7,
        "model": "distilbert-base-cased",
        "architecture": "TokenClassification",
        "load_best_model_at_end": True,  # the results on top are those of epoch 4
    }
    assert run.dataset == {"name": "museum_labels", "train_sentences_estimated": 960}
    assert run.environment["versions"]["transformers"] == "4.46.2"
    assert run.environment["versions"]["torch"] == "2.5.1+cu121"


def test_a_loss_that_was_not_logged_or_only_repeated_is_none() -> None:
    run = READER.read(DATA / "healthy" / "README.md")
    assert [point.train_loss for point in run.epochs] == [None, 0.5512, None, 0.142, None]
    assert run.notes == ("A training loss that the card repeats from the row above was left out.",)


def test_zeros_and_nan_that_repeat_are_evidence(tmp_path: Path) -> None:
    run = read_card(
        tmp_path, HEADER + "| 0.0 | 1.0 | 9 | nan | 0 |\n| 0.0 | 2.0 | 18 | nan | 0 |\n"
    )
    assert [point.train_loss for point in run.epochs] == [0.0, 0.0]
    assert all(math.isnan(point.eval_loss or 0) for point in run.epochs)


def test_a_card_of_keras_counts_from_zero_and_misnames_its_scores() -> None:
    run = READER.read(DATA / "keras.md")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.metrics["f1"] for point in run.epochs] == [0.6015, 0.7314, 0.761]
    assert run.config["learning_rate"] == 4e-5
    assert run.config["weight_decay"] == 0.02
    assert run.config["fp16"] is True
    assert "Train F1" in run.notes[0]
    assert "count" in run.notes[1]


def test_keras_scores_of_the_training_stand_beside_those_of_the_validation(tmp_path: Path) -> None:
    run = read_card(
        tmp_path,
        "| Train Loss | Train Accuracy | Validation Loss | Validation Accuracy | Epoch |\n"
        "|---|---|---|---|---|\n| 0.5 | 0.99 | 0.6 | 0.71 | 0 |\n",
    )
    assert run.epochs[0].metrics == {"accuracy": 0.71}


def test_cells_may_hold_dictionaries_bold_type_or_nothing() -> None:
    run = READER.read(DATA / "dictionaries.md")
    assert [point.metrics for point in run.epochs] == [
        {"accuracy": 0.81, "f1": 0.2},
        {"accuracy": 0.9, "f1": 0.7},
        {},
    ]
    assert run.epochs[1].number == 2
    assert run.epochs[1].train_loss == 0.4
    assert run.epochs[1].per_type["Ayer"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 12,
    }
    assert run.epochs[1].per_type["Otal"]["f1"] == 0.75
    assert run.epochs[2].train_loss == 0.3
    assert run.notes == ("Column Matrix holds more than figures.",)


def test_columns_of_entity_types_and_a_second_table_with_other_columns() -> None:
    run = READER.read(DATA / "two_tables.md")
    assert [point.metrics for point in run.epochs] == [{"f1": 0.3}, {"f1": 0.5}, {"f1": 0.61}]
    assert run.epochs[0].per_type == {
        "Per": {"f1": 0.2, "support": 31},
        "Loc": {"f1": 0.4, "support": 19},
    }
    assert run.epochs[2].eval_loss == 0.55
    assert run.notes == ("Overall F1 was read as f1.",)


def test_a_card_without_a_table_gives_its_last_point() -> None:
    run = READER.read(DATA / "without_table.md")
    (point,) = run.epochs
    assert (point.number, point.step) == (4, 220)
    assert point.eval_loss == 0.3105
    assert point.metrics == {"f1": 0.662, "precision": 0.6413, "recall": 0.6841}
    assert run.config["model"] == "xlm-roberta-base"
    assert run.config["architecture"] == "TokenClassification"
    assert run.dataset["dev_sentences"] == 120
    assert "no table" in run.notes[0]


def test_the_metadata_tell_the_scores_where_nothing_else_does(tmp_path: Path) -> None:
    text = (DATA / "healthy" / "README.md").read_text("utf-8")
    start, _, rest = text.partition("It achieves")
    run = read_card(
        tmp_path, start + rest.partition("### Training results")[0].split("- Accuracy: 0.9612")[1]
    )
    assert run.epochs[0].metrics == {"f1": 0.8123456}


def test_a_card_without_results_is_refused() -> None:
    with pytest.raises(DiagnosticsError, match="without results of a training"):
        READER.read(DATA / "without_results.md")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (bytes(range(32)) * 20, "is no text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer"),
    ],
    ids=["empty", "binary", "pointer"],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)


def test_cards_are_known_by_what_they_hold(tmp_path: Path) -> None:
    healthy = DATA / "healthy"
    assert READER.find(healthy) == (healthy / "README.md",)
    assert READER.find(DATA / "keras.md") == (DATA / "keras.md",)
    readme = tmp_path / "README.md"
    readme.write_text("# A project\n\nIt tells Training Loss and hyperparameters.\n", "utf-8")
    assert READER.find(tmp_path) == ()
    assert READER.find(readme) == ()
    assert READER.find(tmp_path / "absent.md") == ()


def test_other_encodings_and_line_ends_are_read(tmp_path: Path) -> None:
    text = HEADER + "| 0.5 | 1.0 | 9 | 0.4 | 0.61 |\n"
    path = tmp_path / "README.md"
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))
    assert READER.find(path) == (path,)
    assert READER.read(path).epochs[0].metrics == {"f1": 0.61}


def test_a_card_is_judged_like_any_other_log() -> None:
    checkup = diagnose(DATA / "healthy")
    assert checkup.reader == "model_card"
    assert checkup.crashed == ()


def test_front_matter_is_never_more_than_data() -> None:
    assert front_matter("---\na: 1\n---\n# x") == {"a": 1}
    assert front_matter("---\n- a\n---\n") == {}
    assert front_matter("---\na: !!python/object/apply:os.system ['true']\n---\n") == {}
    assert front_matter("---\na: [\n---\n") == {}
    assert front_matter("---\na: 1\n") == {}
    assert front_matter("# no front matter\n---\n") == {}


def test_lists_end_where_the_next_section_begins() -> None:
    text = "intro\nwere used:\n- a: 1\n- b c: x: y\n- a: 2\n\ntext\n- d: 4\n# Next\n- e: 5\n"
    assert items_under(text, "were used") == {"a": "1", "b c": "x: y"}
    assert items_under(text, "absent") == {}


def test_tables_keep_escaped_bars_and_torn_rows() -> None:
    (table,) = tables("| A | B |\n|---|:-:|\n| 1 \\| 2 | x |\n| torn\nrest | 9 |\n| 3 | 4 | 5 |\n")
    assert table.columns == ("A", "B")
    assert table.rows == (("1 | 2", "x"), ("torn",), ("3", "4", "5"))


def test_steps_that_begin_anew_in_each_epoch_are_left_out(tmp_path: Path) -> None:
    run = read_card(
        tmp_path, HEADER + "| 2.0 | 1.0 | 90 | 1.9 | 0 |\n| 1.0 | 2.0 | 70 | 1.4 | 0 |\n"
    )
    assert [point.number for point in run.epochs] == [1, 2]
    assert [point.step for point in run.epochs] == [None, None]
    assert run.notes == ("The steps of the card do not rise with its epochs; they were left out.",)


def test_cards_of_other_trainers_are_read(tmp_path: Path) -> None:
    span_marker = (
        "### Training Hyperparameters\n- learning_rate: 5e-05\n- num_epochs: 3\n\n"
        "### Training Results\n"
        "| Epoch | Step | Validation Loss | Validation Precision | Validation F1 |\n"
        "|:-:|:-:|:-:|:-:|:-:|\n"
        "| 0.5 | 100 | 0.04 | 0.7 | 0.6 |\n| 1.0 | 200 | 0.03 | 0.8 | 0.7 |\n"
        "### Framework Versions\n- Python: 3.10.12\n- SpanMarker: 1.5.0\n- PyTorch: 2.1.0+cu118\n"
    )
    run = read_card(tmp_path, span_marker)
    assert READER.find(tmp_path) == (tmp_path / "README.md",)
    assert [point.metrics for point in run.epochs] == [
        {"precision": 0.7, "f1": 0.6},
        {"precision": 0.8, "f1": 0.7},
    ]
    assert run.config["learning_rate"] == 5e-5
    assert run.environment["versions"]["torch"] == "2.1.0+cu118"
    sentences = (
        "### Training Logs\n| Epoch | Step | Training Loss | loss | dev_accuracy |\n"
        "|:-:|:-:|:-:|:-:|:-:|\n"
        "| 0.5 | 50 | 0.9 | - | - |\n| **1.0** | **100** | - | **0.8** | 0.6 |\n"
    )
    run = read_card(tmp_path, sentences)
    assert [(point.train_loss, point.eval_loss) for point in run.epochs] == [(0.9, 0.8)]
    assert run.epochs[0].metrics == {"accuracy": 0.6}


def test_a_list_of_scores_may_have_no_dashes(tmp_path: Path) -> None:
    run = read_card(
        tmp_path, "# x\n## Validation Metrics\nloss: 0.25\n\nf1: 0.75\n\nprecision: 0.8\n"
    )
    assert READER.find(tmp_path) == (tmp_path / "README.md",)
    assert run.epochs[0].eval_loss == 0.25
    assert run.epochs[0].metrics == {"f1": 0.75, "precision": 0.8}


def test_of_several_trainings_in_one_document_the_longest_is_read(tmp_path: Path) -> None:
    table = "| Epoch | Train Loss | Val Loss | Val F1 | Note |\n|---|---|---|---|---|\n"
    run = read_card(
        tmp_path,
        f"# Runs\n## First\n{table}| 1 | 0.9 | 0.8 | 61.5 | |\n"
        f"## Second\n{table}| 1/2 | 0.7 | 0.6 ✓ | 70.2% | best |\n"
        "| **2/2** | 0.5 | **0.5** 🌟 | — | |\n",
    )
    assert READER.find(tmp_path) == (tmp_path / "README.md",)
    assert [(point.number, point.eval_loss) for point in run.epochs] == [(1, 0.6), (2, 0.5)]
    assert run.epochs[0].metrics == {"f1": pytest.approx(0.702)}
    assert "Of 2 trainings in the document the longest was read." in run.notes


def test_epochs_counted_from_zero_are_counted_from_one(tmp_path: Path) -> None:
    run = read_card(
        tmp_path,
        "| Epoch | Train Loss | Train Accuracy | Val Loss |\n|---|---|---|---|\n"
        "| 0 | 0.9 | 0.8 | 0.7 |\n| 1 | 0.8 | 0.9 | 0.6 |\n",
    )
    assert [point.number for point in run.epochs] == [1, 2]
    assert run.epochs[0].metrics == {}  # an accuracy on the training split


def test_percentages_become_shares(tmp_path: Path) -> None:
    run = read_card(
        tmp_path, HEADER + "| 0.9 | 1.0 | 9 | 1.2 | 81.3 |\n| 0.8 | 2 | 18 | 1 | 90 |\n"
    )
    assert [point.metrics["f1"] for point in run.epochs] == [pytest.approx(0.813), 0.9]
    assert "f1 reaches 90 and was read as a percentage." in run.notes


def test_metadata_of_brackets_inside_brackets_is_left_alone() -> None:
    """YAML's own parser would be busy for longer than any test may take."""
    assert front_matter("---\n" + "{" * 8_000 + "\n---\n# a card\n") == {}
    assert front_matter("---\ntags: [a, b]\n---\n# a card\n") == {"tags": ["a", "b"]}


# ------------------------------------------------------------------------ names of entity types

TYPES = (
    "| Training Loss | Epoch | Validation Loss | Per Precision | Per Recall | Per F1 | Per Number "
    "| Date Of Birth Precision | Date Of Birth Recall | Date Of Birth F1 | Date Of Birth Number |\n"
    + "|:-:" * 11
    + "|\n| 0.5 | 1.0 | 0.4 | 0.5 | 0.5 | 0.5 | 9 | 0.6 | 0.6 | 0.6 | 7 |\n"
)


def types_of(run: RunHistory) -> set[str]:
    return {name for point in run.epochs for name in point.per_type}


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", '{"id2label": {"0": "O", "1": "B-PER", "2": "B-date_of_birth"}}'),
        ("labels.txt", "O\nB-PER\nB-date_of_birth\n"),
    ],
)
def test_entity_types_are_called_as_the_labels_beside_the_card(
    file: str, content: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(content, "utf-8")
    assert types_of(read_card(tmp_path, TYPES)) == {"PER", "date_of_birth"}


def test_entity_types_are_called_as_in_the_text_of_the_card(tmp_path: Path) -> None:
    text = f"It finds B-PER, I-PER and the like, and DATE_OF_BIRTH.\n\n{TYPES}"
    assert types_of(read_card(tmp_path, text)) == {"PER", "DATE_OF_BIRTH"}


@pytest.mark.parametrize("labels", ["", "\x00", "[" * 5000])
def test_without_a_list_that_can_be_read_types_stay_as_the_card_has_them(
    labels: str, tmp_path: Path
) -> None:
    (tmp_path / "labels.json").write_text(labels, "utf-8")
    assert types_of(read_card(tmp_path, TYPES)) == {"Per", "Date Of Birth"}
