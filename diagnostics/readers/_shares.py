"""Scores that were logged as percentages or as counts, told from shares by their size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from diagnostics.readers._draft import Draft
from diagnostics.readers._vocabulary import canonical_metric

__all__ = ["make_shares"]

_SHARES = ("f1", "precision", "recall", "accuracy")
_LEAST_PERCENTAGE = 1.5
"""Above 1 by more than rounding; a percentage of a model that learns anything is larger."""


def make_shares(drafts: Sequence[Draft]) -> list[str]:
    """Divide percentages by 100 in place, and return what was found out as sentences.

    A score above 100 can be no percentage: it is a count, such as the correct cases of a batch, and
    stays as it is. So does a score whose values on the training split are such counts.
    """
    names = {name for draft in drafts for name in (*draft.scores, *draft.train_scores)}
    highest = {name: _highest(drafts, name) for name in sorted(names)}
    found = []
    for name, (own, training) in highest.items():
        top = max(own, training)
        if not any(share in canonical_metric(name) for share in _SHARES):
            continue
        if top <= _LEAST_PERCENTAGE:
            continue
        if top <= 100:
            _divide(drafts, name)
            found.append(f"{name} reaches {top:.4g} and was read as a percentage.")
        else:
            found.append(
                f"{name} reaches {top:.4g}, which no share or percentage can: it is a count, such "
                "as the correct cases of a batch, and was left as it is."
            )
    return found


def _highest(drafts: Iterable[Draft], name: str) -> tuple[float, float]:
    own, training = 0.0, 0.0
    for draft in drafts:
        own = max(own, _finite(draft.scores.get(name)))
        training = max(training, _finite(draft.train_scores.get(name)))
    return own, training


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else 0.0


def _divide(drafts: Iterable[Draft], name: str) -> None:
    for draft in drafts:
        for scores in (draft.scores, draft.train_scores):
            if name in scores:
                scores[name] /= 100
