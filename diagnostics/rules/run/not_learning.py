"""Rule R104: neither loss nor score moved over a training that was long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series, statistics
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.guessing import (
    always_one_answer,
    chance_loss,
    loss_tracks,
    stands_still,
)
from diagnostics.subjects.run_history import RunHistory

__all__ = ["NotLearning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLearning(Rule[RunHistory]):
    """The run does not learn: no improvement over several epochs, in any series.

    Why it matters: the model ends as it began. More of the same changes nothing.

    What to change: first the data, because a usual learning rate always learns *something*: train
    on 32 sentences until they are known by heart (F1 above 0.9). If that fails, labels and tokens
    do not belong together, or the weights are frozen; if it works, raise the learning rate.

    Source: AUTOTRAINER and SageMaker Debugger call a loss stuck when it gains less than 1 to 2 %;
    here it must also stay within its own noise, and short runs are not judged at all.
    """

    id: ClassVar = "R104"
    name: ClassVar = "not-learning"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.losses,)
    explains: ClassVar = ("R106", "R201", "R205", "R206", "R301", "R302", "R303", "R304", "R307")
    doubt: ClassVar = "A warm-up that is still running, or a model that was trained before."
    bad: ClassVar = {
        "the loss of guessing among four, for six epochs": run_example(
            train_loss=(1.39, 1.387, 1.388, 1.386, 1.389, 1.387),
            eval_loss=(1.386, 1.387, 1.386, 1.386, 1.387, 1.386),
            accuracy=(0.25, 0.26, 0.24, 0.25, 0.26, 0.25),
            learning_rate=2e-5,
        ),
        "always the more frequent of two classes, at a good-looking accuracy": run_example(
            train_loss=(0.644, 0.645, 0.643, 0.648, 0.65),
            eval_loss=(0.637, 0.655, 0.633, 0.625, 0.627),
            accuracy=(0.6838, 0.6838, 0.6838, 0.6838, 0.6838),
        ),
        "a training loss at ln 200, without any evaluation": run_example(
            step_losses=[5.3 + 0.01 * (step % 3) for step in range(200)], steps_per_epoch=100
        ),
        "two means of 500 steps at ln 2, never evaluated": run_example(
            train_loss=(0.6961, 0.6995), steps_per_epoch=500
        ),
    }
    good: ClassVar = {
        "two means of 500 steps below ln 2": run_example(
            train_loss=(0.69, 0.65), steps_per_epoch=500
        ),
        "slow start: F1 is 0 while the loss falls": run_example(
            train_loss=(1.9, 1.4, 1.1, 0.8), eval_loss=(1.5, 1.2, 1.0, 0.7), f1=(0, 0, 0, 0.1)
        ),
        "39 steps are too few to say": run_example(
            eval_loss=(1.39, 1.38, 1.39, 1.38), f1=(0, 0, 0, 0), steps_per_epoch=10
        ),
        "converged before the first evaluation": run_example(
            train_loss=(0.1, 0.1, 0.1, 0.1), eval_loss=(0.2, 0.2, 0.2, 0.2), f1=(0.9, 0.9, 0.9, 0.9)
        ),
        "a noisy training loss that falls, without any evaluation": run_example(
            step_losses=[0.7 - 0.004 * step + 0.1 * (step % 3) for step in range(110)],
            steps_per_epoch=50,
        ),
        "a high but useful loss, as label smoothing gives": run_example(
            eval_loss=(0.81, 0.8, 0.8, 0.8), f1=(0.92, 0.93, 0.93, 0.93)
        ),
    }

    least_steps: int = 100
    """Optimizer steps below which standing still is normal, in steps. Three usual warm-ups."""

    least_gain: float = 0.02
    """Gain over the whole run below which a loss has not moved, as a share of its first value."""

    parked: float = 0.05
    """The same where loss and accuracy are those of a constant answer."""

    enough_losses: int = 20
    """Losses by step that stand for the evaluations where there are fewer than 4."""

    enough_epochs: int = 10
    """Evaluations that stand for enough steps where no step was numbered. Judgement."""

    learned: float = 0.6
    """Score (F1 or accuracy) from which a flat run may simply have converged early. Judgement."""

    converged: float = 0.9
    """Accuracy from which a constant one is taken for a converged run. Judgement."""

    near_guessing: float = 0.03
    """Distance of the loss from the entropy of the accuracy, as a share of it, at which a constant
    accuracy is that of always giving the most frequent answer."""

    near_chance: float = 0.02
    """The same for the loss of guessing evenly, where too few losses are logged for a trend."""

    steps_at_chance: int = 500
    """Steps after which such a loss is odd: the usual interval of logging. Judgement."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for a run in which every series stays where it began."""
        steps = series.total_steps(run)
        if steps is not None and steps < self.least_steps:
            return NotApplicable(
                reason=f"{steps} steps are too few; standing still is normal below 100"
            )
        if steps is None and len(series.evaluations(run)) < self.enough_epochs:
            return NotApplicable(reason="the run logged no step numbers and few evaluations")
        tracks = loss_tracks(run, enough=self.enough_losses)
        if not tracks and (found := self._at_chance(run, steps)):
            return found
        if not tracks:
            return NotApplicable(
                reason="the run logged fewer than 4 evaluations with a loss and too few losses "
                "between them, which show no trend"
            )
        least = self.parked if self._guesses(run) else self.least_gain
        if not all(stands_still(track, least) for track in tracks) or self._score_moved(run):
            return []
        return [self._finding(run, tracks[0], steps)]

    def _score_moved(self, run: RunHistory) -> bool:
        """Whether the score rose beyond noise, or is high enough to have converged early."""
        points = [] if run.monitor == "loss" else list(series.scores(run))
        if not points or not run.higher_is_better:
            return False
        values = [point.value for point in points]
        gain = statistics.theil_sen_slope(values) * (len(values) - 1)
        if gain > score_noise.noise_band(run):
            return True
        return max(values) >= self.learned and not self._guesses(run)

    def _guesses(self, run: RunHistory) -> bool:
        return always_one_answer(run, converged=self.converged, near=self.near_guessing)

    def _at_chance(self, run: RunHistory, steps: int | None) -> list[Finding]:
        """Tell of a run that logged too little for a trend, and only what guessing gives."""
        chance = chance_loss(run, near=self.near_chance)
        if chance is None or steps is None or steps < self.steps_at_chance:
            return []
        if series.evaluations(run):
            return []
        losses = [point.value for point in series.train_losses(run)]
        return [self._finding(run, losses, steps, guess=chance)]

    def _finding(
        self,
        run: RunHistory,
        losses: Sequence[float],
        steps: int | None,
        *,
        guess: float | None = None,
    ) -> Finding:
        probe = Fix(
            text="Train on 32 sentences only: they must be learned by heart (F1 above 0.9).",
            parameter="train_sentences",
            old=series.whole(run.dataset.get("train_sentences")),
            new=32,
            how="a probe: if it fails, labels, alignment or frozen weights are at fault",
        )
        over = f"{len(losses)} points" if steps is None else f"{steps} steps ({len(losses)} points)"
        scored = run.monitor != "loss" and series.scores(run)
        score = " and the score does not rise" if scored else ""
        message = f"Over {over} the loss stays at {losses[0]:.3g} to {losses[-1]:.3g}{score}."
        if self._guesses(run):
            message += " Loss and accuracy are those of always giving the most frequent answer."
        if guess is not None:
            message += f" Guessing evenly gives {guess:.3g}."
        return self.finding(
            message,
            evidence=[
                Evidence(label="first loss", value=losses[0]),
                Evidence(label="last loss", value=losses[-1]),
                Evidence(label="points", value=len(losses)),
            ],
            fixes=[probe, *fixes.raise_learning_rate(run, 3)],
            severity=self.severity if guess is None else Severity.INFO,
            tier=self.tier if guess is None else Tier.HEURISTIC,
        )
