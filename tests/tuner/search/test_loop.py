"""A search from the first trial to the delivered model, on scripted trainings."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from diagnostics.subjects.run_history import RunEvent
from tests.tuner.search.studies import RECIPE, Watcher, make_spec, peak, rising, search
from tuner.engine import EpochDone, JobRestarted, Message, StepsDone
from tuner.engines.scripted import ScriptedEngine, Step, scripted_report
from tuner.search.driver import StopCause
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.trial import TrialOutcome, TrialSpec, TrialState

COMPLETE, FAIL = optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.FAIL


def stored_trials(directory: Path) -> list[optuna.trial.FrozenTrial]:
    study = optuna.load_study(study_name="demo", storage=f"sqlite:///{directory / 'study.db'}")
    return study.get_trials()


def test_runs_exactly_the_asked_number_of_trials_and_delivers(tmp_path: Path) -> None:
    observer = Watcher()
    engine = ScriptedEngine(rising)
    summary = search(tmp_path, make_spec(trials=6), engine=engine, observer=observer)

    assert summary.status == "finished"
    assert [row.key for row in summary.rows] == [f"{number:04d}" for number in range(6)]
    assert {row.state for row in summary.rows} == {TrialState.FINISHED}
    assert [trial.state for trial in stored_trials(tmp_path)] == [COMPLETE] * 6
    assert summary.winner is not None
    assert summary.winner.mean == max(row.score or 0.0 for row in summary.rows)
    assert summary.best_directory == tmp_path / "best"
    assert engine.evaluate(tmp_path / "best", "dev").f1 == summary.winner.mean
    assert observer.summary == summary
    assert observer.snapshots[-1].finished == 6


def test_trial_0_is_the_recipe_then_come_the_known_good_points(tmp_path: Path) -> None:
    known_good = replace(RECIPE, learning_rate=1e-4, batch_size=8)
    summary = search(tmp_path, make_spec(trials=4, start_points=(known_good,)))
    assert [row.spec for row in summary.rows[:2]] == [RECIPE, known_good]
    assert [row.origin for row in summary.rows] == ["recipe", "known good", "sampler", "sampler"]


def test_sampled_settings_stay_inside_the_space_and_keep_the_recipe_elsewhere(
    tmp_path: Path,
) -> None:
    spec = make_spec(trials=7, recipe=replace(RECIPE, weight_decay=0.3))
    for row in search(tmp_path, spec).rows:
        assert 1e-5 <= row.spec.learning_rate <= 1e-3
        assert row.spec.batch_size in (4, 8, 16, 32)
        assert 2 <= row.spec.epochs <= 6
        assert (row.spec.weight_decay, row.spec.seed) == (0.3, 42)


def test_run_directories_hold_everything(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=2))
    run = tmp_path / "trials" / "0000"
    config = json.loads((run / "config.json").read_text())
    assert config["learning_rate"] == RECIPE.learning_rate
    assert config["data"]["fingerprint"] == "d"
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert [(line["kind"], line["epoch"]) for line in lines] == [("epoch", n) for n in (1, 2, 3, 4)]
    result = json.loads((run / "result.json").read_text())
    assert (result["state"], result["best_epoch"], result["epochs_done"]) == ("finished", 4, 4)
    state = json.loads((run / "trainer_state.json").read_text())
    assert state["global_step"] == state["max_steps"] == 40
    assert [entry["epoch"] for entry in state["log_history"] if "eval_f1" in entry] == [1, 2, 3, 4]
    assert json.loads((run / "environment.json").read_text())["versions"]["python"]


def test_storage_shows_curves_and_facts_to_a_dashboard(tmp_path: Path) -> None:
    search(tmp_path, make_spec(trials=2))
    trial = stored_trials(tmp_path)[0]
    assert list(trial.intermediate_values) == [1, 2, 3, 4]
    assert trial.params == {"learning_rate": 5e-5, "log2_batch_size": 4, "epochs": 4}
    assert trial.user_attrs["tuner:ended"]["state"] == "finished"
    assert trial.user_attrs["tuner:ended"]["best_epoch"] == 4


def falls_behind(spec: TrialSpec) -> list[float]:
    """The recipe and the first trials do well; later ones stay far below at every progress."""
    level = 0.9 if spec.learning_rate == RECIPE.learning_rate else 0.3 + peak(spec) / 10
    return [level * (0.9 + 0.1 * (epoch + 1) / spec.epochs) for epoch in range(spec.epochs)]


def test_pruned_trials_are_told_as_complete_under_our_flag(tmp_path: Path) -> None:
    good = tuple(
        replace(RECIPE, learning_rate=RECIPE.learning_rate, batch_size=size) for size in (4, 8)
    )
    spec = make_spec(trials=9, prune=True, start_points=good)
    summary = search(tmp_path, spec, falls_behind)
    pruned = [row for row in summary.rows if row.state is TrialState.PRUNED]
    assert pruned
    assert summary.audit.pruned == len(pruned)
    assert summary.audit.epochs_saved == sum(row.spec.epochs - row.epoch for row in pruned) > 0
    for row in pruned:
        trial = stored_trials(tmp_path)[row.number]
        assert trial.state is COMPLETE
        assert trial.value == row.score
        assert trial.user_attrs["tuner:ended"]["state"] == "pruned"
        history = (tmp_path / "trials" / row.key / "history.jsonl").read_text().splitlines()
        event = json.loads(history[-1])
        assert event["event"] == "pruned"
        assert event["details"]["compared_with"]
        assert not (tmp_path / "trials" / row.key / "best").exists()


def test_one_trial_in_ten_is_let_run_to_measure_the_pruner(tmp_path: Path) -> None:
    space = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-3)}, reasons={})

    def curve(spec: TrialSpec) -> list[float]:
        level = 0.9 - 0.01 * spec.learning_rate if spec.learning_rate < 6e-5 else 0.3
        return [level] * spec.epochs

    good = tuple(replace(RECIPE, learning_rate=rate) for rate in (4e-5, 3e-5))
    spec = make_spec(trials=10, prune=True, start_points=good, space=space, sampler="tpe")
    summary = search(tmp_path, spec, curve)
    assert summary.audit.pruned > 0
    assert summary.audit.let_run == 1
    noted = [row for row in summary.rows if "let run to measure" in row.note]
    assert len(noted) == summary.audit.let_run
    assert {row.state for row in noted} == {TrialState.FINISHED}


def test_the_recipe_is_never_pruned(tmp_path: Path) -> None:
    """With four slots the recipe runs beside others and would be stopped first."""
    engine = ScriptedEngine(
        lambda spec: [0.1 if spec == RECIPE else 0.9] * spec.epochs,
        slots=4,
    )
    summary = search(tmp_path, make_spec(trials=8, prune=True), engine=engine)
    assert summary.rows[0].state is TrialState.FINISHED


def sometimes_nan(spec: TrialSpec) -> list[Step]:
    if spec.learning_rate > 1e-4:
        return [0.2, math.nan]
    return list(rising(spec))


def test_a_failed_trial_ends_with_its_reason_and_the_search_goes_on(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=8), sometimes_nan)
    failed = [row for row in summary.rows if row.state is TrialState.FAILED]
    assert 0 < len(failed) < 8
    assert all("non-finite" in row.note for row in failed)
    assert summary.status == "finished"
    assert any("did not succeed" in warning for warning in summary.warnings)
    assert stored_trials(tmp_path)[failed[0].number].state is FAIL
    assert summary.winner is not None
    assert summary.winner.spec.learning_rate <= 1e-4


def test_nothing_succeeds(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=3), lambda spec: [math.nan])
    assert summary.status == "no-result"
    assert summary.winner is None
    assert summary.best_directory is None
    assert summary.extra["reasons"] == {"the training loss became non-finite in epoch 1": 3}
    assert any("non-finite in epoch 1 (3)" in warning for warning in summary.warnings)
    assert not list(tmp_path.glob("trials/*/best"))


def test_infeasible_trials_violate_a_constraint(tmp_path: Path) -> None:
    def curve(spec: TrialSpec) -> list[Step]:
        if spec.batch_size == 32:
            return [TrialOutcome(state=TrialState.INFEASIBLE, reason="needs 90 of 80 GiB")]
        return list(rising(spec))

    big = replace(RECIPE, batch_size=32)
    spec = make_spec(trials=13, sampler="tpe", start_points=(big,))
    summary = search(tmp_path, spec, curve)
    trials = stored_trials(tmp_path)
    assert summary.rows[1].state is TrialState.INFEASIBLE
    assert trials[1].constraints == {"memory": 1.0}
    assert trials[0].constraints == {}, "without a constraint a trial is feasible to Optuna"
    later = [row.spec.batch_size for row in summary.rows[8:]]
    assert later.count(32) <= 1, "the sampler does not avoid what does not fit"


def test_winner_rests_on_several_seeds(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=6, confirm=2, contenders=2))
    assert summary.winner is not None
    assert summary.winner.seeds == (42, 43, 44)
    assert summary.winner.spread is not None
    assert summary.gain is not None
    assert summary.gain.difference > 0
    confirmed = [row for row in summary.rows if row.origin == "confirm"]
    assert {row.number for row in confirmed} >= {summary.winner.number, 0}
    assert all((tmp_path / "confirm" / row.key / "result.json").is_file() for row in confirmed)


def lucky(spec: TrialSpec) -> list[float]:
    """A training whose seed 42 is lucky, beside a recipe that is good with every seed."""
    if spec.batch_size == RECIPE.batch_size:
        return [0.8 + spec.seed / 1e5] * spec.epochs
    return [0.85 if spec.seed == 42 else 0.5] * spec.epochs


def test_a_lucky_seed_does_not_win_and_the_winner_has_its_model(tmp_path: Path) -> None:
    unlucky = replace(RECIPE, batch_size=8)
    spec = make_spec(trials=2, confirm=2, start_points=(unlucky,))
    engine = ScriptedEngine(lucky)
    summary = search(tmp_path, spec, engine=engine)
    assert summary.winner is not None
    assert summary.winner.number == 0
    assert engine.evaluate(tmp_path / "best", "dev").f1 == max(summary.winner.seed_scores)


def test_weights_that_were_deleted_are_trained_again(tmp_path: Path) -> None:
    """The recipe's best seed is the search's own, whose model gave way to the lucky trial's."""

    def curve(spec: TrialSpec) -> list[float]:
        if spec.batch_size == RECIPE.batch_size:
            return [0.80 - (spec.seed - 42) * 0.001] * spec.epochs
        return [0.85 if spec.seed == 42 else 0.5] * spec.epochs

    spec = make_spec(trials=2, confirm=2, start_points=(replace(RECIPE, batch_size=8),))
    engine = ScriptedEngine(curve)
    summary = search(tmp_path, spec, engine=engine)
    assert summary.winner is not None
    assert summary.winner.number == 0
    assert (tmp_path / "confirm" / "0000-again" / "result.json").is_file()
    assert engine.evaluate(tmp_path / "best", "dev").f1 == 0.80
    assert all("again" not in row.key for row in summary.rows)


def test_test_split_is_read_exactly_once(tmp_path: Path) -> None:
    engine = ScriptedEngine(rising, test_score=lambda score: score - 0.05)
    spec = make_spec(trials=5, confirm=1, has_test=True)
    summary = search(tmp_path, spec, engine=engine)
    assert summary.winner is not None
    assert summary.test is not None
    assert summary.test.f1 == pytest.approx(max(summary.winner.seed_scores) - 0.05)
    assert [split for _, split in engine.evaluated] == ["test"]

    again = search(tmp_path, spec, engine=engine)
    (tmp_path / "summary.json").unlink()
    rebuilt = search(tmp_path, spec, engine=engine)
    assert again.test == rebuilt.test == summary.test
    assert len(engine.evaluated) == 1


def test_a_new_winner_is_read_again_and_the_summary_says_so(tmp_path: Path) -> None:
    engine = ScriptedEngine(rising)
    search(tmp_path, make_spec(trials=1, has_test=True), engine=engine)
    summary = search(tmp_path, make_spec(trials=5, has_test=True), engine=engine)
    assert len(engine.evaluated) == 2
    assert summary.extra["test_reads"] == 2
    assert any("read 2 times" in warning for warning in summary.warnings)


def test_without_a_test_split_the_summary_says_that_the_score_is_biased(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=2))
    assert summary.test is None
    assert any("biases upward" in warning for warning in summary.warnings)


def test_events_of_a_training_are_recorded(tmp_path: Path) -> None:
    event = RunEvent(kind="out-of-memory", message="ran as 4 x 4", epoch=0.5, step=3)

    def curve(spec: TrialSpec) -> list[Step]:
        return [replace(scripted_report(spec, 1, 0.5), events=(event,)), *rising(spec)[1:]]

    summary = search(tmp_path, make_spec(trials=1), curve)
    assert summary.rows[0].note == "ran as 4 x 4"
    lines = (tmp_path / "trials" / "0000" / "history.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["event"] == "out-of-memory"
    assert json.loads(lines[1])["events"] == []


def test_several_slots(tmp_path: Path) -> None:
    engine = ScriptedEngine(rising, slots=3)
    observer = Watcher()
    spec = make_spec(trials=7, sampler="tpe", confirm=1)
    summary = search(tmp_path, spec, engine=engine, observer=observer)
    running = [
        sum(row.state is TrialState.RUNNING for row in snapshot.rows)
        for snapshot in observer.snapshots
    ]
    assert max(running) == 3
    assert sum(row.origin != "confirm" for row in summary.rows) == 7
    assert summary.status == "finished"


def test_the_running_epoch_is_shown_as_a_fraction(tmp_path: Path) -> None:
    """Steps reach the watcher, and shorten the time that is left, before their epoch ends."""

    class Stepping(ScriptedEngine):
        told = 0.0

        def next_message(self, timeout: float) -> Message | None:
            if self.epochs_trained == 2 and self.told < 2.6:
                self.told = 2.4 if self.told == 0.0 else 2.6
                return StepsDone(key="0000", epochs=self.told)
            return super().next_message(timeout)

    observer = Watcher()
    engine = Stepping(rising, delay=0.01)
    search(tmp_path, make_spec(trials=1), engine=engine, observer=observer)
    shown = [(each.rows[0].epoch, each.rows[0].trained) for each in observer.ticks]
    assert shown[-2:] == [(2, 2.4), (2, 2.6)]
    before, after = (each.remaining for each in observer.ticks[-2:])
    assert before is not None
    assert after is not None
    assert after < before
    assert observer.snapshots[-1].rows[0].trained == 0.0


def test_a_finite_space_is_not_tried_twice(tmp_path: Path) -> None:
    space = SearchSpace(
        parameters={"batch_size": PowersOfTwo(low=8, high=16), "epochs": WholeRange(low=3, high=4)},
        reasons={},
    )
    summary = search(tmp_path, make_spec(trials=10, space=space))
    settings = [(row.spec.batch_size, row.spec.epochs) for row in summary.rows]
    assert sorted(settings) == [(8, 3), (8, 4), (16, 3), (16, 4)]
    assert any("Every setting" in warning for warning in summary.warnings)


def test_importances_need_enough_trials(tmp_path: Path) -> None:
    assert search(tmp_path, make_spec(trials=4)).importances == {}
    shares = search(tmp_path, make_spec(trials=9)).importances
    assert set(shares) == {"learning_rate", "batch_size", "epochs"}
    assert math.isclose(sum(shares.values()), 1.0)


def test_on_finish_sees_the_model_before_the_summary_is_written(tmp_path: Path) -> None:
    seen = []

    def card(summary: object) -> None:
        seen.append(((tmp_path / "best").is_dir(), (tmp_path / "summary.json").exists()))

    search(tmp_path, make_spec(trials=1), on_finish=card)
    assert seen == [(True, False)]


def test_summary_reads_back_as_it_was(tmp_path: Path) -> None:
    summary = search(tmp_path, make_spec(trials=5, confirm=1, has_test=True))
    assert search(tmp_path, make_spec(trials=5, confirm=1, has_test=True)) == replace(
        summary, extra={**summary.extra, "stopped_by": StopCause.DONE.value}
    )


class LosesATraining(ScriptedEngine):
    """Loses the second training with its worker, twice, after it has reported two epochs."""

    lost = 0

    def next_message(self, timeout: float) -> Message | None:
        message = super().next_message(timeout)
        match message:
            case EpochDone(key="0001", report=report) if report.epoch == 2 and self.lost < 2:
                self.lost += 1
                job = self._jobs.pop("0001").job
                self.start(replace(job, resume=True))
                return JobRestarted(key="0001", reason="Worker 1 was killed by signal 9.")
        return message


def test_a_training_that_was_lost_begins_again_and_counts_once(tmp_path: Path) -> None:
    observer = Watcher()
    engine = LosesATraining(rising)
    summary = search(tmp_path, make_spec(trials=3), engine=engine, observer=observer)
    assert [row.state for row in summary.rows] == [TrialState.FINISHED] * 3
    assert "0001 begins again: Worker 1 was killed by signal 9." in observer.notes
    lines = (tmp_path / "trials" / "0001" / "history.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    epochs = [entry["epoch"] for entry in entries if entry["kind"] == "epoch"]
    assert epochs == list(range(1, summary.rows[1].spec.epochs + 1))
    assert [entry["event"] for entry in entries if entry["kind"] == "event"] == ["restarted"] * 2
