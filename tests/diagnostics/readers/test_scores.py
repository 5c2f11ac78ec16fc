"""Telling scores of the task from scores of entity types."""

from __future__ import annotations

import math
from typing import Any

import pytest

from diagnostics.readers._scores import scores_of, standard_names


@pytest.mark.parametrize(
    ("row", "metrics", "per_type"),
    [
        (
            {"eval_PER_f1": 0.5, "eval_PER_number": 9, "eval_overall_f1": 0.6},
            {"f1": 0.6},
            {"PER": {"f1": 0.5, "support": 9}},
        ),
        (
            {
                "eval_PER": {"precision": 1.0, "recall": 0.5, "f1": 0.67, "number": 4},
                "eval_f1": 0.6,
            },
            {"f1": 0.6},
            {"PER": {"precision": 1.0, "recall": 0.5, "f1": 0.67, "support": 4}},
        ),
        (
            {"eval_LOC_f1": 0.5, "eval_PER_f1": 0.7, "eval_f1": 0.6},
            {"f1": 0.6},
            {"LOC": {"f1": 0.5}, "PER": {"f1": 0.7}},
        ),
        (
            {"eval_f1_LOC": 0.5, "eval_f1_PER": 0.7, "eval_f1_macro": 0.6},
            {"f1_macro": 0.6},
            {"LOC": {"f1": 0.5}, "PER": {"f1": 0.7}},
        ),
        ({"eval_cls_f1": 0.5, "eval_cls_recall": 0.4}, {"cls_f1": 0.5, "cls_recall": 0.4}, {}),
        ({"eval_macro_f1": 0.5, "eval_micro_f1": 0.6}, {"macro_f1": 0.5, "f1": 0.6}, {}),
        ({"eval_accuracy": {"accuracy": 0.5}, "eval_f1": {"f1": math.inf}},
         {"accuracy": 0.5, "f1": math.inf}, {}),
        (
            {
                "eval_report": {
                    "PER": {"precision": 0.1, "recall": 0.2, "f1-score": 0.13, "support": 5},
                    "micro avg": {"precision": 0.3, "recall": 0.4, "f1-score": 0.34, "support": 5},
                    "macro avg": {"f1-score": 0.2},
                    "accuracy": 0.9,
                }
            },
            {
                "accuracy": 0.9,
                "precision": 0.3,
                "recall": 0.4,
                "f1": 0.34,
                "macro_f1": 0.2,
                "micro_support": 5,
            },
            {"PER": {"precision": 0.1, "recall": 0.2, "f1": 0.13, "support": 5}},
        ),
        (
            {"eval_runtime": 2.0, "eval_samples_per_second": 9.0, "eval_loss": 0.4,
             "eval_mem_gpu_alloc_delta": 5, "eval_model_preparation_time": 0.1, "loss": 3.0},
            {},
            {},
        ),
        ({"eval_thresholds": [0.1, 0.2], "eval_f1": True, "eval_x": "text"}, {}, {}),
    ],
    ids=["flat", "nested", "capitals", "turned", "task", "averages", "single", "report", "times",
         "other"],
)  # fmt: skip
def test_scores(row: dict[str, Any], metrics: dict[str, Any], per_type: dict[str, Any]) -> None:
    found = scores_of(row)
    assert found.metrics == metrics
    assert found.per_type == per_type


def test_what_was_united_is_said_once_and_types_are_not() -> None:
    rows = [{"eval_overall_f1": 0.5, "eval_PER_f1": 0.5, "eval_PER_number": 3, "eval_ACC": 1.0}] * 2
    assert standard_names(rows) == {"eval_overall_f1": "f1", "eval_ACC": "accuracy"}


def test_endless_nesting_is_not_followed() -> None:
    report: dict[str, Any] = {"f1": 0.5}
    for _ in range(900):
        report = {"inner": report}
    assert scores_of({"eval_x": report}).metrics == {}


def test_of_several_names_of_one_score_the_plainest_has_the_standard_name() -> None:
    row = {"eval_overall_f1": 0.5, "eval_f1": 0.6, "eval_micro_f1": 0.7}
    assert scores_of(row).metrics == {"overall_f1": 0.5, "f1": 0.6, "micro_f1": 0.7}
    assert standard_names([row]) == {}
    assert scores_of({"eval_micro_f1": 0.5, "eval_overall_f1": 0.7}).metrics == {
        "f1": 0.5,
        "overall_f1": 0.7,
    }
