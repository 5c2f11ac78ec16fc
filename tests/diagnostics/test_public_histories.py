"""Real logs from public repositories, with a reader's judgement of each; skipped where absent."""

from __future__ import annotations

import ast
import csv
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from diagnostics.checkup import Checkup, diagnose
from diagnostics.errors import DiagnosticsError
from diagnostics.readers.model_card import ModelCard
from diagnostics.subjects.run_history import Epoch, RunHistory

FOLDER = Path(__file__).parents[3] / "shared" / "histories"
LABELS = FOLDER / "labels.tsv"
pytestmark = pytest.mark.skipif(not LABELS.is_file(), reason="the public histories are not here")


def labelled() -> list[tuple[Path, set[str]]]:
    if not LABELS.is_file():
        return []
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [
        (FOLDER / row["file"], set(row["labels"].split(",")))
        for row in rows
        if row["file"].startswith("trainer_state/")
    ]


@cache
def judged(path: Path) -> Checkup[RunHistory]:
    return diagnose(path)


def test_healthy_runs_raise_no_false_alarm() -> None:
    alarms = []
    for path, labels in labelled():
        if "fine" not in labels:
            continue
        allowed = {
            name
            for label, name in (("no_eval", "no-evaluation"), ("interrupted", "interrupted"))
            if label in labels
        }
        found = {found.name for found in judged(path).findings if found.severity.rank < 2}
        alarms += [path.name] if found - allowed else []
    assert alarms == []


def test_runs_without_evaluation_are_told_so() -> None:
    for path, labels in labelled():
        names = {found.name for found in judged(path).findings}
        assert ("no-evaluation" in names) == ("no_eval" in labels), path.name


def test_the_diverged_and_the_stuck_run_are_found() -> None:
    names = {path.name: {f.name for f in judged(path).findings} for path, _ in labelled()}
    diverged = names["siasio__StressDetection__results__trainer_state_first.json"]
    assert "learning-rate-too-high" in diverged
    stuck = names["yuanhuanghuang__quality__baselines__lrqa____init__.py"]
    assert "not-learning" in stuck


# --------------------------------------------------------------- every file, figure by figure

REFUSED = {
    "Vblack929__fedlora__logs__events.out.tfevents.1744232177.Vblacks-MacBook-Pro.local": (
        "nothing was logged to TensorBoard"
    ),
    "Beomus__layoutxlm__test-ner__train_results.json": "neither a loss nor a score",
}
"""Files that hold no figure of a training, with what the refusal must say."""

SCORES = {
    "F1": "f1",
    "Precision": "precision",
    "Recall": "recall",
    "Accuracy": "accuracy",
    "Overall F1": "f1",
    "Overall Accuracy": "accuracy",
    "Train F1": "f1",
    "Wer": "wer",
}


def files(folder: str) -> list[Path]:
    return sorted((FOLDER / folder).glob("*")) if FOLDER.is_dir() else []


def read(path: Path, reader: str) -> RunHistory:
    checkup = judged(path)
    assert checkup.reader == reader
    assert checkup.crashed == ()
    return checkup.subject


def same(one: float | None, other: float | None) -> bool:
    if one is None or other is None or math.isnan(one) or math.isnan(other):
        return repr(one) == repr(other)
    return math.isclose(one, other, rel_tol=1e-6)


@pytest.mark.parametrize("path", files("trainer_state"), ids=lambda path: str(path.name)[:60])
def test_a_state_is_read_figure_by_figure(path: Path) -> None:
    rows = json.loads(path.read_text("utf-8"))["log_history"]
    run = read(path, "trainer_state")
    logged: dict[int, Any] = {}
    for row in rows:
        if "eval_loss" in row:
            logged.setdefault(row["step"], row["eval_loss"])
    evaluated = [point for point in run.epochs if point.eval_loss is not None]
    assert [point.step for point in evaluated] == list(logged)
    assert [point.eval_loss for point in evaluated] == list(logged.values())
    assert [step.loss for step in run.steps] == [row["loss"] for row in rows if "loss" in row]


@pytest.mark.parametrize("path", files("results_json"), ids=lambda path: str(path.name))
def test_a_result_file_is_read_or_rightly_refused(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(DiagnosticsError, match=REFUSED[path.name]):
            diagnose(path)
        return
    told = json.loads(path.read_text("utf-8"))
    told = told.get("metrics", told)
    (point,) = read(path, "results_json").epochs
    for name in ("f1", "precision", "recall", "accuracy"):
        found = [told[key] for key in (f"eval_{name}", f"predict_{name}", name) if key in told]
        assert point.metrics.get(name) == (found[0] if found else None)
    assert point.train_loss == told.get("train_loss")


@pytest.mark.parametrize("path", files("tfevents"), ids=lambda path: str(path.name)[-40:])
def test_an_event_file_is_read_or_rightly_refused(path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    if path.name in REFUSED:
        with pytest.raises(DiagnosticsError, match=REFUSED[path.name]):
            diagnose(path)
        return
    logged: dict[str, dict[int, float]] = {}
    for event in loader.LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            logged.setdefault(value.tag, {}).setdefault(event.step, value.simple_value)
    run = read(path, "tensorboard_events")
    evaluated = [point for point in run.epochs if point.eval_loss is not None]
    assert [point.step for point in evaluated] == list(logged.get("eval/loss", {}))
    for point, value in zip(evaluated, logged.get("eval/loss", {}).values(), strict=True):
        assert same(point.eval_loss, value)
    losses = logged.get("train/loss", {})
    assert [step.step for step in run.steps] == list(losses)
    assert all(same(step.loss, losses[step.step]) for step in run.steps)


@pytest.mark.parametrize("path", files("spacy_log"), ids=lambda path: str(path.name))
def test_a_table_of_spacy_is_read_figure_by_figure(path: Path) -> None:
    lines = [line.split() for line in path.read_text("utf-8").splitlines()]
    header = next(line for line in lines if "SCORE" in line)
    # E, #, two losses, F, P, R, score; one log has lost its first column.
    first = header.index("#")
    rows = [line for line in lines if len(line) > 6 and all(map(is_number, line[: first + 7]))]
    run = read(path, "spacy_table")
    assert [point.step for point in run.epochs] == [int(row[first]) for row in rows]
    for name, place in (("f1", 3), ("precision", 4), ("recall", 5)):
        found = [point.metrics[name] for point in run.epochs]
        assert found == pytest.approx([float(row[first + place]) / 100 for row in rows])
    numbers = [point.number for point in run.epochs]
    assert numbers == sorted(set(numbers))


def is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


@pytest.mark.parametrize("path", files("model_card"), ids=lambda path: str(path.name)[-60:])
def test_a_model_card_is_read_figure_by_figure(path: Path) -> None:
    text = path.read_text("utf-8")
    section = text.split("### Training results")[1].split("\n#")[0]
    table = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    assert table_agrees(table[0], table[1:], read(path, "model_card"))


def table_agrees(header: Sequence[str], rows: Sequence[Sequence[str]], run: RunHistory) -> bool:
    """Check each epoch, loss and well-known score of a table; further headers may stand in it."""
    points = list(run.epochs)
    for row in rows:
        if "Epoch" in row:
            header = row
        elif row != [""] and "--" not in row[0]:
            cells = dict(zip(header, (cell.strip("* ") for cell in row), strict=False))
            check_row(cells, points.pop(0), " ".join(run.notes))
    return not points


def check_row(cells: dict[str, str], point: Epoch, notes: str) -> None:
    assert point.number == float(cells["Epoch"]) + ("Train Loss" in cells)
    assert same(point.eval_loss, plain(cells.get("Validation Loss")))
    for name, standard in SCORES.items():
        if name not in cells or "F1 Micro" in cells:  # a name that goes first as well
            continue
        found = point.metrics.get(standard)
        if found is not None and f"{standard} reaches" in notes:
            found *= 100  # was read as a percentage
        assert same(found, plain(cells[name])), name
    for name, cell in cells.items():
        if cell.startswith("{") and "number" in cell:
            assert point.per_type[name]["f1"] == ast.literal_eval(cell)["f1"]


def plain(cell: str | None) -> float | None:
    if cell is None or cell in {"", "No log"}:
        return None
    if cell.startswith("{"):
        (value,) = ast.literal_eval(cell).values()
        return float(value)
    return float(cell)


def test_hundreds_of_card_tables_are_read_figure_by_figure(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    read_cards = 0
    for line in (FOLDER / "card_tables.jsonl").read_text("utf-8").splitlines():
        card = json.loads(line)
        table = [card["header"], ["---"] * len(card["header"]), *card["rows"]]
        rows = "".join(f"| {' | '.join(row)} |\n" for row in table)
        items = "".join(f"- {name}: {value}\n" for name, value in card["hyperparameters"].items())
        path.write_text(
            f"The following hyperparameters were used during training:\n{items}\n"
            f"### Training results\n\n{rows}",
            encoding="utf-8",
        )
        assert ModelCard().find(path) == (path,)
        run = ModelCard().read(path)
        assert table_agrees(card["header"], card["rows"], run), card["id"]
        rate = card["hyperparameters"].get("learning_rate")
        if rate is not None:
            assert run.config["learning_rate"] == float(rate)
        read_cards += 1
    assert read_cards > 600
