"""Scores that are too good to be of unseen sentences."""

from __future__ import annotations

from diagnostics import series
from diagnostics.findings import Evidence, Severity, Tier
from diagnostics.rules.run._evidence.score_fixes import SPLIT_ANEW
from diagnostics.rules.run._evidence.score_suspicions import Suspicion
from diagnostics.subjects.run_history import RunHistory

__all__ = ["perfect_at_once", "too_good"]

_FEW_SENTENCES = 1000
"""Training sentences below which unseen ones stay harder than known ones."""


def perfect_at_once(run: RunHistory) -> Suspicion | None:
    """Look for a score of exactly 1 at the first evaluation."""
    points = series.scores(run)
    if not series.share_metric(run) or points[0].value != 1.0:
        return None
    label, first = series.score_label(run), points[0]
    return Suspicion(
        message=f"{label} is 1.0 at the first evaluation (epoch {first.epoch:g}): the development "
        "split is contained in the training data, follows a template, or is tiny.",
        evidence=[Evidence(label=f"first {label}", value=1.0, epochs=(first.epoch,))],
        fixes=[SPLIT_ANEW],
    )


def too_good(run: RunHistory, *, least: float, least_of_few: float) -> Suspicion | None:
    """Look for a high score on sentences that are as easy as the known ones.

    Args:
        run: The run.
        least: Score that is suspect whatever the model was trained on.
        least_of_few: Score that is suspect after a training on few sentences.
    """
    points, losses = series.scores(run), series.eval_losses(run)
    trained = series.train_losses(run)
    if not series.share_metric(run) or not (losses and trained):
        return None
    last = points[-1]
    sentences = series.whole(run.dataset.get("train_sentences"))
    if sentences is not None and sentences < _FEW_SENTENCES:
        least = least_of_few
    if not least <= last.value <= 1 or losses[-1].value > trained[-1].value:
        return None
    return Suspicion(
        message=f"{series.score_label(run)} is {last.value:.3f} and the evaluation loss "
        f"({losses[-1].value:.3g}) is no higher than the training loss "
        f"({trained[-1].value:.3g}): sentences of the development split may be among those of "
        "the training data.",
        evidence=[
            Evidence(label="last score", value=last.value, epochs=(last.epoch,)),
            Evidence(label="last evaluation loss", value=losses[-1].value),
            Evidence(label="last training loss", value=trained[-1].value),
        ],
        fixes=[SPLIT_ANEW],
        severity=Severity.INFO,
        tier=Tier.HEURISTIC,
    )
