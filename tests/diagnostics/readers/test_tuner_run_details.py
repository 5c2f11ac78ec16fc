"""What else a run directory of `tuner` tells: steps, scores per type, predictions."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from diagnostics.readers.tuner_run import TunerRun

LOGS = [
    {"step": 3, "epoch": 0.5, "loss": 2.2, "learning_rate": 1e-5, "grad_norm": 2.4},
    {"step": 6, "epoch": 1.0, "loss": 1.9, "learning_rate": 3e-5, "grad_norm": math.nan},
]
TYPES = {"PER": {"precision": 0.5, "recall": 0.4, "f1": 0.44, "support": 37}}


def epoch(number: int, **more: Any) -> dict[str, Any]:
    scores = {"loss": 0.5, "f1": 0.44, "precision": 0.5, "recall": 0.4, "per_type": TYPES}
    return {"kind": "epoch", "epoch": number, "step": 6 * number, "scores": scores, **more}


def write(folder: Path, *entries: Any) -> None:
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "history.jsonl").write_text(text, encoding="utf-8")


def test_steps_and_scores_per_type_are_kept(tmp_path: Path) -> None:
    later = [{"step": 9, "epoch": 1.5, "loss": 1.1}]
    write(tmp_path, epoch(1, logs=LOGS), epoch(2, logs=later))
    run = TunerRun().read(tmp_path)
    assert [(row.step, row.loss) for row in run.steps] == [(3, 2.2), (6, 1.9), (9, 1.1)]
    assert run.steps[1].grad_norm is not None
    assert math.isnan(run.steps[1].grad_norm)
    assert run.steps[2].learning_rate is None
    assert run.epochs[0].per_type == TYPES


def test_steps_of_an_epoch_that_was_trained_twice_count_once(tmp_path: Path) -> None:
    again = [{**row, "loss": 5.0} for row in LOGS]
    write(tmp_path, epoch(1, logs=LOGS), epoch(1, logs=again))
    assert [row.loss for row in TunerRun().read(tmp_path).steps] == [5.0, 5.0]


def test_odd_logs_and_types_are_passed_over(tmp_path: Path) -> None:
    odd = epoch(1, logs=[1, None, {"step": -1}, {"step": "3"}, {"step": 3, "loss": "high"}])
    odd["scores"]["per_type"] = {"PER": 3, "LOC": {"f1": None}}
    write(tmp_path, odd, epoch(2, logs={"step": 1}))
    run = TunerRun().read(tmp_path)
    assert [(row.step, row.loss) for row in run.steps] == [(3, None)]
    assert run.epochs[0].per_type == {"PER": {}, "LOC": {}}


def test_predictions_and_layers_are_read(tmp_path: Path) -> None:
    write(tmp_path, epoch(1))
    (tmp_path / "config.json").write_text('{"model": {"layers": 6}}', encoding="utf-8")
    line = '{"gold": ["B-PER"], "predicted": ["O"]}\n'
    (tmp_path / "dev_predictions.jsonl").write_text(line, encoding="utf-8")
    run = TunerRun().read(tmp_path)
    assert run.config["layers"] == 6
    assert run.predictions is not None
    assert run.predictions.gold == (("B-PER",),)


def test_padding_and_the_entities_of_each_type_are_read(tmp_path: Path) -> None:
    counted = {"tokens": 300, "padded_tokens": 1_000}
    write(tmp_path, epoch(1, **counted), epoch(2, **counted), epoch(3, tokens="many"))
    splits = {"train": {"sentences": 9, "per_type": {"PER": 12, "MISC": 3, "odd": "x"}}}
    (tmp_path / "config.json").write_text(json.dumps({"data": {"splits": splits}}), "utf-8")
    dataset = TunerRun().read(tmp_path).dataset
    assert dataset["padding_share"] == 0.7
    assert dataset["train_entities_per_type"] == {"PER": 12, "MISC": 3}
