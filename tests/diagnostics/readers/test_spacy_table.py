"""Reading the table that `spacy train` prints."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from diagnostics.checkup import diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.readers.spacy_table import SpacyTraining

DATA = Path(__file__).parents[2] / "data" / "readers" / "spacy_table"
READER = SpacyTraining()
HEADER = "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE\n"


def test_a_table_among_other_lines_is_read() -> None:
    run = READER.read(DATA / "small_run.log")
    assert [point.step for point in run.epochs] == [0, 100, 200, 300, 400]
    assert [point.metrics["f1"] for point in run.epochs] == [0.0, 0.205, 0.4875, 0.619, 0.612]
    assert run.epochs[3].metrics["precision"] == 0.65
    assert run.epochs[3].metrics["score"] == 0.62
    assert (run.monitor, run.higher_is_better) == ("f1", True)
    assert run.config["pipeline"] == "tok2vec, ner"
    assert "learning_rate" not in run.config  # a rate for training from nothing
    assert run.config["initial_learning_rate"] == 0.001
    assert "1 torn row was left out." in run.notes


def test_the_sum_of_losses_becomes_a_mean_over_the_steps_between() -> None:
    run = READER.read(DATA / "small_run.log")
    assert [point.train_loss for point in run.epochs] == [31.0, 8.2, 3.1, 1.2, 0.6]
    several = READER.read(DATA / "transformer_without_epochs.txt")
    assert [point.train_loss for point in several.epochs] == [2.0, 0.5]  # not the tagger's


def test_rows_within_one_epoch_are_told_apart() -> None:
    run = READER.read(DATA / "small_run.log")
    assert [point.number for point in run.epochs] == [0.0, 0.5, 1.0, 2.0, 4.0]
    without = READER.read(DATA / "transformer_without_epochs.txt")
    assert [point.number for point in without.epochs] == [200, 400]


def test_other_tasks_have_their_score(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("E  #  LOSS TEXTCAT  CATS_SCORE  SCORE\n--- ---\n0  0  1.5  60.00  0.60\n")
    run = READER.read(path)
    assert run.epochs[0].metrics == {"cats_score": 0.6, "score": 0.6}
    assert run.monitor == "score"


def test_of_several_tables_the_longest_is_read(tmp_path: Path) -> None:
    rows = [f"  {n}  {n}00  1.00  2.00  1{n}.00  10.00  10.00  0.1{n}\n" for n in range(3)]
    text = HEADER + rows[0] + "LOSS of nothing\n" + HEADER.replace("NER", "TAGGER") + "".join(rows)
    (tmp_path / "log.txt").write_text(text, encoding="utf-8")
    run = READER.read(tmp_path / "log.txt")
    assert len(run.epochs) == 3
    assert "The longest of 2 training tables was read." in run.notes


def test_nan_is_evidence_and_remarks_are_none(tmp_path: Path) -> None:
    row = "  0  10  nan  nan  10.00  10.00  10.00  0.10 ---- Best Model 1 2 3\n"
    (tmp_path / "log.txt").write_text(HEADER + row, encoding="utf-8")
    (point,) = READER.read(tmp_path / "log.txt").epochs
    assert math.isnan(point.train_loss or 0)
    assert point.metrics["f1"] == 0.1


def test_failures_in_the_log_become_events(tmp_path: Path) -> None:
    row = "  0  10  1.0  1.0  10.00  10.00  10.00  0.10\n"
    text = (
        HEADER
        + row
        + "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB\n"
    )
    (tmp_path / "log.txt").write_text(text, encoding="utf-8")
    run = READER.read(tmp_path / "log.txt")
    assert [event.kind for event in run.events] == ["out-of-memory"]


def test_tables_are_found_in_text_files(tmp_path: Path) -> None:
    assert READER.find(DATA) == (
        DATA / "small_run.log",
        DATA / "transformer_without_epochs.txt",
    )
    other = tmp_path / "notes.txt"
    other.write_text("# A LOSS of SCORE\n", encoding="utf-8")
    assert READER.find(other) == ()
    assert READER.find(tmp_path / "absent.txt") == ()
    wide = tmp_path / "wide.txt"
    wide.write_text((DATA / "small_run.log").read_text("utf-8"), encoding="utf-16")
    assert READER.find(wide) == (wide,)
    assert len(READER.read(wide).epochs) == 5


def test_a_text_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(HEADER + "--- ---\n", encoding="utf-8")
    with pytest.raises(DiagnosticsError, match="no row of a training table"):
        READER.read(tmp_path / "log.txt")


def test_a_table_is_judged_like_any_other_log() -> None:
    checkup = diagnose(DATA / "small_run.log")
    assert checkup.reader == "spacy_table"
    assert checkup.crashed == ()


def test_the_table_of_spacy_2_is_read(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(
        "Itn  NER Loss   NER P   NER R   NER F   Token %  CPU WPS\n"
        "---  ---------  ------  ------  ------  -------  -------\n"
        "  1  5000.250   50.000  40.000  44.440  100.000    21000\n"
        "  2  2500.500   60.000  60.000  60.000  100.000    20500\n",
        encoding="utf-8",
    )
    assert READER.find(tmp_path / "log.txt") == (tmp_path / "log.txt",)
    run = READER.read(tmp_path / "log.txt")
    assert [point.number for point in run.epochs] == [1, 2]
    assert [point.step for point in run.epochs] == [None, None]
    assert [point.train_loss for point in run.epochs] == [5000.25, 2500.5]
    assert run.epochs[1].metrics == {"precision": 0.6, "recall": 0.6, "f1": 0.6}


def test_a_table_in_a_notebook_is_read(tmp_path: Path) -> None:
    text = (DATA / "small_run.log").read_text("utf-8")
    output = {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}
    cell = {"cell_type": "code", "source": ["!spacy train"], "outputs": [output]}
    path = tmp_path / "train.ipynb"
    path.write_text(json.dumps({"cells": [cell], "nbformat": 4}), encoding="utf-8")
    assert READER.find(path) == (path,)
    assert len(READER.read(path).epochs) == 5
    path.write_text(json.dumps({"cells": [], "nbformat": 4}), encoding="utf-8")
    assert READER.find(path) == ()


@pytest.mark.parametrize(
    ("end", "kinds"),
    [
        ("Epoch 11:  66%|#####     | 656/1000 [02:34<01:28,  3.89it/s]", ["interrupted"]),
        ("Epoch 11:   0%|          | 0/1000 [00:00<?, ?it/s]", []),
        ("Epoch 11:  66%|####     | 656/1000 [02:34<01:28]\n✔ Saved pipeline to output", []),
        ("Epoch 11:  66%|####     | 656/1000 [02:34<01:28]\nKeyboardInterrupt", ["interrupted"]),
    ],
    ids=["in a bar", "in an empty bar", "whole", "by hand"],
)
def test_a_log_that_ends_in_a_bar_was_broken_off(
    end: str, kinds: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "train.log"
    path.write_text(f"{(DATA / 'small_run.log').read_text('utf-8').rstrip()}\n{end}\n", "utf-8")
    run = SpacyTraining().read(path)
    assert [event.kind for event in run.events] == kinds
