"""One vocabulary for what tools call the same things differently."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = [
    "HYPERPARAMETERS",
    "KNOWN_METRICS",
    "LOWER_IS_BETTER",
    "PREFERRED",
    "canonical_metric",
    "figure",
    "known_hyperparameters",
]

HYPERPARAMETERS: Mapping[str, str] = {
    "learning_rate": "learning_rate",
    "lr": "learning_rate",
    "init_lr": "learning_rate",
    "initial_lr": "learning_rate",
    "batch_size": "batch_size",
    "train_batch_size": "batch_size",
    "per_device_train_batch_size": "batch_size",
    "per_gpu_train_batch_size": "batch_size",
    "mini_batch_size": "batch_size",
    "bs": "batch_size",
    "epochs": "epochs",
    "num_train_epochs": "epochs",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "max_epochs": "epochs",
    "max_steps": "max_steps",
    "warmup_ratio": "warmup_ratio",
    "warmup_steps": "warmup_steps",
    "num_warmup_steps": "warmup_steps",
    "weight_decay": "weight_decay",
    "schedule": "schedule",
    "lr_scheduler_type": "schedule",
    "dropout": "dropout",
    "label_smoothing": "label_smoothing",
    "label_smoothing_factor": "label_smoothing",
    "frozen_layers": "frozen_layers",
    "gradient_accumulation_steps": "gradient_accumulation_steps",
    "accumulate_grad_batches": "gradient_accumulation_steps",
    "max_grad_norm": "max_grad_norm",
    "gradient_clip_val": "max_grad_norm",
    "max_length": "max_length",
    "max_seq_length": "max_length",
    "max_seq_len": "max_length",
    "seed": "seed",
    "random_seed": "seed",
    "fp16": "fp16",
    "bf16": "bf16",
}
"""Name in some tool to the standard name in `RunHistory.config`."""

_PLACES = {name: place for place, name in enumerate(HYPERPARAMETERS)}

_METRICS = {
    "overall_f1": "f1",
    "micro_f1": "f1",
    "micro_avg_f1": "f1",
    "f1_micro": "f1",
    "f1_score": "f1",
    "f1score": "f1",
    "fscore": "f1",
    "f_score": "f1",
    "f_measure": "f1",
    "entity_f1": "f1",
    "seqeval_f1": "f1",
    "span_f1": "f1",
    "ents_f": "f1",
    "ents_p": "precision",
    "ents_r": "recall",
    "overall_precision": "precision",
    "overall_recall": "recall",
    "overall_accuracy": "accuracy",
    "micro_precision": "precision",
    "precision_micro": "precision",
    "precision_score": "precision",
    "micro_recall": "recall",
    "recall_micro": "recall",
    "recall_score": "recall",
    "acc": "accuracy",
    "accuracy_score": "accuracy",
    "token_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "masked_accuracy": "accuracy",
    "macro_avg_f1": "macro_f1",
    "matthews_correlation": "mcc",
    "ppl": "perplexity",
}
_DEVELOPMENT = re.compile(r"(?:eval|val|valid|validation|dev|devel|development)[ _/.-]+")
PREFERRED = (
    *("f1", "f1_macro", "macro_f1", "f1_weighted", "weighted_f1"),
    *("accuracy", "mcc", "roc_auc", "auc"),
    *("rougel", "rouge_l", "rougelsum", "rouge1", "rouge2", "bleu", "sacrebleu", "exact_match"),
)
"""Scores of which the first that was logged decides which epoch is best."""

LOWER_IS_BETTER = ("wer", "cer", "ter", "perplexity", "mae", "mse", "rmse")

KNOWN_METRICS = frozenset(
    {*_METRICS.values(), *PREFERRED, *LOWER_IS_BETTER}
    | {"precision_macro", "macro_precision", "recall_macro", "macro_recall", "f1_samples"}
    | {"iou"}
)
"""Standard names of the scores that are known as such without a word about a split before them."""


def canonical_metric(name: str) -> str:
    """Return the standard name of a metric: without `eval_`, in lower case, synonyms united.

    `val_f1`, `dev/F1`, `validation F1-score` and `eval_overall_f1` are all `f1`.
    """
    lowered = name.strip().lower()
    prefix = _DEVELOPMENT.match(lowered)
    bare = lowered[prefix.end() :] if prefix else lowered
    return _METRICS.get(re.sub(r"[ /.-]+", "_", bare), bare)


def figure(value: Any) -> float | None:
    """Return a number as a float, NaN and infinity included; None for anything else."""
    if value.__class__ is float:  # by far the most frequent
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def known_hyperparameters(sources: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the hyperparameters that the sources hold, by standard names; the first one wins."""
    found: dict[str, Any] = {}
    for source in sources:
        for name in sorted(_PLACES.keys() & source.keys(), key=_PLACES.__getitem__):
            standard, value = HYPERPARAMETERS[name], source[name]
            if isinstance(value, bool | int | float | str):
                found.setdefault(standard, value)
    return found
