"""One run, given as state, table, event file, card and printed log, is judged in one way."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from diagnostics.checkup import Checkup, diagnose
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.readers.event_frames import frame_of

STEPS = 60
Row = dict[str, Any]


def rows_of(f1: Sequence[float], train: Sequence[float], development: Sequence[float]) -> list[Row]:
    """Return a row of the training and one of the evaluation for each epoch."""
    rows: list[Row] = []
    total = len(f1) * STEPS
    for epoch, (score, loss, eval_loss) in enumerate(zip(f1, train, development, strict=True), 1):
        place = {"epoch": float(epoch), "step": epoch * STEPS}
        rate = 5e-5 * (1 - epoch * STEPS / (total + 1))
        rows.append({"loss": loss, "learning_rate": rate, **place})
        rows.append(
            {
                "eval_loss": eval_loss,
                "eval_precision": score,
                "eval_recall": score,
                "eval_f1": score,
                "eval_accuracy": 0.9 + score / 10,
                **place,
            }
        )
    return rows


RUNS: dict[str, list[Row]] = {
    "healthy": rows_of(
        (0.5, 0.66, 0.74, 0.78, 0.79, 0.795, 0.797, 0.797),
        (0.6, 0.3, 0.2, 0.15, 0.12, 0.1, 0.09, 0.085),
        (0.4, 0.3, 0.27, 0.26, 0.255, 0.25, 0.25, 0.25),
    ),
    "overfits": rows_of(
        (0.5, 0.7, 0.78, 0.74, 0.7, 0.66, 0.62, 0.58),
        (0.6, 0.3, 0.15, 0.08, 0.04, 0.02, 0.01, 0.005),
        (0.4, 0.3, 0.28, 0.35, 0.45, 0.55, 0.65, 0.75),
    ),
    "the loss rises, the score does not": rows_of(
        (0.5, 0.7, 0.75, 0.76, 0.762, 0.763, 0.763, 0.764),
        (0.6, 0.3, 0.15, 0.08, 0.04, 0.02, 0.01, 0.005),
        (0.4, 0.3, 0.29, 0.33, 0.38, 0.42, 0.46, 0.5),
    ),
    "finds nothing": rows_of(
        (0.0,) * 6, (0.9, 0.6, 0.5, 0.47, 0.46, 0.455), (0.7, 0.55, 0.5, 0.49, 0.485, 0.483)
    ),
    "no number": rows_of(
        (0.4, 0.6, 0.0, 0.0), (0.6, 0.4, math.nan, math.nan), (0.5, 0.4, math.nan, math.nan)
    ),
}


def as_state(rows: Sequence[Row], folder: Path) -> Path:
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"log_history": rows}), encoding="utf-8")
    return path


def as_table(rows: Sequence[Row], folder: Path) -> Path:
    path = folder / "log.csv"
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_events(rows: Sequence[Row], folder: Path) -> Path:
    path = folder / "events.out.tfevents.1.host"
    frames = []
    for row in rows:
        for name, value in row.items():
            if name != "step":
                split = "eval" if name.startswith("eval_") else "train"
                tag = f"{split}/{name.removeprefix('eval_')}"
                frames.append(frame_of(row["step"], tag, value))
    path.write_bytes(b"".join(frames))
    return path


def as_card(rows: Sequence[Row], folder: Path) -> Path:
    lines = [
        "# a-model", "", "This model is a fine-tuned version of an encoder.", "",
        "### Training results", "",
        "| Training Loss | Epoch | Step | Validation Loss | Precision | Recall | F1 | Accuracy |",
        "|:---:|:---:|:---:|:---:|:---:|:---:|:---:|:---:|",
    ]  # fmt: skip
    for training, evaluation in zip(rows[::2], rows[1::2], strict=True):
        scores = [evaluation[f"eval_{name}"] for name in ("precision", "recall", "f1", "accuracy")]
        cells = [training["loss"], training["epoch"], training["step"], evaluation["eval_loss"]]
        lines.append("| " + " | ".join(str(cell) for cell in (*cells, *scores)) + " |")
    path = folder / "README.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def as_print(rows: Sequence[Row], folder: Path) -> Path:
    path = folder / "train.log"
    printed = [{name: value for name, value in row.items() if name != "step"} for row in rows]
    path.write_text("\n".join(map(str, printed)) + "\n", encoding="utf-8")
    return path


def findings(checkup: Checkup[RunHistory]) -> set[tuple[str, str, str | None]]:
    return {(found.name, found.severity, found.consequence_of) for found in checkup.findings}


@pytest.mark.parametrize("write", [as_table, as_events, as_card, as_print])
@pytest.mark.parametrize("name", RUNS)
def test_the_form_does_not_matter(
    name: str, write: Callable[[Sequence[Row], Path], Path], tmp_path: Path
) -> None:
    expected = diagnose(as_state(RUNS[name], tmp_path))
    (tmp_path / "form").mkdir()
    told = diagnose(write(RUNS[name], tmp_path / "form"))
    assert told.reader != expected.reader
    assert findings(told) == findings(expected)
    assert told.subject.monitor == expected.subject.monitor


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("overfits", "overfits-metric"),
        ("the loss rises, the score does not", "loss-rises-metric-holds"),
        ("finds nothing", "all-o-collapse"),
        ("no number", "non-finite-loss"),
    ],
)
def test_the_runs_are_what_they_are_called(name: str, rule: str, tmp_path: Path) -> None:
    names = {found.name for found in diagnose(as_state(RUNS[name], tmp_path)).findings}
    assert rule in names
    assert not {found.name for found in diagnose(as_state(RUNS["healthy"], tmp_path)).findings}
