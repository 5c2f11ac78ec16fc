"""The picture of searches: best score over the time, one panel per data set."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.support.score_over_time import Trace, best_by, by_seconds

__all__ = ["draw"]

STEPS = 200
"""Places along the time at which the curves of the seeds are averaged."""


def draw(traces: Sequence[Trace], arms: Sequence[str], budget: float, path: Path) -> None:
    """Draw mean, least and greatest best F1 of the seeds over the time, as a PNG.

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

    names = list(dict.fromkeys(trace.data for trace in traces))
    figure, panes = plt.subplots(
        1, len(names), figsize=(5.5 * len(names), 4), squeeze=False, layout="constrained"
    )
    for pane, name in zip(panes[0], names, strict=True):
        _draw_pane(pane, [trace for trace in traces if trace.data == name], arms, budget)
        pane.set_title(name)
        pane.set_xlabel("share of the time")
    panes[0][0].set_ylabel("best development F1 so far")
    figure.legend(*panes[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(f"Picture: {path}")


def _draw_pane(pane: Any, traces: Sequence[Trace], arms: Sequence[str], budget: float) -> None:
    for arm in arms:
        own = [trace for trace in traces if trace.arm == arm]
        if not own:
            continue
        shares = [number / STEPS for number in range(STEPS + 1)]
        heights = [[best_by(trace, by_seconds, x * budget) for trace in own] for x in shares]
        line = pane.step(shares, [statistics.mean(h) for h in heights], where="post", label=arm)[0]
        low, high = [min(h) for h in heights], [max(h) for h in heights]
        pane.fill_between(shares, low, high, step="post", alpha=0.15, color=line.get_color())
    pane.set_ylim(bottom=0.0)
