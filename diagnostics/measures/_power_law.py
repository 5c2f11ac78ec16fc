"""Fits how a score grows with the number of sentences: a - b n^-c."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PowerLaw", "fit_power_law"]

_SLOWEST, _FASTEST = 0.05, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """A score that comes nearer to `ceiling` by `distance` n^-`rate` with n sentences."""

    ceiling: float
    distance: float
    rate: float

    def at(self, count: float) -> float:
        """Return the score with so many sentences, more than 0."""
        return float(self.ceiling - self.distance * count**-self.rate)


def fit_power_law(counts: Sequence[float], scores: Sequence[float]) -> PowerLaw | None:
    """Return the least-squares fit; None where the search does not end.

    The score is kept from 0 to 1 and never falls with more sentences (Viering and Loog 2022 compare
    this form with others).

    Args:
        counts: Numbers of sentences, more than 0, three different ones or more.
        scores: A score for each.
    """
    import numpy as np
    from scipy.optimize import OptimizeWarning, curve_fit

    unit = max(counts)  # in this unit all parameters are of the order of 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OptimizeWarning)  # no covariance is asked for
            found, _ = curve_fit(
                lambda share, ceiling, distance, rate: ceiling - distance * share**-rate,
                np.asarray(counts, dtype=float) / unit,
                np.asarray(scores, dtype=float),
                p0=(min(1.0, max(scores) + 0.05), 0.1, 0.5),
                bounds=((0.0, 0.0, _SLOWEST), (1.0, 2.0, _FASTEST)),
            )
    except RuntimeError:
        return None
    ceiling, distance, rate = map(float, found)
    return PowerLaw(ceiling=ceiling, distance=distance * unit**rate, rate=rate)
