"""Reading tables of anyone's making, and refusing those that are no log of a run."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.readers.plain_table import PlainTable
from diagnostics.readers.trainer_state import TrainerState

DATA = Path(__file__).parents[2] / "data" / "readers" / "plain_table"
READER = PlainTable()


def write(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_names_in_words_percent_signs_and_decimal_commas() -> None:
    run = READER.read(DATA / "by_epoch.csv")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4]
    assert [point.train_loss for point in run.epochs] == [0.91, 0.55, 0.41, 0.30]
    assert [point.metrics["f1"] for point in run.epochs] == pytest.approx(
        [0.412, 0.559, 0.603, 0.61]
    )
    assert [point.seconds for point in run.epochs] == [60, 58, 59, 61]
    assert any("Val. F1 as f1" in note for note in run.notes)


def test_a_column_may_name_the_split() -> None:
    run = READER.read(DATA / "by_split.tsv")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [(p.train_loss, p.eval_loss) for p in run.epochs] == [
        (0.9, 0.8),
        (0.6, 0.7),
        (0.4, 0.72),
    ]
    assert run.epochs[2].metrics == {"accuracy": 0.69, "train_accuracy": 0.8}


def test_json_lines_with_steps_and_inner_objects() -> None:
    run = READER.read(DATA / "steps.jsonl")
    assert [(point.number, point.step) for point in run.epochs] == [(1, 20), (2, 40)]
    assert run.epochs[0].train_loss == 1.0
    assert run.epochs[1].train_loss is not None and math.isnan(run.epochs[1].train_loss)
    assert [row.loss for row in run.steps[:2]] == [1.2, 0.8]
    assert run.config["learning_rate"] == 2e-5
    assert any("1 line was torn" in note for note in run.notes)


def test_a_resumed_log_keeps_the_later_rows() -> None:
    run = READER.read(DATA / "resumed.csv")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4, 5]
    assert [point.eval_loss for point in run.epochs] == [0.8, 0.65, 0.61, 0.57, 0.55]
    assert [event.kind for event in run.events] == ["resumed"]
    assert any("2 earlier points were left out" in note for note in run.notes)


def test_two_runs_in_one_file_the_last_is_read(tmp_path: Path) -> None:
    rows = "fold,epoch,loss,val_loss\n1,1,.9,.8\n1,2,.7,.6\n2,1,.8,.7\n2,2,.5,.5\n"
    run = READER.read(write(tmp_path, rows))
    assert [point.eval_loss for point in run.epochs] == [0.7, 0.5]
    assert run.events == ()


@pytest.mark.parametrize(
    ("header", "train", "development"),
    [
        ("epoch,train_loss,val_loss", 1, 2),
        ("epoch,loss,eval_loss", 1, 2),
        ("Epoch,Training Loss,Validation Loss", 1, 2),
        ("epoch,train/loss,eval/loss", 1, 2),
        ("epoch,valid_loss,train_loss", 2, 1),
        ("epoch,validation_loss,tr_loss", 2, 1),
        ("epoch,trainLoss,devLoss", 1, 2),
        ("epoch,train_loss,test_loss", 1, 2),
        ("epoch,train_loss,loss", 1, 2),
    ],
)
def test_names_of_losses(tmp_path: Path, header: str, train: float, development: float) -> None:
    run = READER.read(write(tmp_path, f"{header}\n1,1,2\n2,1,2\n"))
    assert (run.epochs[0].train_loss, run.epochs[0].eval_loss) == (train, development)


@pytest.mark.parametrize(
    "name",
    ["f1", "F1", "val_f1", "eval/f1", "dev_f1", "DEV_F1", "valid F1-score", "eval_overall_f1"],
)
def test_names_of_scores(tmp_path: Path, name: str) -> None:
    run = READER.read(write(tmp_path, f"epoch,train_loss,{name}\n1,0.9,0.5\n2,0.8,0.6\n"))
    assert [point.metrics for point in run.epochs] == [{"f1": 0.5}, {"f1": 0.6}]
    assert run.monitor == "f1"


def test_a_plain_accuracy_beside_a_plain_loss_is_of_the_training(tmp_path: Path) -> None:
    run = READER.read(write(tmp_path, "epoch,loss,acc,lr\n1,0.9,0.5,0.1\n2,0.8,0.6,0.1\n"))
    assert run.monitor is None
    run = READER.read(write(tmp_path, "epoch,train_loss,val_loss,acc\n1,0.9,1,0.5\n2,0.8,1,0.6\n"))
    assert run.monitor == "accuracy"


@pytest.mark.parametrize(
    ("epochs", "numbers"),
    [("012", [1, 2, 3]), ("123", [1, 2, 3]), ("246", [2, 4, 6]), ("112", [0.5, 1, 2])],
)
def test_epochs_from_zero_and_from_one(tmp_path: Path, epochs: str, numbers: list[float]) -> None:
    rows = "".join(f"{epoch},0.5,0.6\n" for epoch in epochs)
    run = READER.read(write(tmp_path, f"epoch,train_loss,val_loss\n{rows}"))
    assert [point.number for point in run.epochs] == numbers


@pytest.mark.parametrize(
    ("rates", "peak"),
    [
        ([9e-5, 8e-5, 7e-5, 6e-5], 1e-4),  # a straight decay leads back to its start
        ([1e-3, 1e-3, 1e-4, 1e-4], 1e-3),
        ([1e-5, 5e-5, 3e-5, 1e-5], 5e-5),
        ([9e-5, 5e-5, 1e-5, 1e-6], None),  # a curve that may have begun anywhere
        ([0.0, 0.0, 0.0, 0.0], None),
    ],
)
def test_the_highest_learning_rate(tmp_path: Path, rates: list[float], peak: float | None) -> None:
    rows = "".join(f"{epoch},0.5,0.6,{rate}\n" for epoch, rate in enumerate(rates, start=1))
    run = READER.read(write(tmp_path, f"epoch,train_loss,val_loss,lr\n{rows}"))
    assert run.config.get("learning_rate") == peak


def test_an_evaluation_before_the_training_is_no_epoch(tmp_path: Path) -> None:
    rows = "epoch,train_loss,val_f1\n0,,0.01\n1,0.9,0.4\n2,0.6,0.5\n"
    run = READER.read(write(tmp_path, rows))
    assert [point.number for point in run.epochs] == [0, 1, 2]


def test_places_and_times_as_people_write_them(tmp_path: Path) -> None:
    rows = '1/3,"1,000",0.9,0.8,01:30\nEpoch 2,"2,000",0.8,0.7,1:00:30\n3 of 3,3000,0.7,0.6,95\n'
    run = READER.read(write(tmp_path, f"epoch,global_step,train_loss,val_loss,time\n{rows}"))
    assert [(point.number, point.step) for point in run.epochs] == [(1, 1000), (2, 2000), (3, 3000)]
    assert [point.seconds for point in run.epochs] == [90, 3630, 95]


def test_an_exported_chart_names_its_run(tmp_path: Path) -> None:
    rows = '"Step","a-run - eval/f1","a-run - eval/f1__MIN","a-run - eval/f1__MAX"\n'
    rows += '"10","0.5","0.5","0.5"\n"20","0.6","0.6","0.6"\n'
    run = READER.read(write(tmp_path, rows))
    assert [point.metrics for point in run.epochs] == [{"f1": 0.5}, {"f1": 0.6}]
    assert "The log knows no epochs: its points are numbered by their steps." in run.notes


def test_scores_of_entity_types(tmp_path: Path) -> None:
    header = "epoch,train_loss,eval_f1,eval_PER_f1,eval_PER_precision,eval_LOC_f1\n"
    run = READER.read(write(tmp_path, f"{header}1,0.9,0.4,0.5,0.6,0.3\n2,0.8,0.5,0.6,0.6,0.4\n"))
    assert run.epochs[0].metrics == {"f1": 0.4}
    assert run.epochs[0].per_type["PER"] == {"f1": 0.5, "precision": 0.6}


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    run = READER.read(write(tmp_path, "epoch,train_loss,val_loss\n1,0.9,0.8\n2,0.7,0.6\n3,0.6"))
    assert [point.number for point in run.epochs] == [1, 2]
    assert "The last line is cut off and was left out." in run.notes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes("epoch,train_loss,val_loss,größe\r\n1,2,3,4\r\n2,1,3,4\r\n".encode(encoding))
    assert len(READER.read(path).epochs) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("model,learning_rate,batch_size,f1\na,1e-5,8,0.5\nb,2e-5,8,0.6\n", "one row per run"),
        ("run,epoch,f1\na,3,0.5\nb,3,0.6\n", "one row per run"),
        ("number,value,params_lr,params_bs,loss\n0,0.5,1e-5,8,2\n", "one row per run"),
        ("label,precision,recall,f1\nPER,0.5,0.5,0.5\nLOC,0.6,0.6,0.6\n", "scores of labels"),
        ("text,label,loss\nGood film,1,0.3\nBad film,0,0.4\n", "labelled data"),
        ("epoch,time_usage,issues\n0,1.5,none\n3,1.6,none\n", "none with a loss"),
        ("precision,recall,f1\n0.5,0.5,0.5\n0.6,0.6,0.6\n", "none with the epoch"),
        ("epoch,loss\n", "no rows"),
    ],
)
def test_lookalikes_are_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = write(tmp_path, text)
    assert READER.find(tmp_path) == ()
    assert READER.find(path) == ((path,) if "no rows" not in reason else ())
    with pytest.raises(DiagnosticsError, match=reason):
        READER.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "EU B-ORG\nrejects O\n\nPeter B-PER\n",
        "word,tag\nEU,B-ORG\nrejects,O\n",
        '{"tokens": ["EU"], "ner_tags": [3]}\n{"tokens": ["a"], "ner_tags": [0]}\n',
        "Epoch 1, loss 0.5\nEpoch 2, loss 0.4\nDone.\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "",
        "{",
    ],
)
def test_other_files_are_not_claimed(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert READER.find(path) == ()
    assert READER.find(tmp_path) == ()


@pytest.mark.parametrize("name", ["healthy", "overfits", "not_a_number", "no_evaluation.json"])
def test_the_log_of_a_trainer_tells_the_same_in_a_table(tmp_path: Path, name: str) -> None:
    source = DATA.parent / "trainer_state" / name
    state = source / "trainer_state.json" if source.is_dir() else source
    rows = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", *columns])
        writer.writerows(
            [index, *(row.get(key) for key in columns)] for index, row in enumerate(rows)
        )
    run, expected = READER.read(tmp_path / "log.csv"), TrainerState().read(source)
    assert repr(run.epochs) == repr(expected.epochs)  # NaN is no equal of NaN
    assert repr(run.steps) == repr(expected.steps)
    assert run.monitor == expected.monitor


def test_tables_of_tools_with_a_reader_of_their_own_are_left_to_it() -> None:
    samples = DATA.parent
    for place in ("keras_csv/training_log.csv", "flair_loss/loss.tsv"):
        assert READER.find(samples / place) == ()
    assert READER.find(samples / "lightning_metrics" / "version_3") == ()
