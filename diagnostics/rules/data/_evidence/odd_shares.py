"""Whether the training split has far more odd boundaries of entities than another split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["OddShares", "far_more_in_train"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OddShares:
    """Odd entities of train beside those of another split.

    Attributes:
        other: The split that train is compared with.
        train_share: Share of the entities of train that are odd.
        other_share: The same of the other split.
    """

    other: str
    train_share: float
    other_share: float


def far_more_in_train(
    odd: Mapping[str, int],
    entities: Mapping[str, int],
    *,
    least: float,
    ratio: float,
    chance: float,
) -> OddShares | None:
    """Return the first split of which train has far more odd entities, None without one.

    A two-proportion z test with the pooled share; one-sided.

    Args:
        odd: Split to its odd entities.
        entities: Split to its entities.
        least: Share of train from which it is worth a comparison.
        ratio: How many times the share of the other split it must be.
        chance: p value below which the difference is more than chance.
    """
    size = entities.get("train", 0)
    share = odd.get("train", 0) / size if size else 0.0
    for other, count in entities.items() if share >= least else ():
        if other == "train" or not count:
            continue
        other_share = odd.get(other, 0) / count
        pooled = (odd.get("train", 0) + odd.get(other, 0)) / (size + count)
        spread = math.sqrt(pooled * (1 - pooled) * (1 / size + 1 / count))
        distance = (share - other_share) / spread if spread else 0.0
        p_value = math.erfc(distance / math.sqrt(2)) / 2
        if share >= ratio * other_share and p_value < chance:
            return OddShares(other=other, train_share=share, other_share=other_share)
    return None
