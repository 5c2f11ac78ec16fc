"""Trials in Optuna's storage, and suggestions that depend on nothing but the trials before."""

from __future__ import annotations

import json
import sqlite3
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from tests.tuner.search.studies import RECIPE, make_spec, peak
from tuner.engines.scripted import scripted_report
from tuner.errors import StudyError
from tuner.search.heartbeat import Heartbeat
from tuner.search.optuna_bridge import OptunaBridge
from tuner.search.optuna_sampling import SettingsSampler, _sampler
from tuner.search.optuna_shown import STATE, Shown, is_feasible
from tuner.search.run_record import RunRecord, search_key
from tuner.search.sampling import Asked
from tuner.space import Choice, PowersOfTwo, SearchSpace, UniformRange
from tuner.trial import TrialSpec, TrialState
from tuner.values import to_plain


@contextmanager
def open_bridge(directory: Path, **options: Any) -> Iterator[OptunaBridge]:
    bridge = OptunaBridge(make_spec(**options), f"sqlite:///{directory / 'study.db'}", "id")
    try:
        yield bridge
    finally:
        bridge.close()


def ended(asked: Asked, directory: Path, state: TrialState = TrialState.FINISHED) -> RunRecord:
    """A training that rose to its score along a straight line; a pruned one came half-way."""
    epochs = asked.spec.epochs
    trained = max(1, epochs // 2) if state is TrialState.PRUNED else epochs
    return RunRecord(
        key=search_key(asked.number),
        number=asked.number,
        spec=asked.spec,
        role="search",
        origin=asked.origin,
        directory=directory,
        state=state,
        reports=tuple(
            scripted_report(asked.spec, epoch, peak(asked.spec) * epoch / epochs)
            for epoch in range(1, trained + 1)
        ),
    )


def ask_and_tell(directory: Path, trials: int, **options: Any) -> list[TrialSpec]:
    specs = []
    with open_bridge(directory, **options) as bridge:
        for _ in range(trials):
            asked = bridge.ask()
            assert asked is not None
            specs.append(asked.spec)
            bridge.tell(ended(asked, directory))
    return specs


@pytest.mark.parametrize("sampler", ["random", "tpe", "gp"])
def test_the_same_seed_gives_the_same_trials_also_through_new_bridges(
    tmp_path: Path, sampler: str
) -> None:
    for name in ("whole", "pieces", "other"):
        (tmp_path / name).mkdir()
    whole = ask_and_tell(tmp_path / "whole", 6, sampler=sampler)
    pieces = [ask_and_tell(tmp_path / "pieces", 1, sampler=sampler)[0] for _ in range(6)]
    assert whole == pieces
    assert whole[0] == RECIPE
    assert len({spec.learning_rate for spec in whole}) == 6
    other = ask_and_tell(tmp_path / "other", 2, sampler=sampler, seed=7)
    assert other[0] == RECIPE
    assert other[1] != whole[1]


def test_gaussian_process_finds_the_peak(tmp_path: Path) -> None:
    specs = ask_and_tell(tmp_path, 10, sampler="gp")
    assert max(peak(spec) for spec in specs) > 0.85


def tell_of_all_kinds(bridge: OptunaBridge, folder: Path) -> None:
    """Ask for six trials, of which one failed, one was pruned, one did not fit and one runs."""
    states = {1: TrialState.FAILED, 2: TrialState.PRUNED, 3: TrialState.INFEASIBLE}
    for number in range(5):
        asked = bridge.ask()
        assert asked is not None
        run = ended(asked, folder, states.get(number, TrialState.FINISHED))
        for report in run.reports:
            bridge.report(number, report.epoch, report.scores.f1)
        bridge.tell(run)
    bridge.ask()


def test_what_the_sampler_is_shown(tmp_path: Path) -> None:
    """Failed regions look as bad as the worst, infeasible ones neutral behind a constraint.

    A pruned trial shows what it would have reached, to TPE what it had.
    """
    with open_bridge(tmp_path) as bridge:
        tell_of_all_kinds(bridge, tmp_path)
        told = bridge._knowledge().trials
        shown, raw = Shown().of(told), Shown().of(told, to_the_end=False)
    assert [trial.state.name for trial in told] == [
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "FAIL",
        "COMPLETE",
        "RUNNING",
    ]
    assert [trial.state.name for trial in shown] == ["COMPLETE"] * 5 + ["RUNNING"]
    good = [trial.value for trial in told if trial.value is not None]
    assert shown[1].value == min(good)
    had, shows = told[2].value or 0.0, shown[2].value or 0.0
    assert had < shows <= statistics.median(told[number].value or 0.0 for number in (0, 4))
    assert raw[2].value == told[2].value
    assert shown[3].value == sorted(good)[1]
    violated = [trial.constraints["memory"] > 0 for trial in shown[:5]]
    assert violated == [False, False, False, True, False]
    assert Shown().of(told[:3])[0].constraints == {}


def test_a_trial_enters_with_all_its_hyperparameters_at_once(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        asked = bridge.ask()
    with open_bridge(tmp_path) as bridge:
        (trial,) = bridge.trials()
    assert asked is not None
    assert (trial.number, trial.spec, trial.origin) == (0, RECIPE, "recipe")
    assert trial.state is TrialState.RUNNING


def test_telling_twice_changes_nothing(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        asked = bridge.ask()
        assert asked is not None
        run = ended(asked, tmp_path)
        bridge.tell(run)
        bridge.tell(replace(run, reports=(), state=TrialState.FAILED))
        (trial,) = bridge.trials()
    assert trial.state is TrialState.FINISHED
    assert trial.value == run.score


def test_values_go_through_the_storage_unchanged(tmp_path: Path) -> None:
    space = SearchSpace(
        parameters={
            "batch_size": PowersOfTwo(low=1, high=64),
            "warmup_ratio": UniformRange(low=0.0, high=0.2),
            "schedule": Choice(values=("linear", "cosine")),
            "dropout": Choice(values=(0.0, 0.1)),
        },
        reasons={},
    )
    recipe = replace(RECIPE, batch_size=1, dropout=0.1)
    specs = ask_and_tell(tmp_path, 8, space=space, recipe=recipe)
    with open_bridge(tmp_path, space=space, recipe=recipe) as bridge:
        assert [trial.spec for trial in bridge.trials()] == specs
    assert {spec.batch_size for spec in specs} <= {1, 2, 4, 8, 16, 32, 64}
    assert {type(spec.batch_size) for spec in specs} == {int}


def test_a_trial_that_somebody_else_failed_has_failed(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        bridge.ask()
        study = optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
        study.tell(0, state=optuna.trial.TrialState.FAIL)
        assert [trial.state for trial in bridge.trials()] == [TrialState.FAILED]


def test_a_foreign_trial_is_named(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}").ask()
        with pytest.raises(StudyError, match="was not written by tuner"):
            bridge.trials()


def test_heartbeats_are_recorded(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        bridge.ask()
        bridge._beat(0)
        with sqlite3.connect(tmp_path / "study.db") as database:
            rows = database.execute("SELECT count(*) FROM trial_heartbeats").fetchone()
        database.close()
    assert rows == (1,)


def test_heartbeat_thread_beats_for_watched_trials_only() -> None:
    beats: list[int] = []
    heartbeat = Heartbeat(beats.append, 0.01)
    heartbeat.watch(1)
    heartbeat.watch(2)
    heartbeat.forget(1)
    before = beats.count(1)
    deadline = time.monotonic() + 10
    while beats.count(2) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    heartbeat.stop()
    heartbeat.stop()
    assert beats.count(2) >= 3
    assert beats.count(1) <= before + 1
    silent = len(beats)
    time.sleep(0.05)
    assert len(beats) == silent


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/x.db", "oracle://host/x"])
def test_a_storage_that_cannot_be_opened_is_an_error_with_a_way_out(url: str) -> None:
    with pytest.raises(StudyError, match="cannot be used") as caught:
        OptunaBridge(make_spec(), url, "id")
    assert caught.value.hint


def test_random_search_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from tests.tuner.search.studies import make_spec, search;"
        f"search(Path({str(tmp_path)!r}), make_spec(trials=2));"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
    assert done.stderr == ""


def test_trials_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """They had attributes of their own for state, settings and origin."""
    attributes = {
        "tuner:state": "infeasible",
        "tuner:origin": "sampler",
        "tuner:spec": json.dumps(to_plain(RECIPE)),
        "tuner:result": {"best_epoch": None, "epochs": 0, "reason": "no memory"},
    }
    with open_bridge(tmp_path) as bridge:
        distributions = bridge._sampler.distributions
        params = bridge._sampler.params(RECIPE)
        state = optuna.trial.TrialState.FAIL
        frozen = optuna.trial.create_trial(
            state=state, params=params, distributions=distributions, user_attrs=attributes
        )
        bridge._study.add_trial(frozen)
        (trial,) = bridge.trials()
        assert (trial.spec, trial.origin, trial.state) == (RECIPE, "sampler", TrialState.INFEASIBLE)
        assert trial.facts["reason"] == "no memory"
        (known,) = bridge._knowledge().trials
        assert not is_feasible(known)


def test_what_is_known_is_what_the_storage_holds(tmp_path: Path) -> None:
    """The sampler is shown what this process remembers; a new process reads it."""

    def told(bridge: OptunaBridge) -> list[tuple[Any, ...]]:
        return [
            (one.number, one.state, one.value, one.params, one.user_attrs)
            for one in bridge._knowledge().trials
        ]

    with open_bridge(tmp_path) as bridge:
        tell_of_all_kinds(bridge, tmp_path)
        remembered = told(bridge)
    with open_bridge(tmp_path) as bridge:
        assert told(bridge) == remembered


def test_trials_that_somebody_adds_while_it_works_are_seen(tmp_path: Path) -> None:
    with open_bridge(tmp_path) as bridge:
        bridge.ask()
        study = optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
        study.ask()
        asked = bridge.ask()
        assert asked is not None
        assert asked.number == 2
        assert len(bridge._knowledge()) == 3
        again = bridge.ask()
        assert again is not None
        assert again.number == 3


@pytest.mark.parametrize("infeasible", [False, True])
def test_a_sampler_is_shown_the_same_as_by_a_storage_of_optuna(infeasible: bool) -> None:
    """The suggestion is that of a study in memory to which all trials were added."""
    sampler = SettingsSampler(make_spec(sampler="tpe"))
    trials = []
    for number in range(30):
        spec = SettingsSampler(make_spec(sampler="random")).suggest([], number=number)
        assert spec is not None
        state = "infeasible" if infeasible and number % 7 == 3 else "finished"
        failed = number % 5 == 2 or state == "infeasible"
        trials.append(
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.FAIL if failed else optuna.trial.TrialState.COMPLETE,
                value=None if failed else peak(spec),
                params=sampler.params(spec),
                distributions=sampler.distributions,
                user_attrs={STATE: state},
            )
        )
        trials[-1].number = number
    shown = Shown()
    plain = optuna.create_study(direction="maximize", sampler=_sampler(sampler._spec, 30, 1))
    plain.add_trials(shown.of(trials))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = plain.ask(sampler.distributions).params
    assert sampler._sample(shown.of(trials), _sampler(sampler._spec, 30, 1)) == expected
    assert shown.of(trials) == shown.of(trials)


def test_a_complete_trial_that_somebody_adds_while_it_works_is_no_curve(tmp_path: Path) -> None:
    """It counts as failed, and the search goes on."""
    with open_bridge(tmp_path) as bridge:
        bridge.ask()
        study = optuna.load_study(study_name="demo", storage=f"sqlite:///{tmp_path / 'study.db'}")
        params, ranges = bridge._sampler.params(RECIPE), bridge._sampler.distributions
        study.add_trial(optuna.create_trial(value=0.9, params=params, distributions=ranges))
        bridge.ask()
        assert bridge.ask() is not None
