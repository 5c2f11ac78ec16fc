"""A run is judged while it goes on, in a real Trainer and over scripted logs."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments

import tuner
from diagnostics.errors import DiagnosticsError
from tuner.training.live_diagnosis import DiagnosisCallback

Row = dict[str, Any]


class Watched:
    """A callback, and a Trainer's state that is fed row by row."""

    def __init__(self, folder: Path, max_steps: int, **options: Any) -> None:
        self.stream = io.StringIO()
        self.callback = DiagnosisCallback(stream=self.stream, **options)
        self.arguments = TrainingArguments(output_dir=str(folder), report_to=[], use_cpu=True)
        self.state = TrainerState(max_steps=max_steps, is_world_process_zero=True)
        self.control = TrainerControl()

    def evaluated(self, row: Row) -> str:
        """Log one evaluation and return what was printed on it."""
        row = {"eval_loss": 0.5, **row}
        self.state.log_history.append(row)
        self.state.global_step, self.state.epoch = row["step"], row["epoch"]
        before = len(self.stream.getvalue())
        self.callback.on_evaluate(self.arguments, self.state, self.control)
        return self.stream.getvalue()[before:]


def zeros(epochs: Sequence[int]) -> list[Row]:
    scores = {"eval_f1": 0.0, "eval_precision": 0.0, "eval_recall": 0.0, "eval_accuracy": 0.8}
    return [{"epoch": float(epoch), "step": 100 * epoch, **scores} for epoch in epochs]


def test_new_findings_are_printed_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path, max_steps=1000, select=["R301"])
    printed = [watched.evaluated(row) for row in zeros(range(1, 8))]
    told = [place for place, text in enumerate(printed, start=1) if text]
    assert told == [5]  # half of the plan
    assert "Diagnosis at epoch 5, step 500" in printed[4]
    assert "R301 all-o-collapse" in printed[4] and "Fix for R301" in printed[4]
    assert not watched.control.should_training_stop


def test_a_collapse_is_stopped_only_late_in_the_plan(tmp_path: Path) -> None:
    watched = Watched(tmp_path, max_steps=1000, select=["R301"], stop=True)
    stopped = []
    for row in zeros(range(1, 10)):
        watched.evaluated(row)
        stopped.append(watched.control.should_training_stop)
    assert stopped.index(True) == 7  # epoch 8 of 10
    assert watched.callback.stopped_because is not None
    assert watched.callback.stopped_because.startswith("R301 all-o-collapse: ")
    assert watched.stream.getvalue().count("The run is stopped") == 1


def test_a_loss_that_is_not_finite_is_stopped_at_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path, max_steps=1000, stop=True)
    watched.state.log_history.append({"loss": float("nan"), "epoch": 0.9, "step": 90})
    scores = {"eval_f1": 0.0, "eval_precision": 0.0, "eval_recall": 0.0}
    text = watched.evaluated({"epoch": 1.0, "step": 100, "eval_loss": float("nan"), **scores})
    assert watched.control.should_training_stop
    assert "The run is stopped: R101 non-finite-loss" in text


def test_a_healthy_run_is_left_alone(tmp_path: Path) -> None:
    watched = Watched(tmp_path, max_steps=1000, stop=True, select=["R1", "R2", "R3"])
    for epoch, score in enumerate((0.5, 0.7, 0.8, 0.84, 0.85), start=1):
        scores = {"eval_f1": score, "eval_precision": score, "eval_recall": score}
        text = watched.evaluated(
            {"epoch": float(epoch), "step": 100 * epoch, "eval_loss": 1 - score, **scores}
        )
        assert text == ""
    assert not watched.control.should_training_stop
    assert watched.callback.stopped_because is None


def test_only_one_process_prints(tmp_path: Path) -> None:
    watched = Watched(tmp_path, max_steps=200, select=["R301"])
    watched.state.is_world_process_zero = False
    assert [watched.evaluated(row) for row in zeros((1, 2))] == ["", ""]
    assert watched.callback.checkup is not None and watched.callback.checkup.findings


def test_judging_that_fails_costs_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*positional: object, **named: object) -> None:
        raise ZeroDivisionError("by design")

    monkeypatch.setattr("tuner.training.live_diagnosis.history_of_log", fail)
    watched = Watched(tmp_path, max_steps=200, stop=True)
    assert "could not be judged: ZeroDivisionError" in watched.evaluated(zeros((1,))[0])
    assert not watched.control.should_training_stop


def test_an_unknown_rule_is_refused_before_the_training() -> None:
    with pytest.raises(DiagnosticsError, match="no rule `R999`"):
        DiagnosisCallback(select=["R999"])


@pytest.fixture
def make_trainer(tiny_model: Path, tmp_path: Path) -> Callable[..., Trainer]:
    """A maker of real Trainers on a handful of random sentences."""

    def make(callback: DiagnosisCallback, **arguments: Any) -> Trainer:
        from transformers import BertForTokenClassification

        torch.manual_seed(0)
        model = BertForTokenClassification.from_pretrained(tiny_model, num_labels=3)
        rows = [
            {"input_ids": torch.randint(5, 90, (8,)), "labels": torch.randint(0, 3, (8,))}
            for _ in range(8)
        ]
        settings = {
            "output_dir": str(tmp_path / "run"),
            "eval_strategy": "epoch",
            "save_strategy": "no",
            "logging_steps": 1,
            "per_device_train_batch_size": 4,
            "num_train_epochs": 4,
            "report_to": [],
            "disable_tqdm": True,
            "use_cpu": True,
            **arguments,
        }
        return Trainer(
            model=model,
            args=TrainingArguments(**settings),
            train_dataset=rows,
            eval_dataset=rows,
            compute_metrics=lambda prediction: {"f1": 0.0, "precision": 0.0, "recall": 0.0},
            callbacks=[callback],
        )

    return make


def test_a_real_training_is_judged_to_its_end(make_trainer: Callable[..., Trainer]) -> None:
    stream = io.StringIO()
    callback = tuner.DiagnosisCallback(stream=stream)
    trainer = make_trainer(callback)
    trainer.train()
    assert trainer.state.global_step == 8
    assert callback.checkup is not None
    run = callback.checkup.subject
    assert [point.number for point in run.epochs] == [1.0, 2.0, 3.0, 4.0]
    assert run.dataset == {"train_sentences": 8, "dev_sentences": 8}
    assert (run.config["learning_rate"], run.config["batch_size"]) == (5e-5, 4)
    assert callback.checkup.crashed == ()
    assert "R301 all-o-collapse" in stream.getvalue()


def test_a_real_training_that_is_lost_is_ended(make_trainer: Callable[..., Trainer]) -> None:
    callback = tuner.DiagnosisCallback(stream=io.StringIO(), stop=True)
    trainer = make_trainer(callback, num_train_epochs=20, logging_nan_inf_filter=False)
    with torch.no_grad():
        for weights in trainer.model.parameters():  # type: ignore[union-attr]
            weights.fill_(float("nan"))
    trainer.train()
    assert trainer.state.global_step == 2
    assert callback.stopped_because is not None
    assert callback.stopped_because.startswith("R101 non-finite-loss")
