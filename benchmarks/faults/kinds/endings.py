"""Faults of what is recorded and kept, and trainings that did not end well."""

from __future__ import annotations

from benchmarks.faults.setup import CONFIGURATION, RECORD, Kind, Setup

__all__ = ["KINDS"]

_KEPT = {"save_strategy": "epoch", "load_best_model_at_end": True}

KINDS = (
    Kind(
        name="chosen-by-loss",
        does="20 epochs, of which the one with the lowest loss is kept",
        setup=Setup(epochs=20, arguments={**_KEPT, "metric_for_best_model": "eval_loss"}),
        causes=frozenset({"wrong-checkpoint-kept"}),
        fixes=frozenset({"metric_for_best_model", "load_best_model_at_end"}),
        twin="many-epochs",
    ),
    Kind(
        name="worst-epoch-kept",
        does="the epoch with the lowest F1 is kept as the best",
        setup=Setup(arguments={**_KEPT, "metric_for_best_model": "f1", "greater_is_better": False}),
        causes=frozenset({"conflicting-settings", "wrong-checkpoint-kept"}),
        fixes=frozenset({"greater_is_better", "metric_for_best_model"}),
        arguments_kept=True,
    ),
    Kind(
        name="logged-every-500-steps",
        does="the default logging interval, longer than the run",
        setup=Setup(arguments={"logging_steps": 500}),
        causes=frozenset({"blind-logging"}),
        fixes=frozenset({"logging_steps", "logging_strategy"}),
        evidence=CONFIGURATION,
    ),
    Kind(
        name="never-evaluated",
        does="no evaluation during the training",
        setup=Setup(arguments={"eval_strategy": "no"}),
        causes=frozenset({"no-evaluation"}),
        fixes=frozenset({"eval_strategy", "eval_steps"}),
        evidence=CONFIGURATION,
    ),
    Kind(
        name="interrupted",
        does="stopped by hand at 70 % of the steps; the last checkpoint remains",
        setup=Setup(stop_at=0.7, arguments={"save_strategy": "epoch"}),
        causes=frozenset({"interrupted"}),
        fixes=frozenset({"resume_from_checkpoint"}),
        evidence=RECORD,
    ),
    Kind(
        name="out-of-memory",
        does="simulated: the accelerator's memory is full in the first epoch; only the log remains",
        setup=Setup(epochs=4, failure="out-of-memory"),
        causes=frozenset({"out-of-memory"}),
        fixes=frozenset({"batch_size", "gradient_accumulation_steps", "max_length"}),
        evidence=RECORD,
    ),
    Kind(
        name="out-of-memory-in-evaluation",
        does="simulated: memory is full in the first evaluation; only the log remains",
        setup=Setup(epochs=4, failure="out-of-memory-in-evaluation"),
        causes=frozenset({"out-of-memory-in-evaluation"}),
        fixes=frozenset(
            {"eval_accumulation_steps", "per_device_eval_batch_size", "eval_batch_size"}
        ),
        evidence=RECORD,
    ),
    Kind(
        name="killed",
        does="simulated: the system kills the process in the second epoch; only the log remains",
        setup=Setup(epochs=4, failure="killed"),
        causes=frozenset({"host-out-of-memory"}),
        fixes=frozenset({"dataloader_num_workers", "batch_size"}),
        evidence=RECORD,
    ),
    Kind(
        name="renamed-argument",
        does="an argument that the library has renamed; only the log remains",
        setup=Setup(arguments={"evaluation_strategy": "epoch"}, failure="argument"),
        causes=frozenset({"unknown-argument"}),
        fixes=frozenset({"eval_strategy", "evaluation_strategy"}),
        evidence=RECORD,
    ),
)
