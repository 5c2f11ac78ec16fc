"""Stopping trainings that will not win, judged fairly across batch sizes and epoch counts.

A training is judged at each of its evaluations, in this order:

1. **Quiet stretches.** Nothing is judged in the first quarter of a training's plan, nor in its last
   stretch, where stopping saves nearly nothing.
2. **Slow starters.** While the best F1 is 0, or was 0 one evaluation ago, and the development loss
   still falls, the model is learning below the threshold at which the first entity appears. It goes
   on, up to half of its plan: by then a linear decay has spent three quarters of its learning rate.
   (Public cards of small data sets show F1 of 0, 0, 0.38, 0.52 over four epochs.)
3. **Comparison.** Its best F1 so far is compared with the best-so-far F1 of the other trainings *at
   the same share of their own plans*, of the same schedule shape only. Trainings that ended well
   count, and so do pruned ones as far as they went. Fewer than ten of them: no judgement.
4. **Level.** Only what lies below the median of the others by more than a margin can be stopped
   (the median rule of Golovin et al. 2017, KDD). The margin stands for the noise of the development
   split.
5. **Climb.** A training below that level goes on if it still climbs steeply enough to catch up:
   `F1 + climb` must stay below what the best comparable training reached in the end, minus the
   margin. The climb is half of the slope over the last third of its course, carried to the end of
   the plan: the rise per step follows the learning rate, which decays to 0, so on average half of
   it is left. Learning curves flatten, so this errs towards letting run. This is what keeps a plan
   of three epochs alive beside one of twenty, which is further up its curve at the same progress.

Pruned trainings count because leaving them out, as Optuna does, compares with survivors only: each
new training then has to beat the median of the good ones, and the level rises with every cut.
Carrying their last score to the end of their plans would make the level too low instead.

`docs/pruning.md` tells the same with an example; `benchmarks/pruner_simulation.py` compares the
variants.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuner.kept_epoch import noise_margin
from tuner.search.compared_curves import ComparedCurves
from tuner.search.curves import (
    Curve,
    CurvePoint,
    best_at,
    quantile_of_rising,
    schedule_shape,
)

__all__ = ["Curve", "CurvePoint", "FairPruner", "PruneAdvice", "schedule_shape"]

_TOLERANCE = 1e-9  # progress is epoch / epochs: 5 / 20 must count as one quarter


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneAdvice:
    """The advice to stop a training, with the comparison behind it.

    Attributes:
        reason: One sentence for the history.
        progress: Share of the plan at which it was judged.
        score: Best F1 of the training so far.
        threshold: Level that it missed.
        compared_with: Keys of the trainings it was compared with; of very many, of the best.
        evidence: Further figures, JSON-serialisable.
    """

    reason: str
    progress: float
    score: float
    threshold: float
    compared_with: tuple[str, ...]
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class FairPruner:
    """Advises to stop trainings that stand low at the same share of their own plans.

    Attributes:
        quiet_until: Share of the plan, inclusive, in which nothing is judged. A quarter: Optuna's
            percentile pruner did best with a warm-up on learning curves of neural networks, and
            the ranking of the first epoch alone is hardly better than chance.
        quiet_from: Share of the plan, inclusive, from which nothing is judged any more.
        slow_start_until: Share of the plan, inclusive, up to which slow starters go on.
        quantile: Only what is below this quantile of the others can be stopped; 0.5 is the median.
        margin: F1 by which it must lie below; `noise_margin` computes it from the development
            split.
        least_comparable: Number of comparable trainings that a judgement needs. With three, what
            was saved did not make up for the good trials that were stopped: at 10 and 20 trainings
            searches without any pruning chose better at equal cost (ARCHITECTURE.md has figures).
        loss_fall: Relative fall of the development loss from one evaluation to the next that counts
            as falling, for slow starters.
        let_run_every: One training in so many is let run against the advice, to measure the error.
    """

    quiet_until: float = 0.25
    quiet_from: float = 0.85
    slow_start_until: float = 0.5
    quantile: float = 0.5
    margin: float = 0.02
    least_comparable: int = 10
    loss_fall: float = 0.005
    let_run_every: int = 10

    def advise(self, curve: Curve, others: Sequence[Curve] | ComparedCurves) -> PruneAdvice | None:
        """Judge a training after its latest evaluation.

        The advice depends on the arguments alone. A training that stands best at its progress is
        never stopped, and raising the latest score of a training that may go on, or all of its
        scores by the same amount once it has left 0, never makes it stop.

        Args:
            curve: The training, up to the evaluation that was just made.
            others: All other trainings of the study, or those that count of them. Which of them
                count is decided here: those of the same schedule that ended well or were pruned.

        Returns:
            The advice to stop, or None to let it go on.
        """
        progress = curve.progress
        if self._quiet(progress) or self._starts_slowly(curve):
            return None
        if not isinstance(others, ComparedCurves):
            others = ComparedCurves.of([one for one in others if one.key != curve.key])
        compared = others.at(curve.schedule, progress)
        if len(compared.levels) < self.least_comparable:
            return None
        threshold = quantile_of_rising(compared.levels, self.quantile) - self.margin
        within_reach = curve.best + _climb(curve)
        needed = compared.highest - self.margin
        if curve.best >= threshold or within_reach >= needed:
            return None
        return PruneAdvice(
            reason=(
                f"best F1 {curve.best:.3f} is below {threshold:.3f} at {progress:.0%} of its plan "
                f"({len(compared.levels)} trials compared), and it climbs too slowly to catch up"
            ),
            progress=progress,
            score=curve.best,
            threshold=threshold,
            compared_with=compared.keys,
            evidence={
                "quantile": self.quantile,
                "margin": self.margin,
                "best_of_others": compared.levels[-1],
                "within_reach": within_reach,
                "needed": needed,
            },
        )

    def lets_run(self, number: int, seed: int) -> bool:
        """Whether a trial is let run to its end whatever the advice, to measure the pruner's error.

        One trial in each ten consecutive ones, drawn from the seed, so that a resumed study draws
        the same ones. The first trials of a study cannot be stopped for want of comparison and are
        not drawn.
        """
        block, place = divmod(number, self.let_run_every)
        skipped = min(self.least_comparable, self.let_run_every - 1) if block == 0 else 0
        digest = hashlib.sha256(f"{seed}:{block}".encode()).digest()
        drawn = int.from_bytes(digest[:8]) % (self.let_run_every - skipped)
        return place == skipped + drawn

    def for_development_split(self, entities: int) -> FairPruner:
        """Give the pruner whose margin fits a development split with so many gold entities."""
        return replace(self, margin=noise_margin(entities))

    def _quiet(self, progress: float) -> bool:
        return progress <= self.quiet_until + _TOLERANCE or progress >= self.quiet_from - _TOLERANCE

    def _starts_slowly(self, curve: Curve) -> bool:
        """Whether a training has not left F1 = 0, or only just, while its loss still falls."""
        if curve.progress > self.slow_start_until + _TOLERANCE or max(curve.scores[:-1], default=0):
            return False
        return curve.best > 0 or self._loss_falls([point.loss for point in curve.points])

    def _loss_falls(self, losses: Sequence[float | None]) -> bool:
        """Whether the last loss is the lowest so far; a loss that nobody computed may fall."""
        last = losses[-1]
        if last is None:
            return True
        earlier = [loss for loss in losses[:-1] if loss is not None and math.isfinite(loss)]
        return last < min(earlier, default=math.inf) * (1 - self.loss_fall)


def _climb(curve: Curve) -> float:
    """Give the F1 that a training would gain by the end at half of its recent slope."""
    recent = curve.progress / 3
    before = best_at(curve, curve.progress - recent) or 0.0
    return (curve.best - before) / recent * (1 - curve.progress) / 2
