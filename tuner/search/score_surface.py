"""A guess at the scores of settings that were not tried: a Gaussian process with known noise.

It is our own, beside the sampler's: the sampler's is made to choose a point and keeps its figures
to itself, and a study that is sampled at random or by TPE has none. The kernel is Matern 5/2 with a
length per hyperparameter (Snoek et al. 2012, arXiv 1206.2944). Its lengths and its scale are not
fitted but drawn from a prior and weighted by how well they explain the scores, because ten scores
cannot tell them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.space import Choice, LogRange, Parameter, SearchSpace, UniformRange
from tuner.trial import TrialSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Generator = np.random.Generator

__all__ = ["ScoreSurface", "candidates", "encoded"]

KERNELS = 128
"""Draws of lengths and scale."""

KEPT_KERNELS = 8
"""Those that explain the scores best; the others have hardly any weight."""

LENGTH_MEDIAN, LENGTH_SPREAD = 0.5, 1.0
SCALE_SPREAD = 0.5
"""Priors, log-normal: lengths around half of a hyperparameter's range, a scale around the standard
deviation of the scores. Judgement; wide enough that ten scores decide."""

JITTER = 1e-6
LOCAL_SHARE = 0.25
LOCAL_STEP = 0.1
KEEP_VALUE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kernel:
    """Lengths, scale and what follows from them for the settings that were tried."""

    lengths: Numbers
    scale: float
    solved: Numbers  # inverse of the covariance times the scores
    factor: Numbers  # Cholesky factor of the covariance
    evidence: float  # logarithm of the marginal likelihood


class ScoreSurface:
    """What scores to expect of which settings.

    Args:
        points: Shape (trials, columns): the settings, from `encoded`.
        scores: Shape (trials,): their scores.
        noise: Standard deviation of a score over re-runs of the same settings, above 0.
        generator: Source of all randomness.
    """

    def __init__(
        self, points: Numbers, scores: Numbers, noise: float, generator: Generator
    ) -> None:
        self._points = points
        self._level = float(scores.mean())
        self._deviation = max(float(scores.std()), noise)
        self._generator = generator
        self._noise = noise / self._deviation
        wanted = (scores - self._level) / self._deviation
        kernels = [self._drawn(wanted) for _ in range(KERNELS)]
        kernels.sort(key=lambda kernel: -kernel.evidence)
        self._kernels = kernels[:KEPT_KERNELS]
        weights = [math.exp(one.evidence - kernels[0].evidence) for one in self._kernels]
        self._weights = [weight / sum(weights) for weight in weights]

    def draws(self, points: Numbers, count: int) -> Numbers:
        """Draw what the true scores of some settings could be, all of one draw together.

        Args:
            points: Shape (settings, columns).
            count: How many draws.

        Returns:
            Shape (count, settings).
        """
        import numpy as np

        shares = self._generator.multinomial(count, self._weights)
        drawn = [
            self._of_kernel(kernel, points, int(share))
            for kernel, share in zip(self._kernels, shares, strict=True)
            if share
        ]
        together = np.concatenate(drawn)
        self._generator.shuffle(together)
        return together * self._deviation + self._level

    def _drawn(self, wanted: Numbers) -> _Kernel:
        import numpy as np

        columns = self._points.shape[1]
        lengths = LENGTH_MEDIAN * np.exp(LENGTH_SPREAD * self._generator.standard_normal(columns))
        scale = float(np.exp(SCALE_SPREAD * self._generator.standard_normal()))
        covariance = scale**2 * _matern(self._points, self._points, lengths)
        covariance[np.diag_indices_from(covariance)] += self._noise**2 + JITTER
        factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        whitened = np.linalg.solve(factor, wanted)
        evidence = -0.5 * float(whitened @ whitened) - float(np.log(np.diag(factor)).sum())
        solved = np.linalg.solve(factor.T, whitened)
        return _Kernel(
            lengths=lengths, scale=scale, solved=solved, factor=factor, evidence=evidence
        )

    def _of_kernel(self, kernel: _Kernel, points: Numbers, count: int) -> Numbers:
        import numpy as np

        across = kernel.scale**2 * _matern(self._points, points, kernel.lengths)
        reduced = np.linalg.solve(kernel.factor, across)
        covariance = kernel.scale**2 * _matern(points, points, kernel.lengths)
        covariance -= reduced.T @ reduced
        covariance[np.diag_indices_from(covariance)] += JITTER * (1.0 + kernel.scale**2)
        root = np.linalg.cholesky(covariance)
        noise = self._generator.standard_normal((count, points.shape[0]))
        return np.asarray(across.T @ kernel.solved + noise @ root.T, dtype=np.float64)


def encoded(space: SearchSpace, specs: Sequence[TrialSpec]) -> Numbers:
    """Return settings as numbers from 0 to 1, a column per hyperparameter.

    Learning rates are on the logarithmic scale, whole numbers and powers of two by their place, and
    each value of an unordered choice has a column of its own.

    Returns:
        Shape (settings, columns).
    """
    import numpy as np

    blocks = [
        [_place(parameter, getattr(spec, name)) for spec in specs]
        for name, parameter in space.parameters.items()
    ]
    return np.concatenate([np.asarray(block, dtype=np.float64) for block in blocks], axis=1)


def candidates(space: SearchSpace, best: TrialSpec, count: int, generator: Generator) -> Numbers:
    """Draw settings that could be tried: most of them anywhere, a share around the best.

    Args:
        space: The search space.
        best: Settings that did best.
        count: How many.
        generator: Source of all randomness.

    Returns:
        Shape (count, columns), as `encoded` gives them.
    """
    import numpy as np

    near = np.arange(count) < LOCAL_SHARE * count
    blocks = []
    for name, parameter in space.parameters.items():
        drawn = _drawn_places(parameter, count, generator)
        own = np.asarray(_place(parameter, getattr(best, name)), dtype=np.float64)
        if isinstance(parameter, LogRange | UniformRange):
            beside = own + LOCAL_STEP * generator.standard_normal(drawn.shape)
            drawn[near] = beside.clip(0.0, 1.0)[near]
        else:
            drawn[near & (generator.random(count) < KEEP_VALUE)] = own
        blocks.append(drawn)
    return np.concatenate(blocks, axis=1)


def _place(parameter: Parameter, value: Any) -> tuple[float, ...]:
    match parameter:
        case LogRange(low=low, high=high):
            return (math.log(value / low) / (math.log(high / low) or 1.0),)
        case UniformRange(low=low, high=high):
            return ((value - low) / ((high - low) or 1.0),)
        case Choice(values=values):
            return tuple(float(value == one) for one in values)
    levels = _levels(parameter)
    return (levels.index(value) / max(len(levels) - 1, 1),)


def _levels(parameter: Any) -> tuple[Any, ...]:
    known = getattr(parameter, "values", None)
    return tuple(known) if known is not None else tuple(range(parameter.low, parameter.high + 1))


def _drawn_places(parameter: Parameter, count: int, generator: Generator) -> Numbers:
    import numpy as np

    if isinstance(parameter, LogRange | UniformRange):
        return generator.random((count, 1))
    levels = np.asarray([_place(parameter, value) for value in _levels(parameter)])
    return np.asarray(levels[generator.integers(len(levels), size=count)], dtype=np.float64)


def _matern(left: Numbers, right: Numbers, lengths: Numbers) -> Numbers:
    """Give the Matern 5/2 correlation of all pairs."""
    import numpy as np

    apart = (left[:, None, :] - right[None, :, :]) / lengths
    distance = math.sqrt(5) * np.sqrt((apart**2).sum(axis=2))
    return np.asarray((1 + distance + distance**2 / 3) * np.exp(-distance), dtype=np.float64)
