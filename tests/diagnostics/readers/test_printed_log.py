"""Reading what trainings printed: rows between bars, hand-written lines, tables, failures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.errors import DiagnosticsError
from diagnostics.readers._printed import read_text
from diagnostics.readers.printed_log import PrintedLogFile
from diagnostics.subjects.run_history import RunHistory

DATA = Path(__file__).parents[2] / "data" / "readers" / "printed_log"
READER = PrintedLogFile()
TRAINER = (DATA / "trainer.log").read_text(encoding="utf-8")


def read(text: str) -> RunHistory:
    return read_text(text, "the test")


def f1(run: RunHistory) -> list[float | None]:
    return [point.metrics.get("f1") for point in run.epochs]


# ------------------------------------------------------------------------------------- Trainer


def test_rows_between_progress_bars_are_read() -> None:
    run = READER.read(DATA / "trainer.log")
    assert [point.number for point in run.epochs] == [1, 2, 3]
    assert [point.step for point in run.epochs] == [40, 80, 120]
    assert f1(run) == [0.5946, 0.7094, 0.7295]
    assert run.epochs[0].train_loss == pytest.approx((0.9123 + 0.4011) / 2)
    assert [(row.step, row.grad_norm) for row in run.steps[:2]] == [(20, 8.1), (40, 5.2)]
    assert (run.monitor, run.higher_is_better) == ("f1", True)
    assert run.notes == ()


def test_headers_tell_hyperparameters_and_sizes() -> None:
    run = READER.read(DATA / "trainer.log")
    assert run.config["learning_rate"] == 3e-5
    assert run.config["batch_size"] == 16  # 32 with accumulation over 2
    assert run.config["gradient_accumulation_steps"] == 2
    assert (run.config["epochs"], run.config["max_steps"]) == (3, 120)
    assert run.config["schedule"] == "linear"
    assert run.config["architecture"] == "BertForTokenClassification"
    assert (run.dataset["train_sentences"], run.dataset["dev_sentences"]) == (1280, 160)
    assert "HUB_TOKEN" not in str(run.config)


def test_quoted_and_wrapped_figures_nan_and_infinity_are_read() -> None:
    run = read(
        "{'loss': 'nan', 'grad_norm': 'inf', 'learning_rate': '2e-05', 'epoch': '0.5'}\n"
        "{'eval_loss': tensor(0.5, device='cuda:0'), 'eval_f1': np.float64(0.25), "
        "'eval_PER': {'precision': 0.5, 'recall': 0.4, 'f1': 0.44, 'number': 9}, 'epoch': 1.0}\n"
    )
    assert math.isnan(run.steps[0].loss or 0)
    assert run.steps[0].grad_norm == math.inf
    assert (run.epochs[0].eval_loss, f1(run)) == (0.5, [0.25])
    assert run.epochs[0].per_type["PER"]["support"] == 9


def test_the_evaluation_after_the_training_is_of_other_weights() -> None:
    row = "{{'eval_f1': {}, 'epoch': {}}}\n"
    run = read(row.format(0.7, 1.0) + row.format(0.6, 2.0) + row.format(0.7, 2.0))
    assert f1(run) == [0.7, 0.6]
    assert "the first was taken" in run.notes[0]


def test_a_torn_last_row_is_read_as_far_as_it_is_whole() -> None:
    run = read("{'eval_f1': 0.5, 'epoch': 1.0}\n{'eval_loss': 0.25, 'epoch': 2.0, 'eval_f1': 0.8")
    assert f1(run) == [0.5, None]
    assert run.epochs[1].eval_loss == 0.25


def test_blocks_of_metrics_make_a_point() -> None:
    run = read(
        "***** train metrics *****\n  epoch        =  4.0\n  train_loss   =  0.2\n"
        "***** eval metrics *****\n  epoch        =  4.0\n  eval_f1      =  0.61\n"
        "  eval_samples =  50\n   ExitCode=0:0\n"
    )
    assert [(point.number, point.train_loss) for point in run.epochs] == [(4, 0.2)]
    assert run.epochs[0].metrics == {"f1": 0.61}
    assert run.dataset["dev_sentences"] == 50


def test_of_several_trainings_the_richest_is_judged_and_the_others_are_named() -> None:
    row = "{{'eval_f1': {}, 'epoch': {}}}\n"
    first = "".join(row.format(0.1 * epoch, epoch) for epoch in (1, 2))
    second = "".join(row.format(0.2 * epoch, epoch) for epoch in (1, 2, 3))
    failed = "Traceback (most recent call last):\n  File x\nValueError: no\n"
    run = read(failed + first + second)
    assert len(run.epochs) == 3
    assert run.notes[0] == (
        "Of 3 trainings, that in lines 6 to 8 tells most and was judged; the others: "
        "line 3 (no figures, ended by error); lines 4 to 5 (2 evaluations)."
    )
    assert [event.details for event in run.events] == [{"overcome": True}]


def test_a_resumed_training_replaces_what_it_trains_again() -> None:
    row = "{{'eval_f1': {}, 'epoch': {}}}\n"
    rows = [(0.1, 1), (0.2, 2), (0.3, 3), (0.35, 3.5), (0.31, 3), (0.4, 4)]
    run = read("".join(row.format(*pair) for pair in rows))
    assert f1(run) == [0.1, 0.2, 0.31, 0.4]
    assert [event.kind for event in run.events] == ["resumed"]


def test_a_million_rows_are_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnostics.readers._training_record.MOST_STEPS", 100)
    rows = "".join(f"{{'loss': 0.5, 'epoch': {at / 1000}}}\n" for at in range(1, 1001))
    run = read(rows)
    assert 50 <= len(run.steps) <= 100
    assert len(run.epochs) <= 20
    assert "Of 1,000 logged steps" in run.notes[0]


# --------------------------------------------------------------------- hand-written and Keras


def test_keras_bars_tell_their_last_state() -> None:
    run = READER.read(DATA / "keras.out")
    assert [point.train_loss for point in run.epochs] == [0.9011, 0.5523, 0.4011]
    assert [point.metrics["accuracy"] for point in run.epochs] == [0.79, 0.81, 0.82]
    assert [point.seconds for point in run.epochs] == [9, 8, 8]
    assert (run.dataset["train_sentences"], run.dataset["dev_sentences"]) == (900, 100)
    assert run.config["epochs"] == 3


def test_a_hand_written_loop_is_read() -> None:
    run = READER.read(DATA / "loop.txt")
    assert [(point.number, point.step) for point in run.epochs] == [(1, 20), (2, 40)]
    assert run.epochs[0].train_loss == 1.8
    assert math.isnan(run.epochs[1].train_loss or 0)
    assert f1(run) == [0.31, 0.42]
    assert [row.epoch for row in run.steps] == [0.5, 1.0, 1.5, 2.0]
    assert run.dataset == {"train_sentences": 640, "dev_sentences": 80}
    assert run.notes == ("The log counts epochs from 0; here the first one is 1.",)


@pytest.mark.parametrize(
    ("text", "train", "loss", "score"),
    [
        ("Epoch 1: train loss 0.31, val loss 0.40, val f1 0.71", 0.31, 0.4, {"f1": 0.71}),
        ("epoch=1 | f1=71.5%", None, None, {"f1": 0.715}),
        ("Epoch: 01\n\tTrain Loss: 0.31 | Train Acc: 88%\n\t Val. Loss: 0.4 |  Val. Acc: 80%",
         0.31, 0.4, {"accuracy": 0.8}),
        ("Epoch 1/3\nTrain loss 0.31 accuracy 0.9\nVal   loss 0.4 accuracy 0.8",
         0.31, 0.4, {"accuracy": 0.8}),
        ("EPOCH 1 done: loss 0.31 - lr 0.10\nDEV : loss 0.4 - f1-score (micro avg)  0.71",
         0.31, 0.4, {"f1": 0.71}),
        ("Epoch 1: 100%|█████| 5/5 [00:01<00:00, v_num=0, train_loss=0.31, val_loss=0.4]",
         0.31, 0.4, {}),
        ("epoch 1: {'precision': 0.5, 'f1': 0.25}", None, None, {"precision": 0.5, "f1": 0.25}),
        ("Epoch 1\nP: 0.5 R: 0.2 F: 0.3", None, None,
         {"precision": 0.5, "recall": 0.2, "f1": 0.3}),
        ('x | valid | {"epoch": 1, "valid_loss": "0.4", "valid_f1": "0.7"}', None, 0.4,
         {"f1": 0.7}),
        ("epoch 1\naccuracy:  90.00%; precision:  84.50%; recall: 84.10%; FB1:  84.30",
         None, None, {"accuracy": 0.9, "precision": 0.845, "recall": 0.841, "f1": 0.843}),
    ],
    ids=["words", "percent", "tabs", "carried", "flair", "bar", "dict", "letters", "json", "conll"],
)  # fmt: skip
def test_common_lines(
    text: str, train: float | None, loss: float | None, score: dict[str, float]
) -> None:
    (point,) = read(text).epochs
    assert (point.number, point.train_loss, point.eval_loss) == (1, train, loss)
    assert dict(point.metrics) == pytest.approx(score)


@pytest.mark.parametrize(
    "text",
    [
        "Best epoch: 2, f1 0.9",
        "net loss of $5 million in 2020",
        "tuner train data/ --learning-rate 2e-5 --epochs 3",
        "EU NNP B-NP B-ORG\nloss NN B-NP O\n1996 CD B-NP O",
        "torch==2.6.0\ntransformers>=5.20",
        "optimizer: {'name': 'Adam', 'learning_rate': 2e-05, 'decay': 0.0}",
    ],
    ids=["best", "prose", "command", "conll", "requirements", "optimizer"],
)
def test_what_is_no_training_is_refused(text: str) -> None:
    with pytest.raises(DiagnosticsError, match="tells of no training"):
        read(text)


# ------------------------------------------------------------------------- tables and reports


TABLE = """Epoch\tTraining Loss\tValidation Loss\tPrecision\tRecall\tF1\tAccuracy
1\tNo log\t0.25\t0.60\t0.70\t0.65\t0.93
2\t0.41\t0.21\t0.62\t0.72\t0.67\t0.94
"""


@pytest.mark.parametrize("gap", ["\t", "   ", " "])
def test_the_progress_table_of_a_notebook_as_text(gap: str) -> None:
    run = read(TABLE.replace("\t", gap))
    assert [point.train_loss for point in run.epochs] == [None, 0.41]
    assert f1(run) == [0.65, 0.67]


REPORT = """              precision    recall  f1-score   support

         LOC       0.80      0.82      0.81       100
    some org       0.60      0.66      0.63        80

   micro avg       0.71      0.75      0.67       180
weighted avg       0.71      0.75      0.73       180
"""


def test_a_classification_report_goes_to_the_evaluation_with_its_scores() -> None:
    run = read(TABLE + REPORT + "Epoch Training Loss F1\n1 0.5 0.3\n")
    assert run.epochs[0].per_type == {}
    assert run.epochs[1].per_type["some org"]["support"] == 80
    assert run.epochs[1].per_type["LOC"]["f1"] == 0.81


def test_a_report_before_its_evaluation_is_kept_for_it() -> None:
    run = read(REPORT + "{'eval_f1': 0.6666, 'epoch': 1.0}\n{'eval_f1': 0.9, 'epoch': 2.0}\n")
    assert set(run.epochs[0].per_type) == {"LOC", "some org"}
    assert run.epochs[1].per_type == {}


def test_a_report_with_other_scores_is_taken_with_a_note() -> None:
    run = read("{'eval_f1': 0.9, 'epoch': 1.0}\n" + REPORT)
    assert set(run.epochs[0].per_type) == {"LOC", "some org"}
    assert "may be of another split" in run.notes[0]


# ----------------------------------------------------------------------------------- failures


def test_a_log_that_holds_only_a_failure_is_a_history() -> None:
    run = READER.read(DATA / "out_of_memory.err")
    assert run.epochs == ()
    assert [event.kind for event in run.events] == ["out-of-memory"]
    assert run.events[0].details["requested_bytes"] == 512 * 2**20
    assert run.events[0].details["phase"] == "train"
    assert (run.config["batch_size"], run.config["state"]) == (64, "failed")


def test_a_killed_training_keeps_its_epochs() -> None:
    run = read("{'eval_f1': 0.4, 'epoch': 1.0}\n{'loss': 0.3, 'epoch': 1.5}\nKilled\n")
    assert [(event.kind, event.epoch) for event in run.events] == [("host-out-of-memory", 1.5)]
    assert run.config["state"] == "failed"
    assert len(run.epochs) == 2


def test_memory_that_ran_out_and_was_survived_is_no_failed_run() -> None:
    oom = "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB\n"
    run = read("{'loss': 0.4, 'epoch': 0.5}\n" + oom + "{'loss': 0.3, 'epoch': 1.0}\n")
    assert [event.kind for event in run.events] == ["out-of-memory"]
    assert "state" not in run.config


def test_an_announced_training_without_a_row_is_a_history() -> None:
    run = read("***** Running training *****\n  Num examples = 12\n  Num Epochs = 3\n")
    assert (run.epochs, run.dataset, run.config) == ((), {"train_sentences": 12}, {"epochs": 3})


def test_the_errors_of_a_batch_job_lie_beside_its_output(tmp_path: Path) -> None:
    (tmp_path / "job.out").write_text("Epoch 1: train loss 0.5\nEpoch 2: train loss 0.4\n", "utf-8")
    (tmp_path / "job.err").write_text("slurmstepd: error: Detected 1 oom_kill event\n", "utf-8")
    assert READER.find(tmp_path)[0] == tmp_path / "job.out"
    run = READER.read(tmp_path / "job.out")
    assert [event.kind for event in run.events] == ["host-out-of-memory"]
    assert run.config["state"] == "failed"
    assert "come from job.err" in run.notes[-1]


# ----------------------------------------------------------------------- files and encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "training.log"
    text = (
        "Échantillons: 30 train, 10 val\r\nEpoch 1: train loss 0.5\r\nEpoch 2: train loss 0.4\r\n"
    )
    path.write_bytes(text.encode(encoding))
    assert READER.find(path) == (path,)
    run = READER.read(path)
    assert [point.train_loss for point in run.epochs] == [0.5, 0.4]
    assert run.dataset["train_sentences"] == 30


def test_arbitrary_text_files_are_not_claimed(tmp_path: Path) -> None:
    texts = {
        "README.md": "# Tagger\nIf CUDA out of memory occurs, lower the batch size. F1: 0.91",
        "train.txt": "EU NNP B-ORG\nrejects VBZ O\n\nloss NN O\n5 CD O\n",
        "requirements.txt": "torch>=2.6\ntransformers==5.20\n",
        "notes.txt": "The loss was 0.5, then we stopped. See epoch 3 of the course.\n",
        "vocab.txt": "[PAD]\nloss\nerror\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert READER.find(tmp_path / name) == (), name
    assert READER.find(tmp_path) == ()


def test_in_a_folder_the_log_that_tells_most_comes_first(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("Epoch 1: train loss 1\nEpoch 2: train loss 1\n", "utf-8")
    (tmp_path / "b.log").write_text(TRAINER, encoding="utf-8")
    (tmp_path / "slurm-123.out").write_text("slurmstepd: error: Detected 1 oom_kill event", "utf-8")
    names = [path.name for path in READER.find(tmp_path)]
    assert names == ["b.log", "a.log", "slurm-123.out"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (bytes(range(256)) * 4, "is a binary file"), (b"hello", "no training")],
    ids=["empty", "binary", "words"],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "training.log"
    path.write_bytes(content)
    assert READER.find(path) == ()
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)


def test_lines_without_end_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "training.log"
    path.write_text("x" * 3_000_000 + "\n{'eval_f1': 0.5, 'epoch': 1.0}\n", encoding="utf-8")
    run = READER.read(path)
    assert f1(run) == [0.5]
    assert run.notes == ("1 very long line was looked at in part.",)


# ------------------------------------------------------------------------------ hostile input

MANY = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
FRAGMENTS = st.sampled_from(
    [
        *("{'loss': ", "nan", "1e999", "-1", "}", "{'eval_f1': 0.5, 'epoch': ", "{'a': {" * 9),
        *("Epoch ", "/", "loss", "val_f1: ", "9" * 400, "epochs=3", "\r", "\n", "\x08", "\x00"),
        *("***** Running training *****\n", "  Num examples = 5\n", "TrainingArguments("),
        *("learning_rate=", "100%|█| 5/5 [", "1/1 [==] - 3s - loss: ", "\x1b[31m", "[red]"),
        *("precision    recall  f1-score   support\n", "Epoch Training Loss\n"),
        *("Traceback (most recent call last)", "Killed\n", "CUDA out of memory."),
    ]
)


def read_or_refuse(text: str) -> None:
    """Only a DiagnosticsError may come out."""
    try:
        run = read(text)
    except DiagnosticsError:
        return
    assert all(point.number >= 0 for point in run.epochs)


@MANY
@given(parts=st.lists(FRAGMENTS | st.text(max_size=5) | st.floats().map(str), max_size=25))
def test_any_mixture_of_fragments(parts: list[str]) -> None:
    read_or_refuse("".join(parts))


@MANY
@given(
    start=st.integers(0, len(TRAINER)), removed=st.integers(0, 300), inserted=st.text(max_size=9)
)
def test_a_damaged_log(start: int, removed: int, inserted: str) -> None:
    read_or_refuse(TRAINER[:start] + inserted + TRAINER[start + removed :])


def test_a_log_that_goes_back_and_forth_is_read_in_time() -> None:
    rows = "".join(f"{{'eval_f1': 0.5, 'epoch': {9 + at % 2}.0}}\n" for at in range(20_000))
    assert len(read("{'eval_f1': 0.1, 'epoch': 5.0}\n" + rows).epochs) == 3


def test_the_error_of_another_program_is_no_training() -> None:
    trace = 'Traceback (most recent call last):\n  File "{}", line 3, in {}\nKeyError: "user"\n'
    with pytest.raises(DiagnosticsError, match="tells of no training"):
        read(trace.format("/srv/web/serve.py", "answer"))
    (event,) = read(trace.format("/home/x/train.py", "main")).events
    assert event.kind == "error"


def test_times_of_training_and_evaluations() -> None:
    rows = "".join(
        f"{{'eval_loss': 0.5, 'eval_runtime': 30.0, 'epoch': {epoch}.0}}\n" for epoch in (1, 2)
    )
    run = read(rows + "{'train_runtime': 100.0, 'train_loss': 0.4, 'epoch': 2.0}\n" + rows)
    assert (run.environment["train_seconds"], run.environment["evaluation_seconds"]) == (100, 60)
