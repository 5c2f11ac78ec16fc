"""Search: ours against `Trainer.hyperparameter_search(backend="optuna")`, in the same wall time.

The arms get the same model, data, seeds and seconds, each in a process of its own:

* `tuner`: `tuner.search` on a space, without the confirmation by further seeds, so that all of the
  time goes into the search;
* `trainer`: the Trainer's search on the same space, told to maximise F1, with the same warm-up and
  weight decay; Optuna's sampler and pruner, batches and evaluation are what it comes with;
* `trainer, all defaults`: its own space (`default_hp_space_optuna`), objective (the sum of all
  metrics) and direction (minimise), as it is when nothing is said.

With `--space benchmarks/spaces/trainer.toml` the first two search the Trainer's own ranges instead,
from its default settings.

Compared is the best development F1 of any evaluation so far, over elapsed time and over real tokens
trained: the second leaves out how fast the loops are. The clock starts when the libraries are
loaded and includes reading data and weights; what is evaluated after the time is over does not
count. `handed over` is the F1 of the trial that the search names as its best; for the Trainer that
may be the one that was cut short, evaluated when the time was over.

The RATIO compares what both spent until they had the same F1, the lower of their two final ones:
the Trainer's cost over ours (median over the seeds). Above 1 ours was there first.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from benchmarks.support.picture import draw
from benchmarks.support.plain_trainer import (
    CountingTrainer,
    EpochScores,
    plain_arguments,
    plain_trainer,
)
from benchmarks.support.processes import in_own_process
from benchmarks.support.report import environment, print_table, shown, write_figures
from benchmarks.support.score_over_time import (
    Point,
    Trace,
    best_by,
    by_seconds,
    by_tokens,
    cost_of,
    points_within,
)
from benchmarks.support.setting import Setting, make_parser, open_material, parse, setting_from
from tuner.api import search
from tuner.silent import SilentStudy
from tuner.space import Choice, LogRange, Parameter, PowersOfTwo, SearchSpace, WholeRange
from tuner.study_file import read_study_file
from tuner.study_view import StudySnapshot
from tuner.trial import TrialSpec

SPACES = Path(__file__).parent / "spaces"
TINY = {"minutes": 0.03, "seeds": 1, "space": str(SPACES / "tiny.toml")}
MANY_TRIALS = 10_000
SHARES = (0.25, 0.5, 0.75, 1.0)

OURS = "tuner"
THEIRS = "trainer"
THEIR_DEFAULTS = "trainer, all defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One search, the same for every arm.

    Attributes:
        setting: Data, model and device.
        seed: Seed of the search and of its trainings.
        seconds: Time of the search.
        space: Study file with the space, and with the recipe for all that is not searched.
    """

    setting: Setting
    seed: int
    seconds: float
    space: str


def read_space(name: str) -> tuple[SearchSpace, TrialSpec]:
    """Return the space and the recipe of a study file.

    Raises:
        UsageError: There is no such file, or it is wrong.
        SystemExit: It lacks one of the two.
    """
    file = read_study_file(name)
    if file.space is None or file.recipe is None:
        raise SystemExit(f"The study {name!r} needs a [space] and a [recipe].")
    return file.space, file.recipe


# Ours


class _Watch(SilentStudy):
    """Notes the time, the epochs done and the best F1 whenever something happens."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.moments: list[tuple[float, dict[str, int], float]] = []

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        epochs = {row.key: row.epoch for row in snapshot.rows}
        best = max((row.score or 0.0 for row in snapshot.rows), default=0.0)
        self.moments.append((time.perf_counter() - self.start, epochs, best))


def search_tuner(contest: Contest) -> Trace:
    """Run our search."""
    watch = _Watch()
    with tempfile.TemporaryDirectory() as runs:
        setting = contest.setting
        summary = search(
            setting.data,
            model=setting.model,
            sample=setting.sample,
            max_length=setting.max_length,
            device=setting.device,
            space=contest.space,
            trials=MANY_TRIALS,
            time_budget=contest.seconds,
            confirm=0,
            seed=contest.seed,
            runs_dir=runs,
            observer=watch,
        )
        tokens = _tokens_by_epoch(summary.directory)
    points = points_within(_evaluations(watch, tokens), contest.seconds)
    return Trace(
        arm=OURS,
        seed=contest.seed,
        points=points,
        trials=len(summary.rows),
        handed_over=summary.winner.scores.f1 if summary.winner else None,
    )


def _tokens_by_epoch(study: Path) -> dict[str, list[int]]:
    """Read how many real tokens each epoch of each trial trained on."""
    tokens: dict[str, list[int]] = {}
    for history in sorted(study.glob("trials/*/history.jsonl")):
        entries = map(json.loads, history.read_text(encoding="utf-8").splitlines())
        epochs = [entry["tokens"] for entry in entries if entry["kind"] == "epoch"]
        tokens[history.parent.name] = epochs
    return tokens


def _evaluations(
    watch: _Watch, tokens: Mapping[str, Sequence[int]]
) -> Iterator[tuple[float, int, float]]:
    for seconds, epochs, best in watch.moments:
        yield seconds, sum(sum(tokens.get(key, [])[:done]) for key, done in epochs.items()), best


# The Trainer's


class _Clock(EpochScores):
    """Notes time, tokens and trial at every evaluation, and ends a training when time is up."""

    def __init__(self, budget: float) -> None:
        super().__init__(self._note)
        self.start = time.perf_counter()
        self.budget = budget
        self.trainer: CountingTrainer | None = None
        self.trial = -1
        self.evaluations: list[tuple[float, int, float]] = []
        self.last_f1: dict[int, float] = {}

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.start

    @property
    def trials(self) -> int:
        """Trials begun."""
        return self.trial + 1

    def _note(self, f1: float) -> None:
        assert self.trainer is not None
        self.evaluations.append((self.elapsed, self.trainer.tokens, f1))
        self.last_f1[self.trial] = f1

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.trial += 1

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.elapsed > self.budget:
            control.should_training_stop = True


def search_trainer(contest: Contest) -> Trace:
    """Run the Trainer's search on our space, with F1 to be maximised."""
    space, recipe = read_space(contest.space)
    fixed = {
        "warmup_steps": recipe.warmup_ratio,
        "weight_decay": recipe.weight_decay,
        "seed": contest.seed,
    }
    told = {
        "hp_space": lambda trial: suggest(trial, space),
        "compute_objective": lambda metrics: metrics["eval_f1"],
        "direction": "maximize",
        "n_trials": MANY_TRIALS,
    }
    return _search_trainer(contest, THEIRS, fixed, told)


def search_trainer_by_default(contest: Contest) -> Trace:
    """Run the Trainer's search as it is when nothing is said, but for the time."""
    return _search_trainer(contest, THEIR_DEFAULTS, {}, {})


def _search_trainer(
    contest: Contest, arm: str, fixed: Mapping[str, Any], told: Mapping[str, Any]
) -> Trace:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    clock = _Clock(contest.seconds)
    material = open_material(contest.setting, contest.seed)
    with tempfile.TemporaryDirectory() as folder:
        arguments = plain_arguments(material, Path(folder), **fixed)
        clock.trainer = plain_trainer(material, arguments, searches=True, callbacks=[clock])
        best = clock.trainer.hyperparameter_search(
            backend="optuna",
            timeout=max(0.0, contest.seconds - clock.elapsed),
            sampler=optuna.samplers.TPESampler(seed=contest.seed),  # the default one, repeatable
            **told,
        )
    return Trace(
        arm=arm,
        seed=contest.seed,
        points=points_within(clock.evaluations, contest.seconds),
        trials=clock.trials,
        handed_over=clock.last_f1.get(int(best.run_id)),  # type: ignore[union-attr]
    )


_ARGUMENT_NAMES = {
    "batch_size": "per_device_train_batch_size",
    "epochs": "num_train_epochs",
    "warmup_ratio": "warmup_steps",
    "schedule": "lr_scheduler_type",
    "label_smoothing": "label_smoothing_factor",
}


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


# Comparison

ARMS: Mapping[str, Callable[[Contest], Trace]] = {
    OURS: search_tuner,
    THEIRS: search_trainer,
    THEIR_DEFAULTS: search_trainer_by_default,
}


def measure(contests: Sequence[Contest], isolated: bool) -> Iterator[Trace]:
    """Run all arms in turn, beginning with another one for each contest."""
    names = list(ARMS)
    for number, contest in enumerate(contests):
        turn = number % len(names)
        for arm in (*names[turn:], *names[:turn]):
            work = ARMS[arm]
            trace = in_own_process(work, contest) if isolated else work(contest)
            final = trace.points[-1].f1 if trace.points else 0.0
            print(f"{arm}, seed {contest.seed}: {trace.trials} trials, F1 {final:.4f}", flush=True)
            yield trace


def print_report(traces: Sequence[Trace], budget: float) -> None:
    """Print both tables and the ratios."""
    print_table(
        "Best development F1 by share of the time", _columns(), _rows(traces, by_seconds, budget)
    )
    least = min((trace.points[-1].tokens for trace in traces if trace.points), default=1)
    title = f"Best development F1 by share of {least:,} tokens trained"
    print_table(title, _columns(), _rows(traces, by_tokens, least))
    for name, cost in (("time", by_seconds), ("tokens", by_tokens)):
        print(f"RATIO {name}, {THEIRS} / {OURS}: {ratio(traces, cost)}")


def _columns() -> tuple[str, ...]:
    return ("arm", *(f"{share:.0%}" for share in SHARES), "trials", "handed over")


def _rows(
    traces: Sequence[Trace], cost: Callable[[Point], float], limit: float
) -> list[tuple[str, ...]]:
    rows = []
    for arm in ARMS:
        own = [trace for trace in traces if trace.arm == arm]
        grown = (shown([best_by(t, cost, share * limit) for t in own], 3) for share in SHARES)
        trials = statistics.mean(trace.trials for trace in own)
        named = [trace.handed_over for trace in own if trace.handed_over is not None]
        rows.append((arm, *grown, f"{trials:.1f}", shown(named, 3)))
    return rows


def ratio(traces: Sequence[Trace], cost: Callable[[Point], float]) -> str:
    """Say how much more the Trainer's search spent than ours until both had the same F1."""
    found: list[float] = []
    seeds = sorted({trace.seed for trace in traces})
    for seed in seeds:
        ours, theirs = (
            next(trace.points for trace in traces if trace.arm == arm and trace.seed == seed)
            for arm in (OURS, THEIRS)
        )
        reached = min(points[-1].f1 if points else 0.0 for points in (ours, theirs))
        needed, spent = cost_of(ours, cost, reached), cost_of(theirs, cost, reached)
        if reached > 0.0 and needed and spent:
            found.append(spent / needed)
    if not found:
        return "none, since one of the two never left F1 = 0"
    each = ", ".join(f"{ratio:.2f}" for ratio in found)
    return f"{statistics.median(found):.2f} ({len(found)} of {len(seeds)} seeds: {each})"


def make_contests(options: argparse.Namespace, setting: Setting) -> list[Contest]:
    """Return one contest per seed."""
    read_space(options.space)
    seconds = 60.0 * options.minutes
    return [
        Contest(setting=setting, seed=seed, seconds=seconds, space=options.space)
        for seed in range(42, 42 + options.seeds)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, draw, write."""
    parser = make_parser(__doc__, "runs/benchmarks/search_against_trainer.json")
    parser.add_argument("--minutes", type=float, default=5.0, help="per arm and seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--space",
        default="encoder-small",
        help="study file with the space of the first two arms (%(default)s)",
    )
    parser.add_argument("--picture", type=Path, help="PNG (default: beside the figures)")
    options = parse(parser, arguments, TINY)
    start = environment()
    with tempfile.TemporaryDirectory() as scratch:
        contests = make_contests(options, setting_from(options, Path(scratch)))
        traces = list(measure(contests, not options.tiny))
    print_report(traces, contests[0].seconds)
    draw(
        traces,
        tuple(ARMS),
        contests[0].seconds,
        options.picture or options.output.with_suffix(".png"),
    )
    write_figures(options.output, start, contest=contests[0], traces=traces)


if __name__ == "__main__":
    main()
