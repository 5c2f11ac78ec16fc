"""Scores that were logged as percentages, told from shares by their size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from diagnostics.subjects.run_history import Epoch

__all__ = ["as_shares"]

_SHARES = ("f1", "precision", "recall", "accuracy", "rouge", "bleu", "exact_match")
_LEAST_PERCENTAGE = 1.5
"""Above 1 by more than rounding; a percentage of a model that learns anything is larger."""


def as_shares(epochs: Sequence[Epoch], notes: list[str]) -> tuple[Epoch, ...]:
    """Return points whose scores are shares from 0 to 1: those up to 100 were percentages.

    A score above 100 is a count and stays as it is. Scores of entity types follow the same rule.
    """
    tops = _tops(point.metrics for point in epochs)
    divided = {name for name, top in tops.items() if _is_percentage(name, top)}
    notes.extend(
        f"{name} reaches {tops[name]:.4g} and was read as a percentage." for name in sorted(divided)
    )
    of_types = _tops(scores for point in epochs for scores in point.per_type.values())
    types_divided = {name for name, top in of_types.items() if _is_percentage(name, top)}
    if not divided and not types_divided:
        return tuple(epochs)
    return tuple(
        replace(
            point,
            metrics=_divide(point.metrics, divided),
            per_type={
                kind: _divide(scores, types_divided) for kind, scores in point.per_type.items()
            },
        )
        for point in epochs
    )


def _tops(rows: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the highest finite value under each name."""
    tops: dict[str, float] = {}
    for row in rows:
        for name, value in row.items():
            if math.isfinite(value):
                tops[name] = max(value, tops.get(name, value))
    return tops


def _is_percentage(name: str, top: float) -> bool:
    return _LEAST_PERCENTAGE < top <= 100 and any(share in name for share in _SHARES)


def _divide(scores: Mapping[str, float], names: set[str]) -> dict[str, float]:
    return {name: value / 100 if name in names else value for name, value in scores.items()}
