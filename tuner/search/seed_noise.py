"""How far scores move by chance: between seeds, and between development splits.

Two sources of chance sit in a development F1. The *seed* (classification head, order of batches,
dropout) moves it between trainings with equal settings; Dodge et al. 2020 (arXiv 2002.06305) and
Reimers & Gurevych 2017 (EMNLP) show that the best of many seeds says little about the settings. The
*sentences* of the development split are a sample; Berg-Kirkpatrick et al. 2012 (EMNLP) recommend
the paired bootstrap for comparing two systems on them. Bouthillier et al. 2021 (MLSys) recommend to
count both, which is what is done here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Counts",
    "SeedNoise",
    "difference_interval",
    "mean_interval",
    "seed_noise",
    "usual_seed_noise",
]

Counts = tuple[tuple[int, int, int], ...]

USUAL_SEED_NOISE = 0.015
"""Standard deviation of the development F1 over seeds, before a study has measured its own.

1 to 2 points of F1 is what repeated fine-tuning of BERT-type encoders on small data shows (Dodge et
al. 2020; Reimers & Gurevych 2017 find ranges of 1 F1 and more on CoNLL-2003). It only matters while
there are hardly any repeats, and weighs as much as `PRIOR_WEIGHT` further ones.
"""

PRIOR_WEIGHT = 2.0
"""Degrees of freedom that the shared noise level is worth beside a trial's own repeats."""

DRAWS = 2000
"""Bootstrap draws; the ends of a 95 % interval then move by about 0.05 standard deviations."""

_COVERAGE = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedNoise:
    """The noise between the seeds of one trial, moderated by that of the other trials.

    Attributes:
        deviation: Standard deviation between single seeds, in F1.
        freedom: Degrees of freedom behind it, for the t distribution.
        seeds: How many seeds the trial was trained with.
    """

    deviation: float
    freedom: float
    seeds: int

    @property
    def standard_error(self) -> float:
        """Standard error of the mean over the seeds."""
        return self.deviation / math.sqrt(self.seeds)


def usual_seed_noise(repeats: Sequence[Sequence[float]]) -> float:
    """Give the noise between seeds that is usual in this study.

    The median of the standard deviations of all trials with two or more seeds and of
    `USUAL_SEED_NOISE`: a median, because one unstable trial must not make all others look noisy.

    Args:
        repeats: Per trial its scores over seeds.
    """
    deviations = sorted(
        [USUAL_SEED_NOISE, *(_deviation(scores) for scores in repeats if len(scores) > 1)]
    )
    middle = len(deviations) // 2
    if len(deviations) % 2:
        return deviations[middle]
    return (deviations[middle - 1] + deviations[middle]) / 2


def seed_noise(scores: Sequence[float], usual: float) -> SeedNoise:
    """Give a trial's noise between seeds, shrunk towards what is usual in the study.

    The moderated variance of Smyth 2004 (Statistical Applications in Genetics and Molecular Biology
    3:3): a weighted mean of the trial's own variance, which two or three seeds cannot tell, and the
    usual one, which counts as `PRIOR_WEIGHT` further degrees of freedom.

    Args:
        scores: The trial's scores, one per seed; at least one.
        usual: From `usual_seed_noise`.
    """
    own = len(scores) - 1
    squares = _deviation(scores) ** 2 * own if own else 0.0
    variance = (PRIOR_WEIGHT * usual**2 + squares) / (PRIOR_WEIGHT + own)
    return SeedNoise(deviation=math.sqrt(variance), freedom=PRIOR_WEIGHT + own, seeds=len(scores))


def mean_interval(
    counts: Sequence[Counts], mean: float, noise: SeedNoise, seed: int = 0
) -> tuple[float, float] | None:
    """Give a 95 % interval for the mean development F1 of one trial.

    Sentences are drawn with replacement, the same ones for all seeds; with two or more seeds, a
    draw from the t distribution of the seeds' mean is added. (Drawing two or three seeds with
    replacement as well would make the interval too narrow, with two seeds by a factor of 1.4;
    Davison & Hinkley 1997, section 3.8.)

    Args:
        counts: Per seed, per development sentence: correct, predicted and gold entities. Empty when
            they were not kept.
        mean: Mean F1 over the seeds.
        noise: From `seed_noise`.
        seed: Seed of the bootstrap.

    Returns:
        Lower and upper end within 0 and 1; None with neither counts nor repeats.
    """
    return _interval(_one_sided(counts, 1.0), mean, (noise,), seed, (0.0, 1.0))


def difference_interval(
    ours: Sequence[Counts],
    theirs: Sequence[Counts],
    difference: float,
    noises: tuple[SeedNoise, SeedNoise],
    seed: int = 0,
) -> tuple[float, float] | None:
    """Give a 95 % interval for the difference between the mean F1 of two trials.

    The bootstrap is paired: both trials meet the same drawn sentences. The seeds of the two trials
    are independent of each other; a trial with one seed adds the usual noise of the study when the
    other has several.

    Args:
        ours: Per seed the counts per sentence of the first trial; empty when not kept.
        theirs: The same of the second trial, on the same sentences.
        difference: Mean of the first minus mean of the second.
        noises: Noise between seeds of the two.
        seed: Seed of the bootstrap.

    Returns:
        Lower and upper end; None with neither counts nor repeats.
    """
    runs = [*_one_sided(ours, 1.0), *_one_sided(theirs, -1.0)] if ours and theirs else []
    return _interval(runs, difference, noises, seed, (-1.0, 1.0))


def _one_sided(counts: Sequence[Counts], sign: float) -> list[tuple[Counts, float]]:
    return [(one, sign / len(counts)) for one in counts]


def _interval(
    weighted: Sequence[tuple[Counts, float]],
    centre: float,
    noises: tuple[SeedNoise, ...],
    seed: int,
    bounds: tuple[float, float],
) -> tuple[float, float] | None:
    """Bootstrap a weighted sum of F1 values over sentences, add the seeds' noise, centre it."""
    import numpy as np

    generator = np.random.default_rng(seed)
    repeated = any(noise.seeds > 1 for noise in noises)
    sized = [pair for pair in weighted if pair[0]]
    usable = bool(sized) and len({len(counts) for counts, _ in sized}) == 1
    if not repeated and not usable:
        return None
    draws = np.full(DRAWS, centre)
    if usable:
        table = np.concatenate([np.asarray(counts, dtype=np.int64) for counts, _ in sized], axis=1)
        weights = np.asarray([weight for _, weight in sized])
        observed = _f1(table.sum(axis=0, keepdims=True)) @ weights
        draws += _f1(_resampled_sums(table, generator)) @ weights - observed
    if repeated:
        for noise in noises:
            draws += generator.standard_t(noise.freedom, DRAWS) * noise.standard_error
    low, high = np.quantile(draws, _COVERAGE)
    return max(float(low), bounds[0]), min(float(high), bounds[1])


def _resampled_sums(table: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Sum the columns over sentences drawn with replacement, once per draw.

    Equal rows are drawn as one group with a multinomial count, which is the same bootstrap and
    makes it fast: most sentences have one of a few count patterns.
    """
    import numpy as np

    rows, sizes = np.unique(table, axis=0, return_counts=True)
    total = int(sizes.sum())
    times = generator.multinomial(total, sizes / total, size=DRAWS)
    return np.asarray(times @ rows, dtype=np.int64)


def _f1(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Turn columns (correct, predicted, gold) per run into one F1 per run; 0 without entities."""
    import numpy as np

    correct, predicted, gold = sums[:, 0::3], sums[:, 1::3], sums[:, 2::3]
    either = predicted + gold
    return np.asarray(2.0 * correct / np.maximum(either, 1), dtype=np.float64)


def _deviation(scores: Sequence[float]) -> float:
    mean = sum(scores) / len(scores)
    return math.sqrt(sum((score - mean) ** 2 for score in scores) / (len(scores) - 1))
