"""A Trainer's log while the training goes on."""

from __future__ import annotations

import math

from diagnostics.live_history import history_of_log

LOG = [
    {"loss": 0.9, "learning_rate": 4e-5, "grad_norm": 1.5, "epoch": 1.0, "step": 10},
    {
        "eval_loss": 0.5,
        "eval_f1": 0.4,
        "eval_runtime": 2.0,
        "eval_samples_per_second": 32.0,
        "epoch": 1.0,
        "step": 10,
    },
    {"loss": math.nan, "epoch": 2.0, "step": 20},
]
ARGUMENTS = {
    "learning_rate": 5e-5,
    "per_device_train_batch_size": 16,
    "num_train_epochs": 3.0,
    "fp16": False,
    "max_steps": -1,
}


def test_what_is_known_is_taken_from_the_arguments() -> None:
    run = history_of_log(
        LOG, arguments=ARGUMENTS, max_steps=30, best_metric=0.4, train_sentences=160, source="run"
    )
    assert run.config["learning_rate"] == 5e-5
    assert run.config["batch_size"] == 16
    assert run.config["max_steps"] == 30
    assert run.config["state"] == "running"
    assert run.dataset == {"train_sentences": 160, "dev_sentences": 64}
    assert (run.monitor, run.source) == ("f1", "run")
    assert [point.metrics.get("f1") for point in run.epochs] == [0.4, None]
    assert run.epochs[-1].train_loss is not None and math.isnan(run.epochs[-1].train_loss)
    assert [step.step for step in run.steps] == [10, 20]


def test_an_empty_log_is_an_empty_run() -> None:
    run = history_of_log([], arguments={})
    assert run.epochs == ()
    assert run.dataset == {}
    assert "max_steps" not in run.config
