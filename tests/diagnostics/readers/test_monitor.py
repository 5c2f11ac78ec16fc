"""Which metric decides, and how long a training took, as the state of a Trainer tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnostics.readers.trainer_state import TrainerState

READER = TrainerState()


def write_state(path: Path, rows: list[dict[str, Any]], **more: Any) -> Path:
    path.write_text(json.dumps({"log_history": rows, **more}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("values", "best", "expected"),
    [
        ((0.2, 0.5, 0.4), 0.5, ("my_score", True)),
        ((0.5, 0.2, 0.4), 0.2, ("my_score", False)),
        ((0.5, 0.2, 0.4), None, ("loss", False)),
        ((0.5,), 0.5, ("my_score", True)),
    ],
    ids=["the highest is best", "the lowest is best", "nothing tells", "a single evaluation"],
)
def test_a_metric_of_ones_own_decides_where_the_state_says_so(
    values: tuple[float, ...], best: float | None, expected: tuple[str, bool], tmp_path: Path
) -> None:
    rows = [
        {"epoch": float(at), "step": at, "eval_loss": 0.9 / at, "eval_my_score": value}
        for at, value in enumerate(values, start=1)
    ]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, best_metric=best))
    assert (run.monitor, run.higher_is_better) == expected


def test_an_error_of_ones_own_is_better_when_lower(tmp_path: Path) -> None:
    rows = [{"epoch": 1.0, "step": 1, "eval_loss": 0.9, "eval_boundary_error": 0.3}]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, best_metric=0.3))
    assert (run.monitor, run.higher_is_better) == ("boundary_error", False)


def test_the_score_of_a_translation_or_summary_decides(tmp_path: Path) -> None:
    rows = [
        {"epoch": 1.0, "step": 1, "eval_loss": 0.9, "eval_rougeL": 31.2, "eval_rouge1": 40.1},
        {"epoch": 2.0, "step": 2, "eval_loss": 1.0, "eval_rougeL": 33.0, "eval_rouge1": 41.0},
    ]
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert (run.monitor, run.higher_is_better) == ("rougel", True)
    assert run.epochs[1].metrics["rougel"] == pytest.approx(0.33)
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows, best_metric=41.0))
    assert run.monitor == "rouge1"


@pytest.mark.parametrize("greater", [True, False])
def test_the_arguments_name_the_metric_and_its_direction(greater: bool, tmp_path: Path) -> None:
    rows = [{"epoch": 1.0, "step": 1, "eval_loss": 0.9, "eval_f1": 0.5, "eval_my_score": 0.3}]
    arguments = {"metric_for_best_model": "eval_my_score", "greater_is_better": greater}
    (tmp_path / "training_args.json").write_text(json.dumps(arguments), "utf-8")
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    assert (run.monitor, run.higher_is_better) == ("my_score", greater)


EVALUATED = {"epoch": 1.0, "step": 10, "eval_loss": 0.5, "eval_runtime": 30.0}
ENDED = {"epoch": 2.0, "step": 20, "train_runtime": 120.0, "train_loss": 0.3}


@pytest.mark.parametrize(
    ("rows", "times"),
    [
        ([EVALUATED, {**EVALUATED, "step": 20}, ENDED, EVALUATED], (120, 60)),
        ([EVALUATED, {"epoch": 2.0, "step": 20, "eval_loss": 0.4}, ENDED], (120, None)),
        ([EVALUATED], (None, None)),
        ([{**EVALUATED, "eval_runtime": 9e9}, ENDED], (120, None)),
    ],
    ids=["all are told", "one is not", "the training is not", "nonsense"],
)
def test_times_of_training_and_evaluations(
    rows: list[dict[str, Any]], times: tuple[float | None, float | None], tmp_path: Path
) -> None:
    run = READER.read(write_state(tmp_path / "trainer_state.json", rows))
    found = run.environment.get("train_seconds"), run.environment.get("evaluation_seconds")
    assert found == times


def test_the_result_files_tell_the_time_of_a_log_without_a_summary(tmp_path: Path) -> None:
    write_state(tmp_path / "trainer_state.json", [EVALUATED])
    (tmp_path / "all_results.json").write_text('{"train_runtime": 60.0}', "utf-8")
    run = READER.read(tmp_path)
    assert (run.environment["train_seconds"], run.environment["evaluation_seconds"]) == (60, 30)
