"""Faults that searches with the transformers Trainer are known for, looked for in real trainings.

Those that need the loop only are in `search/test_faults_of_other_searches.py`.
"""

from __future__ import annotations

import functools
import gc
import json
import math
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import optuna
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertForTokenClassification

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.trainings import RECIPE, SPACE, StudyWatcher, scored, write_study_file
from tuner.cli import main
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study_view import StudySnapshot, StudySummary
from tuner.training.memory import SimulatedMemory
from tuner.training.trainer import FineTuningTrainer
from tuner.trial import TrialState

pytestmark = pytest.mark.long

Entries = list[dict[str, Any]]


def history(study: Path, key: str) -> Entries:
    (path,) = study.glob(f"*/{key}/history.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


def epochs(entries: Entries) -> list[tuple[Any, ...]]:
    return [
        (
            entry["epoch"],
            entry["step"],
            entry["train_loss"],
            entry["scores"]["loss"],
            entry["scores"]["f1"],
            entry["scores"]["accuracy"],
        )
        for entry in entries
        if entry["kind"] == "epoch"
    ]


def out_of_memory(entries: Entries) -> Entries:
    return [entry for entry in entries if entry.get("event") == "out-of-memory"]


@pytest.mark.parametrize("key", ["0002", "0000-seed-43"])
def test_a_training_of_a_search_is_the_training_of_its_settings_alone(
    searched: Searched, easy_data: Path, tiny_model: Path, tmp_path: Path, key: str
) -> None:
    """The seed is in force for this trial, and nothing is left over from the ones before."""
    row = next(row for row in searched.summary.rows if row.key == key)
    alone = tuner.train(
        easy_data, model=tiny_model, recipe=row.spec, runs_dir=tmp_path, device="cpu"
    )
    assert epochs(history(searched.runs / "easy", key)) == scored(alone.reports)
    assert scored(alone.reports) != epochs(history(searched.runs / "easy", "0000"))


def test_the_seed_decides_the_head_that_a_training_starts_from(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """One batch of all sentences, without dropout: only the new head can make a difference."""
    recipe = replace(RECIPE, batch_size=64, epochs=1, dropout=0.0)
    losses = []
    for seed in (42, 43, 42):
        result = tuner.train(
            easy_data,
            model=tiny_model,
            recipe=recipe,
            seed=seed,
            runs_dir=tmp_path,
            device="cpu",
        )
        losses.append(result.reports[0].train_loss)
    assert losses[0] == losses[2]
    assert losses[1] != pytest.approx(losses[0], abs=1e-3)


def test_no_setting_leaks_into_the_next_trial(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """Dropout, frozen layers and the rest change from trial to trial, and leave no trace."""
    also = ("dropout", "frozen_layers", "label_smoothing", "weight_decay", "schedule")
    summary = tuner.search(
        easy_data,
        model=tiny_model,
        trials=3,
        confirm=0,
        space=SPACE,
        recipe=RECIPE,
        also=also,
        sampler="random",
        prune=False,
        study="easy",
        runs_dir=tmp_path,
        device="cpu",
    )
    last = summary.rows[-1]
    assert all(getattr(last.spec, name) != getattr(summary.rows[1].spec, name) for name in also[:1])
    alone = tuner.train(
        easy_data, model=tiny_model, recipe=last.spec, runs_dir=tmp_path, device="cpu"
    )
    assert epochs(history(tmp_path / "easy", last.key)) == scored(alone.reports)


def test_out_of_memory_changes_neither_result_nor_record(
    easy_data: Path, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step is redone from the same weights, with the batch size that the study records."""
    place: dict[str, Any] = {"model": tiny_model, "runs_dir": tmp_path, "device": "cpu"}
    with monkeypatch.context() as patch:
        patch.setenv(SimulatedMemory.VARIABLE, "train=64,eval=96,optimizer=1")
        # Dropout would draw other masks for other micro-batches.
        recipe = replace(RECIPE, dropout=0.0)
        options: dict[str, Any] = {"trials": 2, "confirm": 0, "study": "easy"}
        summary = tuner.search(easy_data, space=SPACE, recipe=recipe, **options, **place)
    study = tmp_path / "easy"
    for row in summary.rows:
        alone = tuner.train(easy_data, recipe=row.spec, **place)
        for ours, theirs in zip(
            epochs(history(study, row.key)), scored(alone.reports), strict=True
        ):
            assert ours[:2] == theirs[:2], "as many steps, so batches of the size that is recorded"
            assert ours[2:] == pytest.approx(theirs[2:], abs=1e-4)
    phases = {entry["details"].get("phase") for entry in out_of_memory(history(study, "0000"))}
    assert phases == {"train", "eval", None}, "in the step, in the evaluation, in the optimizer"
    later = [e for e in out_of_memory(history(study, "0001")) if e["details"].get("phase")]
    assert later == [], "what fits is remembered"
    assert json.loads((study / "memory.json").read_text())["limits"]["train"] <= 64
    assert [trial.params["log2_batch_size"] for trial in stored_trials(study)] == [
        math.log2(row.spec.batch_size) for row in summary.rows
    ]


def stored_trials(study: Path) -> list[optuna.trial.FrozenTrial]:
    url = f"sqlite:///{study / 'study.db'}"
    (name,) = optuna.get_all_study_names(url)
    return optuna.load_study(study_name=name, storage=url).trials


@dataclass(frozen=True)
class Troubled:
    """A search in which one trial does not fit into memory, however small its batches.

    Attributes:
        summary: What `search` returned.
        models: Models alive whenever a training starts.
        left: Models and trainers alive after the search.
    """

    summary: StudySummary
    models: list[int]
    left: int


class Living:
    """Counts what is alive of the objects that were made since.

    By weak references: the garbage collector's own list must not be asked for while another thread
    trains, since CPython fails there on a tuple that it is still building.
    """

    def __init__(self, patch: pytest.MonkeyPatch, *kinds: type) -> None:
        self.made: list[weakref.ref[Any]] = []
        self.noted: set[type] = set()
        for kind in kinds:
            patch.setattr(kind, "__init__", self._noting(kind))

    def _noting(self, kind: Any) -> Callable[..., None]:
        make = kind.__init__

        @functools.wraps(make)
        def noted(made: Any, *arguments: Any, **keywords: Any) -> None:
            self.noted.add(kind)
            self.made.append(weakref.ref(made))
            make(made, *arguments, **keywords)

        return noted

    def count(self, *kinds: type) -> int:
        gc.collect()
        return len({id(thing) for made in self.made if isinstance(thing := made(), kinds)})


@pytest.fixture(scope="module")
def troubled(
    easy_data: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Troubled:
    kinds = (BertForTokenClassification, FineTuningTrainer, torch.optim.Optimizer)
    models: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        living = Living(patch, *kinds)

        def watch(snapshot: StudySnapshot, note: str) -> None:
            if note.endswith("starts"):
                models.append(living.count(BertForTokenClassification))
            if note.startswith("0000 finished"):
                patch.setenv(SimulatedMemory.VARIABLE, "train=4")
            if note.startswith("0001 infeasible"):
                patch.delenv(SimulatedMemory.VARIABLE)

        summary = tuner.search(
            easy_data,
            model=tiny_model,
            trials=4,
            confirm=0,
            space=SPACE,
            recipe=RECIPE,
            runs_dir=tmp_path_factory.mktemp("runs"),
            device="cpu",
            observer=StudyWatcher(on_update=watch),
        )
    assert living.noted == set(kinds)  # else nothing could be left over
    return Troubled(summary, models, living.count(*kinds))


def test_one_out_of_memory_does_not_end_the_study(troubled: Troubled) -> None:
    states = {row.key: row.state for row in troubled.summary.rows}
    assert states["0000"] is TrialState.FINISHED
    assert states["0001"] is TrialState.INFEASIBLE
    assert states["0002"] is TrialState.FINISHED
    assert troubled.summary.status == "finished"
    row = troubled.summary.rows[1]
    assert "Not even one row" in row.note
    assert any("Not even one row" in warning for warning in troubled.summary.warnings)


def test_no_trial_starts_beside_the_model_of_another(troubled: Troubled) -> None:
    assert troubled.models == [1, 1, 1, 1]


def test_nothing_is_held_after_the_search(troubled: Troubled) -> None:
    assert troubled.left == 0


def test_a_trial_counts_by_its_best_epoch_and_that_one_is_kept(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    """At such rates the model forgets what it had learnt; the last epoch is not what it can do."""
    space = SearchSpace(
        parameters={
            "learning_rate": LogRange(low=1.5e-2, high=4e-2),
            "batch_size": PowersOfTwo(low=4, high=8),
            "epochs": WholeRange(low=3, high=4),
        },
        reasons={},
    )
    recipe = replace(RECIPE, learning_rate=3e-2, batch_size=4, epochs=4, schedule="constant")
    summary = tuner.search(
        easy_data,
        model=tiny_model,
        trials=3,
        confirm=0,
        space=space,
        recipe=recipe,
        prune=False,
        study="falling",
        runs_dir=tmp_path,
        device="cpu",
    )
    study = tmp_path / "falling"
    curves = [[f1 for *_, f1, _ in epochs(history(study, row.key))] for row in summary.rows]
    assert any(curve[-1] < max(curve) for curve in curves), "the settings are meant to fall"
    assert [trial.value for trial in stored_trials(study)] == [max(curve) for curve in curves]
    assert [row.score for row in summary.rows] == [max(curve) for curve in curves]


def test_if_nothing_succeeds_the_study_says_why(
    easy_data: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model of NaNs: every trial fails, none is left to be the best, and nothing crashes."""
    model = Path(copytree(tiny_model, tmp_path / "broken"))
    weights = load_file(model / "model.safetensors")
    poisoned = {name: torch.full_like(value, torch.nan) for name, value in weights.items()}
    save_file(poisoned, model / "model.safetensors", {"format": "pt"})
    words = [
        "search", easy_data, "--model", model, "--space", write_study_file(tmp_path), "--study",
        "broken", "--trials", "3", "--device", "cpu", "--runs-dir", tmp_path / "runs",
    ]  # fmt: skip
    code = main([str(word) for word in words])
    shown = capsys.readouterr()
    assert code == 1
    assert "Traceback" not in shown.err
    assert "loss became nan" in " ".join(shown.out.split())
    record = tuner.load_study("broken", runs=tmp_path / "runs")
    assert [run.state for run in record.runs] == [TrialState.FAILED] * 3
    assert record.summary is not None and record.summary.status == "no-result"
    assert record.summary.winner is None and record.summary.best_directory is None
