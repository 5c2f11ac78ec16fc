"""Faults of the optimisation: learning rate, schedule, gradients."""

from __future__ import annotations

from benchmarks.faults.setup import Kind, Setup

__all__ = ["KINDS"]

_UNUSUAL = frozenset({"illogical-hyperparameter", "unusual-hyperparameter"})
_TOO_HIGH = _UNUSUAL | {"learning-rate-too-high"}
_TOO_LOW = _UNUSUAL | {"learning-rate-too-low"}
_RATE = frozenset({"learning_rate"})

KINDS = (
    Kind(
        name="rate-times-30",
        does="learning rate 9e-3, 30 times the healthy one",
        setup=Setup(learning_rate=9e-3),
        causes=_TOO_HIGH,
        fixes=_RATE,
    ),
    Kind(
        name="rate-times-30-unlogged",
        does="the same, with the default logging interval of 500 steps",
        setup=Setup(learning_rate=9e-3, arguments={"logging_steps": 500}),
        causes=_TOO_HIGH,
        allowed=frozenset({"blind-logging"}),
        fixes=_RATE,
    ),
    Kind(
        name="rate-times-300",
        does="learning rate 9e-2, 300 times the healthy one",
        setup=Setup(learning_rate=9e-2),
        causes=_TOO_HIGH,
        fixes=_RATE,
    ),
    Kind(
        name="high-rate-no-warmup",
        does="learning rate 3e-3 from the first step on",
        setup=Setup(learning_rate=3e-3, warmup_steps=0),
        causes=_TOO_HIGH,
        fixes=_RATE | {"warmup_ratio", "warmup_steps"},
    ),
    Kind(
        name="rate-by-100",
        does="learning rate 3e-6, a hundredth of the healthy one",
        setup=Setup(learning_rate=3e-6),
        causes=_TOO_LOW,
        fixes=_RATE,
    ),
    Kind(
        name="rate-zero",
        does="learning rate 0",
        setup=Setup(learning_rate=0.0),
        causes=_TOO_LOW | {"no-gradient-flow"},
        fixes=_RATE,
    ),
    Kind(
        name="sgd-at-adam-rate",
        does="plain SGD at the learning rate of AdamW",
        setup=Setup(arguments={"optim": "sgd"}),
        causes=_TOO_LOW,
        fixes=_RATE | {"optim", "optimizer"},
    ),
    Kind(
        name="schedule-too-short",
        does="a schedule of a quarter of the steps; learning rate 0 after it",
        setup=Setup(schedule_share=0.25),
        causes=frozenset({"schedule-dead-tail"}),
        fixes=frozenset({"schedule", "lr_scheduler_type", "epochs", "num_train_epochs"}),
    ),
    Kind(
        name="endless-warmup",
        does="500 steps of warm-up in a run of 120",
        setup=Setup(warmup_steps=500),
        causes=frozenset({"schedule-dead-tail", "illogical-hyperparameter"}),
        fixes=frozenset({"warmup_steps", "warmup_ratio"}),
    ),
    Kind(
        name="frozen-encoder",
        does="only the head is trained, at the learning rate for all weights",
        setup=Setup(frozen=True),
        causes=frozenset({"no-gradient-flow", "underfits", "learning-rate-too-low"}),
        fixes=frozenset({"frozen_layers", "learning_rate", "epochs"}),
    ),
    Kind(
        name="nan-mid-run",
        does="weights become NaN halfway",
        setup=Setup(nan_at=0.5),
        causes=frozenset({"non-finite-loss"}),
        fixes=frozenset({"learning_rate", "max_grad_norm", "fp16", "bf16"}),
    ),
    Kind(
        name="clipped-to-a-thousandth",
        does="gradients clipped to a norm of 1e-3",
        setup=Setup(arguments={"max_grad_norm": 1e-3}),
        causes=_UNUSUAL,
        fixes=frozenset({"max_grad_norm"}),
    ),
    Kind(
        name="weight-decay-of-100",
        does="weight decay 100 instead of 0.01",
        setup=Setup(arguments={"weight_decay": 100.0}),
        causes=_UNUSUAL,
        fixes=frozenset({"weight_decay"}),
    ),
    Kind(
        name="weight-decay-recorded",
        does="the same, with the training arguments beside the log",
        setup=Setup(arguments={"weight_decay": 100.0}),
        causes=_UNUSUAL,
        fixes=frozenset({"weight_decay"}),
        arguments_kept=True,
    ),
    Kind(
        name="dropout-of-80-percent",
        does="dropout 0.8 instead of 0.1",
        setup=Setup(dropout=0.8),
        causes=_UNUSUAL | {"underfits"},
        fixes=frozenset({"dropout"}),
    ),
)
