"""Scores as a stranger's script computes them: seqeval over the labelled positions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from transformers import EvalPrediction

from benchmarks.faults.rows import IGNORED
from benchmarks.faults.setup import Setup

__all__ = ["Tags", "clean_f1", "metrics_of", "scored_plainly", "tags_of"]

Tags = list[list[str]]


def tags_of(prediction: Any, labels: Sequence[str]) -> tuple[Tags, Tags]:
    """Return gold and predicted tags of the positions that have a label."""
    best = np.asarray(prediction.predictions).argmax(axis=-1)
    gold, predicted = [], []
    for guesses, numbers in zip(best, np.asarray(prediction.label_ids), strict=True):
        kept = numbers != IGNORED
        gold.append([labels[number] for number in numbers[kept]])
        predicted.append([labels[number] for number in guesses[kept]])
    return gold, predicted


def metrics_of(setup: Setup, labels: Sequence[str]) -> Callable[[EvalPrediction], dict[str, float]]:
    """Return the function that a `Trainer` is given as `compute_metrics`."""
    from seqeval.metrics import accuracy_score, classification_report
    from seqeval.scheme import IOB2

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        gold, predicted = tags_of(prediction, labels)
        accuracy = float(accuracy_score(gold, predicted))
        if setup.accuracy_only:
            return {"accuracy": accuracy}
        mode = {"mode": "strict", "scheme": IOB2} if setup.strict else {}
        report = classification_report(gold, predicted, output_dict=True, zero_division=0, **mode)
        if not setup.per_type:
            return {**_scores(report.get("micro avg", {}), ""), "accuracy": accuracy}
        scores = {**_scores(report.get("micro avg", {}), "overall_"), "overall_accuracy": accuracy}
        for name, found in report.items():
            if not name.endswith(" avg"):
                scores.update(_scores(found, f"{name}_"))
                scores[f"{name}_number"] = int(found["support"])
        return scores

    return compute


def clean_f1(gold: Tags, predicted: Tags) -> float:
    """Return F1 against tags as they should be; predictions without prefixes get them."""
    from seqeval.metrics import f1_score

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(f1_score(gold, [_prefixed(tags) for tags in predicted], zero_division=0))


def scored_plainly(setup: Setup) -> bool:
    """Whether the run itself scores untouched development sentences, whole and by first pieces."""
    plain = Setup()
    return (
        setup.change is None
        and setup.dev_labels is None
        and not (setup.all_pieces or setup.strict)
        and (setup.pad_label, setup.max_length, setup.dev_sentences)
        == (plain.pad_label, plain.max_length, plain.dev_sentences)
    )


def _scores(report: dict[str, Any], prefix: str) -> dict[str, float]:
    return {
        f"{prefix}{short}": float(report.get(name, 0.0))
        for name, short in (("precision", "precision"), ("recall", "recall"), ("f1-score", "f1"))
    }


def _prefixed(tags: Sequence[str]) -> list[str]:
    """Give bare types the prefix I-: seqeval's lenient mode begins a chunk where the type does."""
    return [tag if tag == "O" or "-" in tag else f"I-{tag}" for tag in tags]
