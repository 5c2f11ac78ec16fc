"""`tuner.train` with real trainings: the result, its card, going on, and the recipes by name."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tuner
from tests.tuner.trainings import RECIPE, TrainWatcher, scored
from tuner.errors import UsageError
from tuner.train_view import TrainResult
from tuner.trial import EpochReport, TrialState

pytestmark = pytest.mark.long

Train = Callable[..., TrainResult]


@pytest.fixture
def train(easy_data: Path, tiny_model: Path, tmp_path: Path) -> Train:
    """Train the tiny model on the easy data, into the test's folder."""

    def call(**options: Any) -> TrainResult:
        defaults: dict[str, Any] = {
            "model": tiny_model,
            "recipe": RECIPE,
            "runs_dir": tmp_path,
            "device": "cpu",
        }
        return tuner.train(options.pop("data", easy_data), **defaults | options)

    return call


@pytest.fixture(scope="module")
def trained(
    easy_data: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainResult, TrainWatcher]:
    """One training that went through."""
    watcher = TrainWatcher()
    result = tuner.train(
        easy_data,
        model=tiny_model,
        recipe=RECIPE,
        runs_dir=tmp_path_factory.mktemp("runs"),
        device="cpu",
        observer=watcher,
    )
    return result, watcher


def stop_at(epoch: int, *, times: int = 1) -> TrainWatcher:
    """Return an observer that presses Ctrl-C while an epoch is shown."""

    def press(report: EpochReport) -> None:
        if report.epoch == epoch:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)

    return TrainWatcher(on_epoch=press)


def test_the_result_tells_every_epoch_and_the_best(
    trained: tuple[TrainResult, TrainWatcher],
) -> None:
    result, watcher = trained
    assert result.state is TrialState.FINISHED and result.reason == ""
    assert [report.epoch for report in result.reports] == [1, 2, 3]
    assert [report.step for report in result.reports] == [6, 12, 18]
    f1 = [report.scores.f1 for report in result.reports]
    assert result.best_epoch == f1.index(max(f1)) + 1
    assert result.dev is not None and result.dev.f1 == max(f1) > 0.5
    assert result.test is not None and result.test.f1 > 0.5
    assert result.name == "train-easy0-tiny-bert0", "named after data and model"
    assert scored(watcher.epochs) == scored(result.reports)
    assert watcher.results == [result]
    (facts,) = watcher.runs
    assert facts.spec == RECIPE and facts.steps_per_epoch == 6 and facts.train_sentences == 48


def test_the_run_directory_is_complete(trained: tuple[TrainResult, TrainWatcher]) -> None:
    result, _ = trained
    assert sorted(path.name for path in result.directory.iterdir()) == [
        "best",
        "check.json",
        "config.json",
        "dev_counts.json",
        "dev_predictions.jsonl",
        "environment.json",
        "history.jsonl",
        "lock",
        "result.json",
        "summary.json",
        "trainer_state.json",
    ]
    config = json.loads((result.directory / "config.json").read_text())
    assert config["learning_rate"] == RECIPE.learning_rate
    assert config["data"]["fingerprint"] and config["model"]["fingerprint"]
    summary = json.loads((result.directory / "summary.json").read_text())
    assert summary["state"] == "finished" and summary["best_epoch"] == result.best_epoch


def test_the_saved_model_scores_what_the_result_says(
    trained: tuple[TrainResult, TrainWatcher], easy_data: Path
) -> None:
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2
    from transformers import pipeline

    from tuner.data import load_data

    result, _ = trained
    assert result.best_directory is not None and result.test is not None
    find = pipeline("token-classification", model=str(result.best_directory), device="cpu")
    gold, predicted = [], []
    for sentence in load_data(easy_data).test:
        text = " ".join(sentence.tokens)
        starts = {0, *(place + 1 for place, letter in enumerate(text) if letter == " ")}
        found: Any = find(text)
        tags = {entity["start"]: entity["entity"] for entity in found}
        gold.append(list(sentence.tags))
        predicted.append([tags.get(start, "O") for start in sorted(starts)])
    assert f1_score(gold, predicted, mode="strict", scheme=IOB2) == pytest.approx(result.test.f1)


def test_interrupted_and_resumed_is_the_same_training(
    trained: tuple[TrainResult, TrainWatcher], train: Train
) -> None:
    whole, _ = trained
    first = train(observer=stop_at(2))
    assert first.state is TrialState.INTERRUPTED
    assert "user" in first.reason
    assert [report.epoch for report in first.reports] == [1, 2], "the epoch was finished"
    assert first.best_directory is not None and first.test is None
    watcher = TrainWatcher()
    second = train(observer=watcher)
    assert second.directory == first.directory
    assert second.state is TrialState.FINISHED
    assert scored(second.reports) == scored(whole.reports)
    assert second.test == whole.test
    assert not (second.directory / "checkpoint").exists()
    third = train(epochs=1)
    assert third.directory != first.directory, "a finished run is never overwritten"


def test_stopped_at_once_and_resumed_is_the_same_training(
    trained: tuple[TrainResult, TrainWatcher], train: Train
) -> None:
    whole, _ = trained
    first = train(observer=stop_at(1, times=2))
    assert first.state is TrialState.INTERRUPTED
    second = train()
    assert second.directory == first.directory
    assert scored(second.reports) == scored(whole.reports)


def test_the_same_seed_gives_the_same_result_and_another_one_another(
    trained: tuple[TrainResult, TrainWatcher], train: Train
) -> None:
    whole, _ = trained
    assert scored(train().reports) == scored(whole.reports)
    other = train(seed=7)
    assert other.directory.name.endswith("-2"), "another seed is another run"
    assert scored(other.reports) != scored(whole.reports)


def test_a_recipe_by_name_and_values_that_come_before_it(train: Train) -> None:
    watcher = TrainWatcher()
    result = train(recipe="bert-base-cased", epochs=2, name="guide", observer=watcher)
    spec = watcher.runs[0].spec
    assert (spec.learning_rate, spec.batch_size, spec.epochs) == (1.5e-5, 16, 2)
    assert spec.weight_decay == 0.0 and spec.seed == 42
    assert watcher.runs[0].model.endswith("tiny-bert0"), "the given model comes before the file's"
    assert result.directory.name == "guide"
    assert [report.step for report in result.reports] == [3, 6]


def test_without_a_development_split_one_is_made_with_the_seed(
    train: Train, easy_data: Path
) -> None:
    watcher = TrainWatcher()
    data = easy_data / "train.conll"
    result = train(data=data, test=easy_data / "test.conll", epochs=1, observer=watcher)
    assert any("no development split" in note for note in result.warnings)
    assert any("taken out of train" in line for line in watcher.runs[0].data_facts)
    assert result.test is not None


def test_a_setting_of_the_trainer_is_used(
    trained: tuple[TrainResult, TrainWatcher], train: Train
) -> None:
    whole, _ = trained
    clipped = train(settings={"max_grad_norm": 1e-3})
    assert scored(clipped.reports) != scored(whole.reports)
    config = json.loads((clipped.directory / "config.json").read_text())
    assert config["extra"] == {"max_grad_norm": 1e-3}


def test_a_run_of_the_same_name_with_other_data_is_another_run(
    train: Train, easy_data: Path, tmp_path: Path
) -> None:
    first = train(observer=stop_at(1))
    assert first.state is TrialState.INTERRUPTED
    changed = Path(shutil.copytree(easy_data, tmp_path / "data" / "easy"))
    with (changed / "train.conll").open("a", encoding="utf-8") as file:
        file.write("\nZurich B-LOC\n")
    second = train(data=changed, epochs=1)
    assert second.directory != first.directory
    assert json.loads((first.directory / "result.json").read_text())["state"] == "interrupted"


def test_a_lost_training_keeps_its_reason(train: Train, tiny_model: Path, tmp_path: Path) -> None:
    """A model with NaN among its weights fails at its first step, and says so."""
    import torch
    from safetensors.torch import load_file, save_file

    model = Path(shutil.copytree(tiny_model, tmp_path / "broken"))
    weights = load_file(model / "model.safetensors")
    poisoned = {name: torch.full_like(value, float("nan")) for name, value in weights.items()}
    save_file(poisoned, model / "model.safetensors", {"format": "pt"})
    result = train(model=model)
    assert result.state is TrialState.FAILED
    assert "loss became nan at step 1" in result.reason
    assert result.best_directory is None and result.reports == ()
    events = (result.directory / "history.jsonl").read_text()
    assert "non-finite" in events


def test_a_training_that_cannot_begin_says_why(train: Train) -> None:
    with pytest.raises(UsageError, match="frozen_layers"):
        train(recipe=replace(RECIPE, frozen_layers=3))
