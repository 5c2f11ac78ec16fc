"""SIMULATION of pruners on hand-made learning curves: a mechanism, no measurement of fine-tuning.

The curves are made up by the formula in `Task.curve`: a tagger finds nothing until it has learned a
certain amount, then its F1 rises and flattens; a high learning rate learns faster but ends lower;
a rate that has not decayed yet costs some F1; every evaluation is noisy. Trials differ in learning
rate, batch size and number of epochs, as in a real search. Settings are drawn at random, so that
only the pruner makes a difference.

Run `python benchmarks/pruner_simulation.py [--studies N] [--trials N]`. It prints, per pruner,
the mean over simulated studies of:

* regret: true F1 of the best of all trials minus true F1 of the chosen one, in points of F1;
* best lost: share of studies in which the pruner stopped the trial that would have scored best;
* epochs: trained epochs as a share of all planned ones;
* regret at equal epochs: the same regret when every pruner may train as many epochs as ten whole
  trials take, so that saved epochs buy further trials.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import optuna

from tuner.search.pruner import Curve, CurvePoint, FairPruner
from tuner.trial import TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The hyperparameters of a simulated trial."""

    learning_rate: float
    batch_size: int
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A simulated data set and model.

    Attributes:
        sentences: Training sentences.
        ceiling: F1 that the best settings approach.
        best_rate: Learning rate with the highest final F1.
        start: Amount to learn before the first entity is found.
        scale: Amount to learn for two thirds of the rise.
        undecayed: F1 that a rate at its peak costs.
        noise: Standard deviation of one evaluation.
        seed_noise: Standard deviation of a training's level.
    """

    sentences: int
    ceiling: float
    best_rate: float
    start: float
    scale: float
    undecayed: float
    noise: float
    seed_noise: float

    @classmethod
    def draw(cls, chance: random.Random) -> Task:
        """Draw a data set between 200 and 2,000 sentences."""
        best_rate = 10 ** chance.uniform(-4.3, -3.5)
        return cls(
            sentences=round(200 * 10 ** chance.uniform(0, 1)),
            ceiling=chance.uniform(0.6, 0.92),
            best_rate=best_rate,
            start=best_rate * chance.uniform(10, 40),
            scale=best_rate * chance.uniform(20, 80),
            undecayed=chance.uniform(0.02, 0.08),
            noise=chance.uniform(0.005, 0.02),
            seed_noise=chance.uniform(0.005, 0.02),
        )

    def settings(self, chance: random.Random) -> Settings:
        """Draw the settings of a trial from a space as wide as the default one."""
        longest = min(max(round(12_000 / self.sentences), 6), 30)
        return Settings(
            learning_rate=self.best_rate * 10 ** chance.uniform(-0.75, 0.75),
            batch_size=2 ** chance.randint(3, 6),
            epochs=chance.randint(max(2, longest // 4), longest),
        )

    def steps_per_epoch(self, settings: Settings) -> int:
        """Optimizer steps of an epoch."""
        return math.ceil(self.sentences / settings.batch_size)

    def truth(self, settings: Settings, progress: float) -> tuple[float, float]:
        """True (F1, loss) at a progress, without noise."""
        steps = self.steps_per_epoch(settings) * settings.epochs
        decayed = progress - progress**2 / 2  # integral of a linear decay
        learned = settings.learning_rate * steps * decayed
        above = max(learned - self.start, 0.0)
        too_high = max(math.log10(settings.learning_rate / self.best_rate), 0.0)
        ceiling = self.ceiling - 0.5 * too_high**2
        score = ceiling * (1 - math.exp(-above / self.scale))
        score -= self.undecayed * (1 - progress) * min(1.0, score / 0.3)
        loss = 0.2 + math.exp(-learned / self.scale) + 0.3 * too_high**2
        return max(score, 0.0), loss

    def curve(self, number: int, settings: Settings, chance: random.Random) -> Curve:
        """The whole curve of a trial as its evaluations would show it."""
        level = chance.gauss(0, self.seed_noise)
        points = []
        for epoch in range(1, settings.epochs + 1):
            progress = epoch / settings.epochs
            score, loss = self.truth(settings, progress)
            noisy = min(max(score + level + chance.gauss(0, self.noise), 0.0), 1.0)
            points.append(
                CurvePoint(progress=progress, score=noisy if score > 0 else 0.0, loss=loss)
            )
        return Curve(
            key=f"{number:04d}",
            schedule="linear",
            points=tuple(points),
            state=TrialState.FINISHED,
            epochs=settings.epochs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A simulated trial, with what it would score if it were let run."""

    settings: Settings
    curve: Curve
    steps_per_epoch: int
    true_end: float


Stop = Callable[[Trial, Curve, Sequence[Curve]], bool]
"""Whether to stop a trial: (the trial, its curve so far, curves of the earlier trials)."""


def no_pruning() -> Stop:
    """Let everything run."""
    return lambda _trial, _curve, _others: False


def ours(pruner: FairPruner) -> Stop:
    """Our pruner: pruned trials count as far as they went."""
    return lambda _trial, curve, others: pruner.advise(curve, others) is not None


def ours_finished_only(pruner: FairPruner) -> Stop:
    """Our pruner without the pruned trials, the way Optuna compares."""

    def stop(_trial: Trial, curve: Curve, others: Sequence[Curve]) -> bool:
        finished = [other for other in others if other.state is TrialState.FINISHED]
        return pruner.advise(curve, finished) is not None

    return stop


def ours_carried_forward(pruner: FairPruner) -> Stop:
    """Our pruner with the last score of a pruned trial carried to the end of its plan."""

    def carried(other: Curve) -> Curve:
        last = replace(other.points[-1], progress=1.0)
        return replace(other, points=(*other.points, last))

    def stop(_trial: Trial, curve: Curve, others: Sequence[Curve]) -> bool:
        whole = [carried(one) if one.state is TrialState.PRUNED else one for one in others]
        return pruner.advise(curve, whole) is not None

    return stop


def of_optuna(make: Callable[[], optuna.pruners.BasePruner], unit: str) -> Callable[[], Stop]:
    """One of Optuna's pruners, fed with `global step`, `epoch` or `percent` of the plan."""

    def begin() -> Stop:
        study = optuna.create_study(direction="maximize", pruner=make())
        open_trials: dict[str, optuna.Trial] = {}
        told: set[str] = set()

        def stop(trial: Trial, curve: Curve, others: Sequence[Curve]) -> bool:
            for other in others:
                if other.key not in told:
                    told.add(other.key)
                    pruned = other.state is TrialState.PRUNED
                    state = (
                        optuna.trial.TrialState.PRUNED
                        if pruned
                        else optuna.trial.TrialState.COMPLETE
                    )
                    study.tell(
                        open_trials[other.key],
                        None if pruned else other.points[-1].score,
                        state=state,
                    )
            asked = open_trials.get(curve.key) or open_trials.setdefault(curve.key, study.ask())
            epoch = len(curve.points)
            step = {
                "global step": epoch * trial.steps_per_epoch,
                "epoch": epoch,
                "percent": round(100 * curve.progress),
            }[unit]
            asked.report(curve.points[-1].score, step)
            return asked.should_prune()

        return stop

    return begin


def run(trial: Trial, stop: Stop, others: Sequence[Curve]) -> Curve:
    """Train a trial epoch by epoch until it ends or is stopped."""
    points = trial.curve.points
    for epoch in range(1, len(points)):
        so_far = replace(trial.curve, points=points[:epoch], state=TrialState.RUNNING)
        if stop(trial, so_far, others):
            return replace(so_far, state=TrialState.PRUNED)
    return trial.curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one simulated study gave."""

    regret: float
    best_lost: bool
    epochs_share: float
    regret_at_equal_epochs: float


def simulate(trials: Sequence[Trial], begin: Callable[[], Stop], count: int) -> Result:
    """Search through the first `count` trials, and through as many as the budget of ten allows."""
    first = search(trials[:count], begin(), budget=math.inf)
    budget = 10 * statistics.mean(trial.curve.epochs for trial in trials)
    within = search(trials, begin(), budget=budget)
    best = max(range(count), key=lambda number: trials[number].curve.best)
    trained = sum(curve.epochs_done for curve in first)
    planned = sum(trial.curve.epochs for trial in trials[:count])
    reachable = max(trial.true_end for trial in trials)
    return Result(
        regret=max(trial.true_end for trial in trials[:count]) - chosen(trials, first),
        best_lost=first[best].state is TrialState.PRUNED,
        epochs_share=trained / planned,
        regret_at_equal_epochs=reachable - chosen(trials, within),
    )


def search(trials: Sequence[Trial], stop: Stop, budget: float) -> list[Curve]:
    """Run trials one after the other while epochs are left."""
    done: list[Curve] = []
    for trial in trials:
        if sum(curve.epochs_done for curve in done) >= budget:
            break
        done.append(run(trial, stop, done))
    return done


def chosen(trials: Sequence[Trial], curves: Sequence[Curve]) -> float:
    """True F1 of the finished trial that scored best."""
    finished = [n for n, curve in enumerate(curves) if curve.state is TrialState.FINISHED]
    return trials[max(finished, key=lambda number: curves[number].best)].true_end


def draw_trials(seed: int, count: int) -> list[Trial]:
    """Draw a task and its trials."""
    chance = random.Random(seed)
    task = Task.draw(chance)
    drawn = []
    for number in range(count):
        settings = task.settings(chance)
        drawn.append(
            Trial(
                settings=settings,
                curve=task.curve(number, settings, chance),
                steps_per_epoch=task.steps_per_epoch(settings),
                true_end=max(
                    task.truth(settings, epoch / settings.epochs)[0]
                    for epoch in range(1, settings.epochs + 1)
                ),
            )
        )
    return drawn


def pruners() -> dict[str, Callable[[], Stop]]:
    """The pruners that are compared."""
    fair = FairPruner()
    low = replace(fair, quantile=0.25)
    high = replace(fair, quantile=0.75)
    early = replace(fair, least_comparable=3)
    no_margin = replace(fair, margin=0.0)
    percentile = optuna.pruners.PercentilePruner
    return {
        "no pruning": no_pruning,
        "ours": lambda: ours(fair),
        "ours, below the lower quartile": lambda: ours(low),
        "ours, below the upper quartile": lambda: ours(high),
        "ours, compared with three or more": lambda: ours(early),
        "ours, without margin": lambda: ours(no_margin),
        "ours, pruned trials left out": lambda: ours_finished_only(fair),
        "ours, pruned trials carried forward": lambda: ours_carried_forward(fair),
        "Optuna median, global steps": of_optuna(optuna.pruners.MedianPruner, "global step"),
        "Optuna median, epochs": of_optuna(optuna.pruners.MedianPruner, "epoch"),
        "Optuna percentile 25, epochs": of_optuna(lambda: percentile(25.0), "epoch"),
        "Optuna SHA, global steps": of_optuna(
            optuna.pruners.SuccessiveHalvingPruner, "global step"
        ),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Simulate pruners on hand-made curves.")
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--trials", type=int, default=20)
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    studies = [draw_trials(seed, 3 * arguments.trials) for seed in range(arguments.studies)]
    print("SIMULATION on hand-made curves (see the head of this file), not real trainings.")
    print(f"{arguments.studies} studies of {arguments.trials} random trials; F1 in points.\n")
    print(f"{'pruner':38}{'regret':>13}{'best lost':>11}{'epochs':>9}{'regret, equal epochs':>23}")
    for name, begin in pruners().items():
        results = [simulate(trials, begin, arguments.trials) for trials in studies]
        print(f"{name:38}{line(results)}", flush=True)


def line(results: Sequence[Result]) -> str:
    """One row of the table, with standard errors of the regrets."""
    regrets = [100 * result.regret for result in results]
    equal = [100 * result.regret_at_equal_epochs for result in results]
    lost = statistics.mean(result.best_lost for result in results)
    share = statistics.mean(result.epochs_share for result in results)
    return f"{shown(regrets):>13}{lost:>11.1%}{share:>9.0%}{shown(equal):>23}"


def shown(values: Sequence[float]) -> str:
    """Mean and standard error."""
    error = statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):.2f} ± {error:.2f}"


if __name__ == "__main__":
    main()
