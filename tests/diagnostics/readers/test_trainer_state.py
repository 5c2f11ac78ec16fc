"""Reading the logs of the Hugging Face Trainer."""

from __future__ import annotations

import json
import math
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from diagnostics import series
from diagnostics.errors import DiagnosticsError
from diagnostics.readers import _large_state, trainer_state
from diagnostics.readers.trainer_state import TrainerState

DATA = Path(__file__).parents[2] / "data" / "readers" / "trainer_state"
READER = TrainerState()


def write_state(path: Path, rows: list[dict[str, Any]], **more: Any) -> Path:
    path.write_text(json.dumps({"log_history": rows, **more}), encoding="utf-8")
    return path


def test_a_run_directory_tells_hyperparameters_sizes_and_curves() -> None:
    run = READER.read(DATA / "healthy")
    assert [point.number for point in run.epochs] == [1, 2, 3, 4, 5, 6]
    assert [point.train_loss for point in run.epochs] == [0.88, 0.42, 0.27, 0.19, 0.15, 0.13]
    assert (run.monitor, run.higher_is_better) == ("f1", True)
    assert run.config["learning_rate"] == pytest.approx(3e-5)  # led back from a linear decay
    assert run.config["architecture"] == "BertForTokenClassification"
    assert run.config["batch_size"] == 16
    assert run.dataset["train_sentences"] == 950
    assert run.dataset["dev_sentences"] == 64
    assert series.plan_share(run) == 1.0
    assert run.notes == ()


def test_synonyms_of_metrics_are_united_and_said() -> None:
    run = READER.read(DATA / "overfits" / "trainer_state.json")
    best = series.best_point(run)
    assert best is not None
    assert (best.epoch, best.value) == (3, 0.71)
    assert "eval_overall_f1 was read as f1." in run.notes


def test_nan_literals_are_evidence() -> None:
    run = READER.read(DATA / "not_a_number")
    assert run.epochs[1].train_loss is not None
    assert math.isnan(run.epochs[1].train_loss)
    assert run.epochs[0].train_loss == 1.1


def test_the_latest_checkpoint_counts_and_other_runs_are_left_out() -> None:
    run = READER.read(DATA / "checkpoints")
    assert run.source.endswith("checkpoint-360/trainer_state.json")
    assert len(run.epochs) == 6
    assert run.notes == ("checkpoint-60 belongs to another run and was left out.",)


def test_checkpoints_of_a_resumed_run_are_merged() -> None:
    run = READER.read(DATA / "resumed")
    assert [point.step for point in run.epochs] == [60, 120, 180, 240, 300, 360]
    assert run.notes == ("6 log rows come from checkpoint-180.",)


def test_a_damaged_checkpoint_does_not_hide_the_others(tmp_path: Path) -> None:
    shutil.copytree(DATA / "checkpoints", tmp_path / "run")
    (tmp_path / "run" / "checkpoint-360" / "trainer_state.json").write_text("{", encoding="utf-8")
    run = READER.read(tmp_path / "run")
    assert len(run.epochs) == 2
    assert "left out" in run.notes[0]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    run = READER.read(DATA / "truncated.json")
    assert [point.train_loss for point in run.epochs] == [0.88, 0.42, 0.27]
    assert run.notes == ("truncated.json is cut off or damaged; 5 log rows could be read.",)


def test_a_run_without_evaluation_keeps_its_training_loss() -> None:
    run = READER.read(DATA / "no_evaluation.json")
    assert [point.train_loss for point in run.epochs] == [0.9, 0.4, 0.2]
    assert run.monitor is None


def test_long_logs_without_evaluation_are_cut_into_twenty_points(tmp_path: Path) -> None:
    rows = [{"step": step, "epoch": step / 100, "loss": 1.0} for step in range(1, 1001)]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert len(run.epochs) == 20
    assert run.epochs[-1].number == 10


def test_an_empty_log_is_no_error() -> None:
    run = READER.read(DATA / "empty_log.json")
    assert run.epochs == ()
    assert run.config["steps_done"] == 17


@pytest.mark.parametrize(
    "content",
    ["{}", '{"log_history": [], "global_step": 0}', '{"log_history": [{"step": 1, "note": 2}]}'],
    ids=["nothing", "no-step", "no-figure"],
)
def test_a_state_that_tells_of_no_training_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DiagnosticsError, match="no loss, no score and no step done"):
        READER.read(path)
    with pytest.raises(DiagnosticsError, match="tells of no training"):
        READER.read(tmp_path)


def test_the_last_of_two_evaluations_at_one_step_is_of_other_weights(tmp_path: Path) -> None:
    rows = [
        {"step": 10, "epoch": 1.0, "eval_f1": 0.7},
        {"step": 20, "epoch": 2.0, "eval_f1": 0.6},
        {"step": 20, "epoch": 2.0, "eval_f1": 0.7},
    ]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert [point.metrics["f1"] for point in run.epochs] == [0.7, 0.6]
    assert "first was taken" in run.notes[0]


def test_the_metric_that_chose_the_best_epoch_is_the_monitor(tmp_path: Path) -> None:
    rows = [{"step": 10, "epoch": 1.0, "eval_f1": 0.7, "eval_accuracy": 0.9, "eval_loss": 0.4}]
    path = tmp_path / "trainer_state.json"
    assert READER.read(write_state(path, rows, best_metric=0.9)).monitor == "accuracy"
    assert READER.read(write_state(path, rows, best_metric=0.4)).monitor == "f1"


def test_lower_is_better_for_error_rates_and_losses(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    wer = READER.read(write_state(path, [{"step": 1, "eval_wer": 0.4, "eval_loss": 3.0}]))
    loss = READER.read(write_state(path, [{"step": 1, "eval_loss": 3.0}]))
    assert (wer.monitor, wer.higher_is_better) == ("wer", False)
    assert (loss.monitor, loss.higher_is_better) == ("loss", False)


def test_a_learning_rate_that_the_log_cannot_show_is_not_made_up(tmp_path: Path) -> None:
    rows = [{"step": 500, "epoch": 2.0, "loss": 0.5, "learning_rate": 3e-6}]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, max_steps=600))
    assert "learning_rate" not in run.config


def test_a_rate_that_still_rises_is_not_the_highest(tmp_path: Path) -> None:
    rows = [
        {"step": step, "epoch": step, "loss": 0.7, "learning_rate": (step - 1) * 4e-8}
        for step in range(1, 6)
    ]
    path = tmp_path / "trainer_state.json"
    assert "learning_rate" not in READER.read(write_state(path, rows, max_steps=5)).config
    rows.append({"step": 6, "epoch": 6, "loss": 0.7, "learning_rate": 1.6e-7})
    assert READER.read(write_state(path, rows, max_steps=6)).config["learning_rate"] == 1.6e-7


def test_steps_a_second_under_the_name_of_samples_tell_no_size(tmp_path: Path) -> None:
    end = {"step": 1000, "epoch": 20.0, "train_runtime": 3000.0}
    state = {"max_steps": 1000, "num_train_epochs": 20}
    path = tmp_path / "trainer_state.json"
    steps = write_state(path, [{**end, "loss": 1, "train_samples_per_second": 0.33}], **state)
    assert "train_sentences_estimated" not in READER.read(steps).dataset
    samples = write_state(path, [{**end, "loss": 1, "train_samples_per_second": 2.6}], **state)
    assert READER.read(samples).dataset["train_sentences_estimated"] == 390


def test_files_are_known_by_name_or_content(tmp_path: Path) -> None:
    named = write_state(tmp_path / "whatever.py", [])
    assert READER.find(named) == (named,)
    assert READER.find(DATA / "healthy") == (DATA / "healthy",)
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    assert READER.find(tmp_path / "other.json") == ()
    assert READER.find(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"[1, 2]", "holds no JSON object but a list"),
        (b"\x00\x01\x02", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
    ],
    ids=["empty", "list", "binary", "deep", "pointer"],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_bytes(content)
    with pytest.raises(DiagnosticsError, match=message):
        READER.read(path)


def test_the_files_beside_a_state_tell_more() -> None:
    run = READER.read(DATA / "with_neighbours")
    assert [point.train_loss for point in run.epochs] == [1.31, 0.74, 0.51, 0.44]
    assert run.epochs[-1].metrics == {"f1": 0.66, "precision": 0.64, "recall": 0.68}
    assert run.epochs[-1].per_type["PER"]["support"] == 30
    assert "The only evaluation is that of the result files" in run.notes[0]
    assert run.config["architecture"] == "RobertaForTokenClassification"
    assert run.config["model"] == "roberta-base"  # the card knows better than a folder's name
    assert run.config["weight_decay"] == 0.01
    assert run.config["gradient_accumulation_steps"] == 2
    assert run.config["early_stopping_patience"] == 2
    assert run.config["id2label"]["1"] == "B-PER"
    assert run.dataset["train_sentences"] == 310
    assert run.environment["versions"] == {"transformers": "4.51.0", "torch": "2.6.0"}


def test_a_card_of_another_run_is_left_out(tmp_path: Path) -> None:
    shutil.copy(DATA.parent / "model_card" / "healthy" / "README.md", tmp_path)
    rows = [{"step": 10, "epoch": 1.0, "eval_loss": 0.6}]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert run.notes == ("README.md describes another run and was left out.",)
    assert "weight_decay" not in run.config
    rows[0]["eval_loss"] = 0.42103
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert run.notes == ()
    assert run.config["learning_rate"] == 3e-5


def test_the_arguments_logged_to_tensorboard_are_read(tmp_path: Path) -> None:
    shutil.copytree(
        DATA.parent / "tensorboard_events" / "trainer", tmp_path / "runs" / "May01_host"
    )
    run = READER.read(write_state(tmp_path / "trainer_state.json", [], global_step=1))
    assert run.config["weight_decay"] == 0.01
    assert run.config["warmup_ratio"] == 0.1
    assert "max_steps" not in run.config


def test_the_step_level_log_is_kept() -> None:
    run = READER.read(DATA / "with_neighbours")
    assert [(step.step, step.epoch, step.loss) for step in run.steps] == [
        (20, 1.0, 1.31),
        (40, 2.0, 0.74),
        (60, 3.0, 0.51),
        (80, 4.0, 0.44),
    ]
    assert (run.steps[0].learning_rate, run.steps[0].grad_norm) == (3.75e-05, 4.1)


def test_a_long_step_level_log_is_thinned_and_keeps_what_is_odd(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"step": step, "loss": 1.0} for step in range(1, 50_001)]
    rows[777]["grad_norm"] = math.inf
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert 20_000 <= len(run.steps) <= 20_001
    assert (run.steps[0].step, run.steps[-1].step) == (1, 50_000)
    assert [step.step for step in run.steps if step.grad_norm == math.inf] == [778]
    gaps = {b.step - a.step for a, b in pairwise(run.steps)}
    assert gaps <= {1, 2, 3}
    assert "Of 50,000 step-level rows" in run.notes[-1]


def test_scores_of_entity_types_are_no_metrics_of_the_task(tmp_path: Path) -> None:
    row = {
        "step": 5,
        "epoch": 1.0,
        "eval_PER_f1": 0.5,
        "eval_PER_precision": 0.4,
        "eval_PER_recall": 0.67,
        "eval_PER_number": 12,
        "eval_overall_f1": 0.6,
    }
    (point,) = READER.read(write_state(tmp_path / "trainer_state.json", [row])).epochs
    assert point.metrics == {"f1": 0.6}
    assert point.per_type == {"PER": {"f1": 0.5, "precision": 0.4, "recall": 0.67, "support": 12}}


def test_evaluations_within_epochs_have_fractional_numbers(tmp_path: Path) -> None:
    rows = [{"step": step, "epoch": step / 40, "eval_f1": 0.5} for step in (10, 20, 30)]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, eval_steps=10))
    assert [point.number for point in run.epochs] == [0.25, 0.5, 0.75]
    assert "eval_steps" not in run.config  # no evaluation loss tells whether it was kept
    rows[0]["eval_loss"] = 0.4
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, eval_steps=10))
    assert run.config["eval_steps"] == 10


def test_infinity_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text('{"log_history": [{"step": 1, "loss": Infinity, "epoch": 1.0}]}', "utf-8")
    assert READER.read(path).epochs[0].train_loss == math.inf


def test_a_run_that_was_taken_up_again_is_said(tmp_path: Path) -> None:
    rows = [
        {"step": 10, "epoch": 1.0, "eval_f1": 0.4},
        {"step": 10, "epoch": 1.0, "train_runtime": 5.0, "train_loss": 0.5},
        {"step": 20, "epoch": 2.0, "eval_f1": 0.5},
        {"step": 20, "epoch": 2.0, "train_runtime": 5.0, "train_loss": 0.2},
    ]
    (event,) = READER.read(write_state(tmp_path / "trainer_state.json", rows)).events
    assert (event.kind, event.step) == ("resumed", 10)


def test_best_weights_that_were_loaded_and_evaluated_again_are_noticed(tmp_path: Path) -> None:
    rows = [
        {"step": 10, "epoch": 1.0, "eval_loss": 0.4},
        {"step": 20, "epoch": 2.0, "eval_loss": 0.6},
        {"step": 20, "epoch": 2.0, "eval_loss": 0.4},
    ]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, best_metric=0.4))
    assert run.config["load_best_model_at_end"] is True
    assert run.config["metric_for_best_model"] == "loss"


LONG = [
    {"step": step, "epoch": step / 100, "loss": 1.0, "note": {"a": [{"b": 1}, {"c": 2}]}}
    for step in range(1, 301)
]


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every state as if it were large, in pieces of few rows."""
    monkeypatch.setattr(trainer_state, "LARGE", 0)
    monkeypatch.setattr(_large_state, "_PIECE", 700)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("indent", [None, 2])
def test_a_large_state_is_read_in_pieces(tmp_path: Path, indent: int | None) -> None:
    rows = [*LONG, {"step": 300, "epoch": 3.0, "eval_f1": 0.5}]
    state = {"best_metric": 0.5, "log_history": rows, "max_steps": 300, "num_train_epochs": 3}
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps(state, indent=indent), encoding="utf-8")
    run = READER.read(path)
    assert len(run.steps) == 300
    assert run.epochs[-1].metrics == {"f1": 0.5}
    assert run.config["max_steps"] == 300
    assert run.notes == ()


@pytest.mark.usefixtures("in_pieces")
def test_a_large_state_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    whole = json.dumps({"log_history": LONG, "max_steps": 300})
    path.write_text(whole[: len(whole) // 2], encoding="utf-8")
    run = READER.read(path)
    assert 100 < len(run.steps) < 200
    assert run.notes == (
        "trainer_state.json is cut off or damaged; the rows before could be read.",
    )


@pytest.mark.usefixtures("in_pieces")
def test_a_large_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trainer_state.json"
    path.write_text("[" * 3000, encoding="utf-8")
    with pytest.raises(DiagnosticsError, match="no log_history"):
        READER.read(path)


@pytest.mark.usefixtures("in_pieces")
def test_the_rows_of_a_very_long_log_are_thinned_while_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_large_state, "_MOST_ROWS", 50)
    rows: list[dict[str, Any]] = [{**row} for row in LONG]
    rows[11]["loss"] = math.nan
    evaluations = [{"step": 100 * n, "epoch": float(n), "eval_f1": n / 10} for n in (1, 2, 3)]
    path = write_state(tmp_path / "trainer_state.json", [*rows, *evaluations])
    run = READER.read(path)
    assert [point.metrics["f1"] for point in run.epochs] == [0.1, 0.2, 0.3]
    assert 50 <= len(run.steps) <= 101
    assert sum(math.isnan(step.loss or 0) for step in run.steps) == 1
    assert "Of 300 training rows one in 4 was read" in run.notes[0]


def test_percentages_become_shares_also_those_of_types(tmp_path: Path) -> None:
    row = {"step": 1, "epoch": 1.0, "eval_f1": 93.5, "eval_PER_f1": 88.0, "eval_PER_number": 40}
    run = READER.read(write_state(tmp_path / "trainer_state.json", [row], best_metric=93.5))
    assert run.epochs[0].metrics == {"f1": pytest.approx(0.935)}
    assert run.epochs[0].per_type["PER"] == {"f1": pytest.approx(0.88), "support": 40}
    assert run.config["metric_for_best_model"] == "f1"
    assert run.notes == ("f1 reaches 93.5 and was read as a percentage.",)


def test_steps_behind_the_last_logged_row_count_as_done(tmp_path: Path) -> None:
    rows = [{"step": 5 * at, "epoch": float(at), "eval_loss": 2.4 - at / 10} for at in (1, 2)]
    state = {"global_step": 15, "max_steps": 15, "num_train_epochs": 3, "epoch": 3.0}
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, **state))
    assert series.plan_share(run) == 1.0


def test_predictions_beside_a_state_are_read(tmp_path: Path) -> None:
    rows = [{"eval_loss": 0.5, "eval_f1": 0.5, "epoch": 1.0, "step": 10}]
    state = write_state(tmp_path / "trainer_state.json", rows)
    assert READER.read(state).predictions is None
    lines = [{"gold": ["O", "B-PER"], "predicted": ["O", "O"]}, {"gold": ["O"]}]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "dev_predictions.jsonl").write_text(text, encoding="utf-8")
    for path in (tmp_path, state):
        run = READER.read(path)
        assert run.predictions is not None
        assert run.predictions.predicted == (("O", "O"),)
        assert any("1 line of dev_predictions.jsonl" in note for note in run.notes)
