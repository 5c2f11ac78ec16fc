"""The history of a training in the form of Hugging Face's `trainer_state.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tuner.trial import EpochReport, TrialSpec

__all__ = ["trainer_state"]


def trainer_state(
    spec: TrialSpec, reports: Sequence[EpochReport], best: EpochReport | None
) -> dict[str, Any]:
    """Return the state as `transformers.TrainerState` would be saved.

    Args:
        spec: Hyperparameters of the training.
        reports: Its epochs so far, with their step-level logs.
        best: The epoch whose weights count, or None before the first.
    """
    last = reports[-1] if reports else None
    step = last.step if last else 0
    return {
        "best_global_step": None if best is None else best.step,
        "best_metric": None if best is None else best.scores.f1,
        "best_model_checkpoint": None if best is None else "best",
        "epoch": float(last.epoch) if last else 0.0,
        "eval_steps": 1,
        "global_step": step,
        "is_hyper_param_search": False,
        "is_local_process_zero": True,
        "is_world_process_zero": True,
        "log_history": [entry for report in reports for entry in _entries(report)],
        "logging_steps": 1,
        "max_steps": round(step * spec.epochs / last.epoch) if last else 0,
        "num_input_tokens_seen": sum(report.tokens for report in reports),
        "num_train_epochs": spec.epochs,
        "save_steps": 1,
        "stateful_callbacks": {},
        "total_flos": 0.0,
        "train_batch_size": spec.batch_size,
        "trial_name": None,
        "trial_params": None,
    }


def _entries(report: EpochReport) -> Iterator[Mapping[str, Any]]:
    yield from report.logs
    position = {"epoch": float(report.epoch), "step": report.step}
    if not any("loss" in entry for entry in report.logs):
        optimizer = {"grad_norm": report.grad_norm, "learning_rate": report.learning_rate}
        known = {name: value for name, value in optimizer.items() if value is not None}
        yield {**position, "loss": report.train_loss, **known}
    if not any("eval_f1" in entry for entry in report.logs):
        yield {**position, **_evaluation(report)}


def _evaluation(report: EpochReport) -> dict[str, float]:
    scores = report.scores
    loss = {} if scores.loss is None else {"eval_loss": scores.loss}
    return loss | {
        "eval_precision": scores.precision,
        "eval_recall": scores.recall,
        "eval_f1": scores.f1,
        "eval_accuracy": scores.accuracy,
    }
