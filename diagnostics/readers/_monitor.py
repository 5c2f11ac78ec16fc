"""Which of the logged metrics decides which epoch is best."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from diagnostics.readers._vocabulary import LOWER_IS_BETTER, PREFERRED, canonical_metric

__all__ = ["Monitor", "choose_monitor", "lower_is_better"]

Monitor = tuple[str | None, bool]
"""Name of the metric that decides which epoch is best (None: there is none), and whether higher is
better."""

_LOWER = re.compile(r"loss|error|perplexity|distance|(?:^|_)(?:[wctd]er|r?mse|mape?)(?:_|$)")


_LONGEST_NAME = 200


def lower_is_better(name: str) -> bool:
    """Whether a metric is an error of some kind, by its name."""
    return name in LOWER_IS_BETTER or _LOWER.search(name) is not None


def choose_monitor(
    rows: Sequence[Mapping[str, float]],
    *,
    best: float | None,
    has_loss: bool,
    config: Mapping[str, object] | None = None,
) -> Monitor:
    """Choose the metric that decides.

    The metric that the run itself names comes first, then the one whose values contain the run's
    own best value, whatever it is called; then F1, accuracy and what is better when lower. The loss
    decides only where nothing else was logged.

    Args:
        rows: The metrics of each evaluation, by standard names.
        best: The run's own `best_metric`, or None.
        has_loss: Whether an evaluation loss was logged.
        config: The run's settings, for its own `metric_for_best_model` and `greater_is_better`;
            what is no name of a logged metric is ignored.
    """
    settings = config or {}
    names = dict.fromkeys(name for row in rows for name in row)
    known = [name for name in (*PREFERRED, *LOWER_IS_BETTER) if name in names]
    named, greater = settings.get("metric_for_best_model"), settings.get("greater_is_better")
    own = canonical_metric(named[:_LONGEST_NAME]) if isinstance(named, str) else None
    if own in names:
        return own, greater if isinstance(greater, bool) else _higher(own or "", rows, best)
    if best is not None:
        for name in (*known, *names):
            if any(row.get(name) == best for row in rows):
                return name, _higher(name, rows, best)
    if known:
        return known[0], not lower_is_better(known[0])
    return ("loss", False) if has_loss else (None, True)


def _higher(name: str, rows: Sequence[Mapping[str, float]], best: float | None) -> bool:
    """Whether higher is better: by the name, or by which end of its values the best one is."""
    if name in PREFERRED or lower_is_better(name):
        return name in PREFERRED
    values = [row[name] for row in rows if name in row]
    return best is None or best == max(values) or best != min(values)
