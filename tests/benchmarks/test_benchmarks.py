"""Every benchmark says how it is called, and runs through in its tiny form.

Only that they run is tested here; what they measure is for an idle machine.
"""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from benchmarks import start_points
from benchmarks.support.score_over_time import (
    Point,
    Trace,
    best_by,
    cost_of,
    points_within,
)
from tuner.trial import TrialSpec

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
SCRIPTS = (
    "compiled_training",
    "crash_search",
    "fin_search",
    "guide_recipes",
    "memory_forecast",
    "memory_over_trials",
    "quote",
    "search_against_trainer",
    "start_points",
    "train_speed",
    "trunk_against_decay",
)


def run(name: str, *arguments: str) -> None:
    module: Any = importlib.import_module(f"benchmarks.{name}")
    module.main(list(arguments))


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_is_compared(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(name, "--help")
    assert ended.value.code == 0
    assert "RATIO" in capsys.readouterr().out


@pytest.mark.parametrize("name", SCRIPTS)
def test_readme_names_the_script(name: str) -> None:
    assert f"benchmarks/{name}.py" in (BENCHMARKS / "README.md").read_text(encoding="utf-8")


# What others' libraries warn about is theirs.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "train_speed"])
def test_runs_through_in_its_tiny_form(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figures.json"
    run(name, "--tiny", "--device", "cpu", "--output", str(output))
    figures = json.loads(output.read_text(encoding="utf-8"))
    assert figures["environment"]["cores"]
    assert "RATIO" in capsys.readouterr().out


@pytest.mark.filterwarnings("default")
def test_speed_arms_train_on_the_same_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "figures.json"
    run("train_speed", "--tiny", "--device", "cpu", "--output", str(output))
    runs = json.loads(output.read_text(encoding="utf-8"))["runs"]
    tokens = {each["arm"]: each["timing"]["tokens"] / each["timing"]["epochs"] for each in runs}
    assert len(tokens) == 4
    assert len(set(tokens.values())) == 1
    padding = {each["arm"]: each["timing"]["padded_tokens"] for each in runs}
    assert padding["tuner"] < padding["trainer"]
    assert "RATIO" in capsys.readouterr().out


@pytest.mark.filterwarnings("default")
def test_the_trainers_scores_equal_ours(tmp_path: Path, tiny_model: Path, easy_data: Path) -> None:
    from benchmarks.support.plain_trainer import plain_arguments, plain_trainer
    from benchmarks.support.setting import Setting, open_material
    from tuner.training.memory import MicroBatchLimits, SimulatedMemory
    from tuner.training.predict import evaluate

    setting = Setting(data=str(easy_data), model=str(tiny_model), device="cpu")
    material = open_material(setting, seed=42)
    # Grouping by length shuffles the evaluation too.
    arguments = plain_arguments(
        material,
        tmp_path,
        learning_rate=3e-3,
        num_train_epochs=12,
        train_sampling_strategy="group_by_length",
    )
    trainer = plain_trainer(material, arguments)
    trainer.train()
    theirs = trainer.evaluate()
    ours = evaluate(
        trainer.model,
        material.task,
        material.dev,
        padding=material.source.tokenizer.pad_token_id,
        device=material.device.torch_device,
        limits=MicroBatchLimits(),
        simulated=SimulatedMemory(),
        on_event=lambda event: None,
    )
    assert theirs["eval_f1"] > 0
    assert math.isclose(theirs["eval_f1"], ours.f1, abs_tol=1e-9)
    assert math.isclose(theirs["eval_accuracy"], ours.accuracy, abs_tol=1e-9)
    assert trainer.tokens == 12 * int(material.train.lengths.sum())


def test_what_comes_after_the_time_does_not_count() -> None:
    points = points_within([(1.0, 10, 0.2), (2.0, 20, 0.1), (9.0, 90, 0.9)], budget=5.0)
    assert points == (
        Point(seconds=1.0, tokens=10, f1=0.2),
        Point(seconds=2.0, tokens=20, f1=0.2),
    )


def test_best_score_and_its_cost() -> None:
    points = points_within([(1.0, 10, 0.2), (2.0, 40, 0.5)], budget=5.0)
    trace = Trace(arm="tuner", seed=42, points=points, trials=1, handed_over=None)
    assert best_by(trace, lambda point: point.seconds, 0.5) == 0.0
    assert best_by(trace, lambda point: point.tokens, 39) == 0.2
    assert cost_of(points, lambda point: point.tokens, 0.3) == 40
    assert cost_of(points, lambda point: point.tokens, 0.6) is None


def test_fin_is_skipped_without_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks import fin_search

    monkeypatch.setattr(fin_search, "FIN", tmp_path / "nowhere")
    fin_search.main([])
    assert capsys.readouterr().out.startswith("Skipped")


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    from benchmarks.fin_search import finished_before

    spec = TrialSpec(learning_rate=1e-3, batch_size=8, epochs=2)
    assert finished_before(tmp_path, spec) is None
    settings = {"learning_rate": 1e-3, "batch_size": 8, "epochs": 2}
    (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    scores = {"dev": {"f1": 0.5}, "test": {"f1": 0.4}}
    (tmp_path / "summary.json").write_text(json.dumps(scores), encoding="utf-8")
    assert finished_before(tmp_path, spec) == (0.5, 0.4)
    other = TrialSpec(learning_rate=1e-4, batch_size=8, epochs=2)
    assert finished_before(tmp_path, other) is None


@pytest.mark.parametrize("text", ["3e-4", "3e-4:16", "high:16:10", "3e-4:16:ten"])
def test_a_candidate_that_is_none(text: str) -> None:
    with pytest.raises(SystemExit, match=f"RATE:BATCH:EPOCHS, but got '{text}'"):
        start_points.main(["--candidates", "3e-4:16:10", text])


def test_more_points_than_candidates() -> None:
    with pytest.raises(SystemExit, match="number of candidates, 1, but got 2"):
        start_points.main(["--candidates", "3e-4:16:10", "--points", "2"])
