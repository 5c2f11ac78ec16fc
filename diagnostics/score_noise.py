"""How noisy a score is: what a development split of its size, or the run's own jitter, allows."""

from __future__ import annotations

from diagnostics import needs, series, statistics
from diagnostics.once_per_run import once_per_run
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "BLIND_NOISE",
    "may_be_chance",
    "noise_band",
    "noise_is_known",
    "score_error",
    "score_interval",
]

NOISE_FLOOR = 0.01
"""Change of a score below which nothing is news: covers the epoch-to-epoch jitter of 90 % of 26
public token-classification runs (10th percentile 0.0002, median 0.0023, 90th 0.0088)."""

BLIND_NOISE = 0.02
"""Noise assumed when neither the size of the development split nor enough evaluations are known."""

_FEWEST_CASES = 5
"""Cases that must all have turned the same way before an exact sign test calls it no chance: 0.5 to
the power of 5 is 0.03."""


def score_error(run: RunHistory, score: float) -> float | None:
    """Return the standard error of a score from the size of the development split.

    For F1 the sentence-level error that the run itself recorded comes first, then the estimate from
    the number of gold entities. Where only sentences were counted each is taken as one case. None
    for what is no share (losses, error rates) and when no size is known.
    """
    if not run.higher_is_better or not 0 <= score <= 1:
        return None
    cases, recorded = _cases(run), _recorded_error(run)
    estimate = None if cases is None else statistics.binomial_standard_error(score, cases)
    if recorded is None:
        return estimate
    # A handful of sentences that are nearly all right tell of no error. The least that many gave
    # was 0.8 times that of independent entities, which is 0.4 times the estimate.
    return max(recorded, 0.4 * (estimate or 0.0))


def score_interval(run: RunHistory, score: float) -> tuple[float, float] | None:
    """Return the ends of the 95 % interval of a score; None where `score_error` is."""
    error, cases = score_error(run, score), _cases(run)
    if error is None:
        return None
    if cases is not None and _recorded_error(run) is None:
        return statistics.wilson_interval(score, cases)
    half = statistics.Z_95 * error
    return max(0.0, score - half), min(1.0, score + half)


def _recorded_error(run: RunHistory) -> float | None:
    recorded = series.number(run.dataset.get("f1_standard_error"))
    return recorded if run.monitor == "f1" and recorded is not None and recorded > 0 else None


def _cases(run: RunHistory) -> float | None:
    """Return on how many independent cases the score was measured, None where nothing tells."""
    entities = series.whole(run.dataset.get("dev_entities"))
    if run.monitor == "f1" and entities is not None:
        return statistics.f1_cases(entities)
    sentences = series.whole(run.dataset.get("dev_sentences"))
    return None if sentences is None else float(sentences)


@once_per_run
def noise_band(run: RunHistory) -> float:
    """Return the change of the monitored score within one run that is still noise.

    Two standard deviations of its late jitter, but no more than two standard errors of the
    development split: jitter measured on a collapsing curve would hide the collapse. Never below
    `NOISE_FLOOR`; for a loss and for what is no share never below 3 % of its best value.
    """
    best = series.best_point(run)
    if best is None:
        return NOISE_FLOOR
    relative = run.monitor == "loss" or series.scale(run) != 1
    floor = 0.03 * abs(best.value) if relative else NOISE_FLOOR
    known = _known_noise(run, best.value)
    return max(floor, 2 * min(known)) if known else max(floor, BLIND_NOISE * series.scale(run))


def noise_is_known(run: RunHistory) -> bool:
    """Whether the run shows how noisy its score is; otherwise `noise_band` assumes a figure."""
    best = series.best_point(run)
    return best is not None and bool(_known_noise(run, best.value))


def _known_noise(run: RunHistory, best: float) -> list[float]:
    jitter = statistics.jitter([point.value for point in series.scores(run)])
    return [noise for noise in (jitter, score_error(run, best)) if noise is not None]


def may_be_chance(run: RunHistory, drop: float) -> bool:
    """Whether a change of the score stands for so few cases that no paired test could confirm it.

    Two evaluations are of the same cases; where all that changed did so in one direction, the exact
    sign test (McNemar 1947) gives its smallest p. False where the number of cases is unknown.

    Args:
        run: The run.
        drop: The change, above 0; a score from 0 to 1.
    """
    unit = "dev_entities" if run.monitor == "f1" else "dev_sentences"
    cases = series.whole(run.dataset.get(unit))
    if cases is None or not series.share_metric(run) or series.scale(run) != 1:
        return False
    by_word = run.monitor != "f1" and needs.token_classifier(run) is True
    return not by_word and round(drop * cases) < _FEWEST_CASES
