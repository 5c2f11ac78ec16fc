"""The picture of searches: best score over time and over tokens trained."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.support.score_over_time import Point, Trace, best_by, by_seconds, by_tokens

__all__ = ["draw"]


def draw(traces: Sequence[Trace], arms: Sequence[str], budget: float, path: Path) -> None:
    """Draw mean, least and greatest best F1 of the seeds over time and over tokens, as a PNG.

    Args:
        traces: The searches.
        arms: Their names, in the order of the legend.
        budget: Seconds that each had.
        path: File to write.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        print("No picture without matplotlib: pip install 'tuner-hpo[bench]'")
        return
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
    most = max((trace.points[-1].tokens for trace in traces if trace.points), default=1)
    axes = (("share of the time", by_seconds, budget), ("tokens trained", by_tokens, float(most)))
    for pane, (label, cost, limit) in zip(panes, axes, strict=True):
        _draw_pane(pane, traces, arms, cost, limit)
        pane.set_xlabel(label)
    panes[0].set_ylabel("best development F1 so far")
    figure.legend(*panes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)
    print(f"Picture: {path}")


def _draw_pane(
    pane: Any,
    traces: Sequence[Trace],
    arms: Sequence[str],
    cost: Callable[[Point], float],
    limit: float,
) -> None:
    for arm in arms:
        own = [trace for trace in traces if trace.arm == arm]
        ends = [cost(trace.points[-1]) for trace in own if trace.points]
        # What was found stays found until the time is over; tokens end where an arm's ended.
        stop = limit if cost is by_seconds else max(ends, default=limit)
        grid = [stop * number / 200 for number in range(201)]
        heights = [[best_by(trace, cost, x) for trace in own] for x in grid]
        shares = [x / limit for x in grid] if cost is by_seconds else grid
        line = pane.step(shares, [statistics.mean(h) for h in heights], where="post", label=arm)[0]
        low, high = [min(h) for h in heights], [max(h) for h in heights]
        pane.fill_between(shares, low, high, step="post", alpha=0.15, color=line.get_color())
