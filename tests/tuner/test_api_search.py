"""`tuner.search` with real trainings: the answer, what lies on disk, and going on."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from transformers import TrainerState, pipeline

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.trainings import RECIPE, SPACE, StudyWatcher, trial_results
from tuner.data import load_data
from tuner.errors import StudyError
from tuner.search.quote import read_quote
from tuner.space import LogRange, SearchSpace
from tuner.study_view import StudySnapshot

pytestmark = pytest.mark.long

Options = dict[str, Any]


@pytest.fixture
def options(easy_data: Path, tiny_model: Path) -> Options:
    """The call of the finished study."""
    return {
        "data": easy_data,
        "model": tiny_model,
        "trials": 4,
        "confirm": 1,
        "space": SPACE,
        "recipe": RECIPE,
        "study": "easy",
        "device": "cpu",
    }


@pytest.fixture
def runs(searched: Searched, tmp_path: Path) -> Path:
    """A copy of the finished study, to be gone on with."""
    return Path(shutil.copytree(searched.runs, tmp_path / "runs"))


def histories(study: Path) -> Mapping[str, bytes]:
    return {str(p.relative_to(study)): p.read_bytes() for p in study.rglob("history.jsonl")}


def test_gives_an_answer_with_its_uncertainty(searched: Searched) -> None:
    summary = searched.summary
    assert summary.status == "finished"
    assert summary.winner is not None and summary.winner.interval is not None
    low, high = summary.winner.interval
    assert 0 <= low <= summary.winner.mean <= high <= 1
    assert summary.winner.scores.f1 > 0.5, "the tiny model learns the easy data"
    assert summary.test is not None and summary.test.f1 > 0.5
    assert [row.key for row in summary.rows if row.origin != "confirm"] == [
        "0000", "0001", "0002", "0003",
    ]  # fmt: skip
    confirmed = [row for row in summary.rows if row.origin == "confirm"]
    assert 3 <= len(confirmed) <= 4, "the three contenders, and the recipe when it is none of them"
    assert {row.spec.seed for row in confirmed} == {43}


def test_trial_0_is_the_recipe_and_the_others_lie_in_the_space(searched: Searched) -> None:
    specs = [row.spec for row in searched.summary.rows if row.origin != "confirm"]
    assert specs[0] == RECIPE
    for name, parameter in SPACE.parameters.items():
        assert all(parameter.contains(getattr(spec, name)) for spec in specs)
    assert {spec.warmup_ratio for spec in specs} == {RECIPE.warmup_ratio}
    assert {spec.seed for spec in specs} == {42}, "the seed is never searched"


def test_the_plan_comes_before_the_first_trial(searched: Searched) -> None:
    (plan,) = searched.watcher.plans
    assert plan.trials == 4 and plan.done == 0
    assert plan.start_points[0] == RECIPE
    assert ("learning_rate", "3e-3 … 0.02 (log)", "the model is tiny") in plan.space_lines
    assert plan.estimate is not None
    assert plan.estimate.seconds_per_epoch is not None and plan.estimate.seconds_per_epoch > 0
    assert plan.estimate.disk_bytes > 0
    assert "train: 48 sentences" in plan.data_facts[0]
    assert "cpu" in plan.device


def test_the_quote_is_kept_and_held_against_what_the_study_took(searched: Searched) -> None:
    (plan,) = searched.watcher.plans
    assert plan.quote is not None
    assert read_quote(searched.summary.directory) == plan.quote
    assert plan.quote.memory_available, "the memory of this machine"
    assert plan.elapsed == 0.0, "nothing is spent before the first trial"
    check = searched.summary.quote
    assert check is not None
    assert check.quoted == plan.quote.expected
    assert check.actual == searched.summary.elapsed
    card = (searched.runs / "easy" / "best" / "README.md").read_text(encoding="utf-8")
    assert f"Time of the search: {check.sentence}." in card


def test_the_model_loads_into_a_pipeline_and_finds_entities(searched: Searched) -> None:
    best = searched.summary.best_directory
    assert best == searched.runs / "easy" / "best"
    find = pipeline(
        "token-classification", model=str(best), aggregation_strategy="simple", device="cpu"
    )
    found = find("Alice Brown joined Acme Corp in Paris .")
    assert {(entity["entity_group"], entity["word"]) for entity in found} >= {
        ("PER", "alice brown"),
        ("LOC", "paris"),
    }


def test_run_directories_are_complete(searched: Searched) -> None:
    study = searched.runs / "easy"
    folders = [*(study / "trials").iterdir(), *(study / "confirm").iterdir()]
    assert len(folders) == len(searched.summary.rows)
    for folder in folders:
        assert sorted(path.name for path in folder.iterdir()) == [
            "config.json",
            "dev_counts.json",
            "dev_predictions.jsonl",
            "environment.json",
            "history.jsonl",
            "result.json",
            "trainer_state.json",
        ], "losers keep no weights, ended trainings no checkpoint"
        result = json.loads((folder / "result.json").read_text())
        row = next(row for row in searched.summary.rows if row.key == folder.name)
        assert (result["state"], result["score"]) == (row.state.value, row.score)
        environment = json.loads((folder / "environment.json").read_text())
        assert environment["versions"]["torch"] and "cpu" in environment["device"]


def test_the_trainer_state_is_read_by_transformers(searched: Searched) -> None:
    for row in searched.summary.rows[:4]:
        path = searched.runs / "easy" / "trials" / row.key / "trainer_state.json"
        state = TrainerState.load_from_json(str(path))
        evaluations = [entry for entry in state.log_history if "eval_f1" in entry]
        assert len(evaluations) == row.epoch
        assert state.num_train_epochs == row.spec.epochs
        assert state.best_metric == max(entry["eval_f1"] for entry in evaluations) == row.score
        steps_per_epoch = math.ceil(48 / row.spec.batch_size)
        assert state.max_steps == row.spec.epochs * steps_per_epoch
        assert state.global_step == row.epoch * steps_per_epoch
        assert any("loss" in entry and "learning_rate" in entry for entry in state.log_history)


def test_the_storage_opens_with_plain_optuna(searched: Searched) -> None:
    url = f"sqlite:///{searched.runs / 'easy' / 'study.db'}"
    (name,) = optuna.get_all_study_names(url)
    study = optuna.load_study(study_name=name, storage=url)
    assert study.direction is optuna.study.StudyDirection.MAXIMIZE
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 4
    for trial, row in zip(study.trials, searched.summary.rows, strict=False):
        assert trial.value == row.score
        assert len(trial.intermediate_values) == row.epoch
        assert trial.params["learning_rate"] == pytest.approx(row.spec.learning_rate)


def test_the_study_is_read_without_training(searched: Searched) -> None:
    record = tuner.load_study("easy", runs=searched.runs)
    assert record.summary == searched.summary
    assert not record.is_running
    assert record.rows == searched.summary.rows


def test_gold_entities_are_all_scored(searched: Searched, easy_data: Path) -> None:
    facts = load_data(easy_data).facts["splits"]
    summary = searched.summary
    assert summary.winner is not None and summary.test is not None
    for scores, split in ((summary.winner.scores, "dev"), (summary.test, "test")):
        support = {kind: values.support for kind, values in scores.per_type.items()}
        assert support == facts[split]["per_type"]


def test_searching_twice_gives_the_same_answer_without_training(
    searched: Searched, runs: Path, options: Options
) -> None:
    before = histories(runs)
    watcher = StudyWatcher()
    again = tuner.search(**options, runs_dir=runs, observer=watcher)
    assert watcher.notes == [], "nothing happens"
    assert trial_results(again) == trial_results(searched.summary)
    assert again.winner == searched.summary.winner and again.test == searched.summary.test
    assert histories(runs) == before
    assert watcher.plans[0].done == 4


def test_more_trials_go_on_where_it_stopped(
    searched: Searched, runs: Path, options: Options
) -> None:
    before = histories(runs)
    watcher = StudyWatcher()
    more = tuner.search(**options | {"trials": 5, "confirm": 0}, runs_dir=runs, observer=watcher)
    assert trial_results(more)[:4] == trial_results(searched.summary)
    assert len(trial_results(more)) == 5
    assert [note for note in watcher.notes if note.endswith("starts")] == ["0004 starts"]
    after = histories(runs)
    assert {name: after[name] for name in before} == before
    assert more.best_directory is not None
    assert (more.best_directory / "README.md").is_file()
    (plan,) = watcher.plans
    assert plan.elapsed > 0, "it goes on"
    assert more.quote is not None
    assert more.quote.compared.startswith("for the 5 trials"), "it was quoted for four"


def test_a_quote_for_other_devices_is_not_held_against_the_study(
    runs: Path, options: Options
) -> None:
    path = runs / "easy" / "quote.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"devices": 2}), encoding="utf-8")
    watcher = StudyWatcher()
    more = tuner.search(**options | {"trials": 5, "confirm": 0}, runs_dir=runs, observer=watcher)
    (plan,) = watcher.plans
    assert plan.quote is not None
    assert "another number of devices" in plan.quote.void
    assert more.quote is None
    assert json.loads(path.read_text())["void"] == plan.quote.void


def test_the_same_seed_gives_the_same_trials_in_another_folder(
    searched: Searched, options: Options, tmp_path: Path
) -> None:
    again = tuner.search(**options | {"trials": 2, "confirm": 0}, runs_dir=tmp_path)
    assert trial_results(again) == trial_results(searched.summary)[:2]
    for key in ("0000", "0001"):
        first = (searched.runs / "easy" / "trials" / key / "history.jsonl").read_text()
        second = (tmp_path / "easy" / "trials" / key / "history.jsonl").read_text()
        assert losses(first) == losses(second)


def losses(history: str) -> list[tuple[float, float]]:
    entries = [json.loads(line) for line in history.splitlines()]
    return [(e["train_loss"], e["scores"]["loss"]) for e in entries if e["kind"] == "epoch"]


def test_a_changed_study_is_refused_with_the_difference_and_new_starts_another(
    runs: Path, options: Options, easy_data: Path, tmp_path: Path
) -> None:
    before = histories(runs)
    changed = shutil.copytree(easy_data, tmp_path / "easy")
    with (changed / "train.conll").open("a", encoding="utf-8") as file:
        file.write("\nZurich B-LOC\n")
    wider = {**SPACE.parameters, "learning_rate": LogRange(low=1e-3, high=2e-2)}
    space = SearchSpace(parameters=wider, reasons={})
    for change, difference in (
        ({"data": changed}, "train.sentences: 48 before, 49 now"),
        ({"space": space}, "space, learning_rate: "),
        ({"max_length": 32}, "max_length: 64 before, 32 now"),
        ({"settings": {"max_grad_norm": 0.5}}, "max_grad_norm"),
    ):
        with pytest.raises(StudyError, match=difference) as caught:
            tuner.search(**options | change, runs_dir=runs)
        assert "--new" in caught.value.hint
    assert histories(runs) == before, "nothing was lost"
    other = tuner.search(
        **options | {"max_length": 32, "trials": 1, "confirm": 0}, runs_dir=runs, new=True
    )
    assert other.directory == runs / "easy-2"
    assert other.status == "finished"


def test_another_model_is_refused(runs: Path, options: Options, tmp_path: Path) -> None:
    model = Path(shutil.copytree(options["model"], tmp_path / "other"))
    from safetensors.torch import load_file, save_file

    weights = load_file(model / "model.safetensors")
    name = next(iter(weights))
    save_file({**weights, name: weights[name] + 1}, model / "model.safetensors", {"format": "pt"})
    with pytest.raises(StudyError, match="model"):
        tuner.search(**options | {"model": model}, runs_dir=runs)


def test_a_model_that_was_moved_is_the_same_model(
    searched: Searched, runs: Path, options: Options, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(options["model"], tmp_path / "moved"))
    again = tuner.search(**options | {"model": model}, runs_dir=runs)
    assert again.winner == searched.summary.winner


def test_a_winner_is_what_its_folder_holds(searched: Searched) -> None:
    """The weights of `best/` belong to the run and epoch that the summary names."""
    winner = searched.summary.winner
    assert winner is not None
    owner = json.loads((searched.runs / "easy" / "best" / "tuner_run.json").read_text())
    assert owner["epoch"] == winner.best_epoch
    record = tuner.load_study("easy", runs=searched.runs)
    run = next(run for run in record.runs if run.key == owner["key"])
    assert run.number == winner.number
    assert run.best is not None and run.best.scores.f1 == max(winner.seed_scores)


def test_an_error_of_the_observer_is_not_taken_for_one_of_the_disk(
    options: Options, tmp_path: Path
) -> None:
    """`tuner search | head` closes the pipe: that is no reason to speak of the study's folder."""

    def fail(snapshot: StudySnapshot, note: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        tuner.search(**options, runs_dir=tmp_path, observer=StudyWatcher(on_update=fail))


def test_what_won_a_like_study_is_tried_first_on_other_data(
    searched: Searched, runs: Path, options: Options, easy_data: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(easy_data, tmp_path / "other"))
    train = next(other.glob("train*"))
    train.write_text(train.read_text() + "\nHello O\n\n")
    watcher = StudyWatcher()
    asked = options | {"data": other, "study": "next", "trials": 1, "confirm": 0}
    tuner.search(**asked, runs_dir=runs, observer=watcher)
    won = searched.summary.winner
    assert won is not None
    (plan,) = watcher.plans
    points = [point.learning_rate for point in plan.start_points]
    if won.number != 0:  # then it is the recipe, which comes first anyway
        assert points[:2] == [RECIPE.learning_rate, won.spec.learning_rate]
        assert plan.start_sources[:2] == ("", "easy")
    assert any("What won the study easy (48 training sentences" in note for note in plan.notes)

    tuner.search(
        **asked | {"study": "alone", "past_studies": False}, runs_dir=runs, observer=watcher
    )
    assert plan.start_points[0] == watcher.plans[1].start_points[0]
    assert not any("What won" in note for note in watcher.plans[1].notes)
