"""The alternative: `Trainer.hyperparameter_search(backend="optuna")`, on our space or its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import optuna
from transformers.trainer_utils import default_hp_space_optuna

from benchmarks.support.clock import CLOCKS
from benchmarks.support.contest import MANY_TRIALS, Contest, read_space
from benchmarks.support.plain_trainer import (
    CountingTrainer,
    EpochScores,
    plain_arguments,
    plain_trainer,
)
from benchmarks.support.score_over_time import Trace, points_within
from benchmarks.support.setting import open_material
from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, SearchSpace, WholeRange

__all__ = ["THEIRS", "THEIR_DEFAULTS", "search_trainer", "search_trainer_by_default", "suggest"]

THEIRS = "trainer"
THEIR_DEFAULTS = "trainer, all defaults"

_ARGUMENT_NAMES = {
    "batch_size": "per_device_train_batch_size",
    "epochs": "num_train_epochs",
    "warmup_ratio": "warmup_steps",
    "schedule": "lr_scheduler_type",
    "label_smoothing": "label_smoothing_factor",
}


class _Referee(EpochScores):
    """Notes time, tokens and trial at every evaluation, and ends the search when time is up."""

    def __init__(self, contest: Contest) -> None:
        super().__init__(self._note)
        self._now = CLOCKS[contest.clock]
        self._start = self._now()
        self._budget = contest.seconds
        self.trainer: CountingTrainer | None = None
        self.study: optuna.Study | None = None
        self.trials = 0
        self.evaluations: list[tuple[float, int, float]] = []
        self.last_f1: dict[int, float] = {}

    def _note(self, f1: float) -> None:
        assert self.trainer is not None
        self.evaluations.append((self._now() - self._start, self.trainer.tokens, f1))
        self.last_f1[self.trials - 1] = f1

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the trial."""
        self.trials += 1

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End the training and the search when the time is over."""
        if self._now() - self._start > self._budget:
            control.should_training_stop = True
            if self.study is not None:
                self.study.stop()

    def watching(self, space: Callable[[optuna.Trial], dict[str, Any]]) -> Any:
        """Return a space that also tells the study, which is made inside of the Trainer."""

        def drawn(trial: optuna.Trial) -> dict[str, Any]:
            self.study = trial.study
            return space(trial)

        return drawn


def search_trainer(contest: Contest) -> Trace:
    """Run the Trainer's search on our space, with F1 to be maximised."""
    space, recipe = read_space(contest.space)
    fixed = {
        "warmup_steps": recipe.warmup_ratio,
        "weight_decay": recipe.weight_decay,
        "seed": contest.seed,
    }
    told = {"compute_objective": lambda metrics: metrics["eval_f1"], "direction": "maximize"}
    return _search(contest, THEIRS, lambda trial: suggest(trial, space), fixed, told)


def search_trainer_by_default(contest: Contest) -> Trace:
    """Run the Trainer's search as it is when nothing is said, but for the time."""
    return _search(contest, THEIR_DEFAULTS, default_hp_space_optuna, {}, {})


def _search(
    contest: Contest,
    arm: str,
    space: Callable[[optuna.Trial], dict[str, Any]],
    fixed: Mapping[str, Any],
    told: Mapping[str, Any],
) -> Trace:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    referee = _Referee(contest)
    material = open_material(contest.setting, contest.seed)
    with tempfile.TemporaryDirectory() as folder:
        arguments = plain_arguments(material, Path(folder), **fixed)
        referee.trainer = plain_trainer(material, arguments, searches=True, callbacks=[referee])
        best = referee.trainer.hyperparameter_search(
            backend="optuna",
            hp_space=referee.watching(space),
            n_trials=MANY_TRIALS,
            sampler=optuna.samplers.TPESampler(seed=contest.seed),  # the default one, repeatable
            **told,
        )
    return Trace(
        arm=arm,
        data=contest.data,
        seed=contest.seed,
        points=points_within(referee.evaluations, contest.seconds),
        trials=referee.trials,
        handed_over=referee.last_f1.get(int(best.run_id)),  # type: ignore[union-attr]
    )


def suggest(trial: optuna.Trial, space: SearchSpace) -> dict[str, Any]:
    """Draw the Trainer's arguments from our space, the way its default space does."""
    return {
        _ARGUMENT_NAMES.get(name, name): _suggest_one(trial, name, parameter)
        for name, parameter in space.parameters.items()
    }


def _suggest_one(trial: optuna.Trial, name: str, parameter: Parameter) -> Any:
    match parameter:
        case PowersOfTwo(values=values) | Choice(values=values):
            return trial.suggest_categorical(name, values)
        case WholeRange(low=low, high=high):
            return trial.suggest_int(name, low, high)
        case _:
            is_log = isinstance(parameter, LogRange)
            return trial.suggest_float(name, parameter.low, parameter.high, log=is_log)
