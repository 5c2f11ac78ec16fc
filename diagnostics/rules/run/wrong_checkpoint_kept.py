"""Rule R206: the weights that were kept are not those of the best epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import fixes, needs, score_noise, series
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory

__all__ = ["WrongCheckpointKept"]

_LOSSES = ("loss", "eval_loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCheckpointKept(Rule[RunHistory]):
    """The checkpoint that is kept is not the best one.

    Why it matters: a better model was there and was thrown away, by keeping the last weights or by
    choosing the epoch with the lowest loss instead of the highest score.

    What to change: `load_best_model_at_end=True` and `metric_for_best_model` set to the score. If
    the best epoch's checkpoint still exists, take it: nothing needs to be trained again.

    Source: the Hugging Face defaults keep the last weights, and choose by the loss when asked to
    keep the best. In 24 of 32 public runs whose loss rose, F1 did not.
    """

    id: ClassVar = "R206"
    name: ClassVar = "wrong-checkpoint-kept"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.STATISTICAL
    needs: ClassVar = (needs.task_metric, needs.evaluations(2))
    doubt: ClassVar = "Weights of the best epoch that were copied elsewhere."
    bad: ClassVar = {
        "the last weights, 0.15 below the best": run_example(
            f1=(0.6, 0.75, 0.7, 0.62, 0.6), load_best_model_at_end=False
        ),
        "chosen by the loss, which is lowest while F1 is young": run_example(
            f1=(0.6, 0.7, 0.78, 0.8), eval_loss=(0.3, 0.35, 0.4, 0.5),
            load_best_model_at_end=True, metric_for_best_model="eval_loss",
        ),
    }  # fmt: skip
    good: ClassVar = {
        "the best is kept": run_example(
            f1=(0.6, 0.75, 0.7, 0.62, 0.6), load_best_model_at_end=True, metric_for_best_model="f1"
        ),
        "the last is as good as the best": run_example(
            f1=(0.6, 0.7, 0.75, 0.752, 0.749), load_best_model_at_end=False
        ),
        "loss and score agree": run_example(
            f1=(0.6, 0.8, 0.79), eval_loss=(0.5, 0.3, 0.35),
            load_best_model_at_end=True, metric_for_best_model="loss",
        ),
        "still running": run_example(
            f1=(0.6, 0.75, 0.7, 0.62, 0.6), load_best_model_at_end=False, max_steps=5000
        ),
    }  # fmt: skip

    large_loss: float = 0.02
    """Score given away from which a warning is due, in score. Judgement."""

    unknown: float = 2.0
    """Times the noise that the loss must exceed where the run did not record what it keeps."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Compare the epoch whose weights are kept with the best one."""
        share = series.plan_share(run)
        if share is not None and share < 0.9 and not run.config.get("early_stopping"):
            return NotApplicable(reason=f"the run stands at {share:.0%} of its plan")
        best = series.best_point(run)
        kept = self._kept(run)
        if best is None or kept is None:
            return []
        sign = 1 if run.higher_is_better else -1
        lost = sign * (best.value - kept.value)
        noise = score_noise.noise_band(run)
        certain = run.config.get("load_best_model_at_end") is not None
        if lost <= (1.0 if certain else self.unknown) * noise:
            return []
        return [self._finding(run, best, kept, lost=lost, noise=noise)]

    def _kept(self, run: RunHistory) -> series.Point | None:
        """Return the point whose weights remain; None when the best by the score is kept."""
        points = series.scores(run)
        if run.config.get("load_best_model_at_end") is not True:
            return points[-1]
        if run.config.get("metric_for_best_model") not in _LOSSES:
            return None
        lowest = min(series.eval_losses(run), key=lambda point: point.value, default=None)
        if lowest is None:
            return None
        return next((point for point in points if point.epoch == lowest.epoch), None)

    def _finding(
        self, run: RunHistory, best: series.Point, kept: series.Point, *, lost: float, noise: float
    ) -> Finding:
        label = series.score_label(run)
        setting = run.config.get("load_best_model_at_end")
        choice = "unless the best epoch was kept, the last weights are what remains"
        if setting is not None:
            choice = "the epoch with the lowest loss is kept" if setting else "the last is kept"
        known = setting is not None and len(series.scores(run)) >= 4
        clear = lost - noise / 2 > self.large_loss and not score_noise.may_be_chance(run, lost)
        grave = known and clear
        return self.finding(
            f"{label} is {best.value:.3f} at epoch {round(best.epoch, 2):g}"
            f"{_checkpoint(run, best)}, but {choice}: {kept.value:.3f} at epoch "
            f"{round(kept.epoch, 2):g}, {lost:.3f} worse.",
            evidence=[
                Evidence(label="best score", value=best.value, epochs=(best.epoch,)),
                Evidence(label="score of what is kept", value=kept.value, epochs=(kept.epoch,)),
                Evidence(label="noise", value=noise),
            ],
            fixes=_fixes(run),
            severity=Severity.WARNING if grave else Severity.INFO,
        )


def _checkpoint(run: RunHistory, best: series.Point) -> str:
    """Name the folder that the Trainer gives the best epoch, if its step is known."""
    step = next((point.step for point in run.epochs if point.number == best.epoch), None)
    return "" if step is None else f" (checkpoint-{step}, if it was saved)"


def _fixes(run: RunHistory) -> list[Fix]:
    chosen = run.config.get("metric_for_best_model")
    by_score = Fix(
        text="Choose the best epoch by the score.",
        parameter="metric_for_best_model",
        old=chosen if isinstance(chosen, str) else None,
        new=fixes.logged_name(run),
        how="the score is what is wanted",
    )
    return [*fixes.keep_best_epoch(run), by_score]
