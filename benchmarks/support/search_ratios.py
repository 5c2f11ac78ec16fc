"""How much less one search costs than another until it has found as much."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.support.score_over_time import Point, Trace, cost_of

__all__ = ["Saving", "described", "savings_to_level", "savings_to_their_best"]

Cost = Callable[[Point], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What two searches with the same data and seed cost until they reached the same F1.

    Attributes:
        data: Data set.
        seed: Seed of both.
        f1: The F1 to be reached.
        theirs: What the other search cost until then, or in all, as asked for.
        ours: What ours cost until then; None: it was never reached.
        spent: What ours cost in all.
    """

    data: str
    seed: int
    f1: float
    theirs: float
    ours: float | None
    spent: float

    @property
    def ratio(self) -> float:
        """Their cost over ours; over all that ours spent, an upper bound, where it never got there.

        Infinite when ours cost nothing, NaN when neither did.
        """
        cost = self.spent if self.ours is None else self.ours
        if cost:
            return self.theirs / cost
        return math.inf if self.theirs else math.nan

    def __str__(self) -> str:
        return f"{'' if self.ours is not None else 'below '}{self.ratio:.2f}"


def pairs(traces: Sequence[Trace], ours: str, theirs: str) -> Iterator[tuple[Trace, Trace]]:
    """Yield the searches of two arms that had the same data and seed."""
    found = {(trace.arm, trace.data, trace.seed): trace for trace in traces}
    for (arm, data, seed), trace in found.items():
        if arm == ours and (theirs, data, seed) in found:
            yield trace, found[theirs, data, seed]


def savings_to_their_best(
    traces: Sequence[Trace],
    cost: Cost,
    arms: tuple[str, str],
    *,
    budget: float | None = None,
    whole: bool = False,
) -> list[Saving]:
    """Compare until ours reached the best F1 that the other search found in its whole budget.

    Args:
        traces: The searches.
        cost: What is counted.
        arms: Ours, and the other.
        budget: What each could spend; None: what it had spent at its last evaluation.
        whole: Take all that the other spent, not what it had spent when it first had that F1.

    Returns:
        One per data set and seed; none where the other never left F1 = 0.
    """
    found = []
    for own, other in pairs(traces, *arms):
        reached = cost_of(other.points, cost, other.final)
        if other.final <= 0.0 or reached is None:
            continue
        last = cost(own.points[-1]) if own.points else 0.0
        all_theirs = cost(other.points[-1]) if budget is None else budget
        found.append(
            Saving(
                data=own.data,
                seed=own.seed,
                f1=other.final,
                theirs=all_theirs if whole else reached,
                ours=cost_of(own.points, cost, other.final),
                spent=last if budget is None else budget,
            )
        )
    return found


def savings_to_level(traces: Sequence[Trace], cost: Cost, arms: tuple[str, str]) -> list[Saving]:
    """Compare until both had the lower of their two final F1, so that none is censored."""
    found = []
    for own, other in pairs(traces, *arms):
        level = min(own.final, other.final)
        needed, theirs = cost_of(own.points, cost, level), cost_of(other.points, cost, level)
        if level <= 0.0 or needed is None or theirs is None:
            continue
        found.append(
            Saving(data=own.data, seed=own.seed, f1=level, theirs=theirs, ours=needed, spent=needed)
        )
    return found


def described(savings: Sequence[Saving]) -> str:
    """Say the median ratio and each; where ours never got there, a ratio is an upper bound."""
    if not savings:
        return "none, since one of the two never left F1 = 0"
    middle = statistics.median(saving.ratio for saving in savings)
    never = sum(saving.ours is None for saving in savings)
    each = "; ".join(
        f"{data or 'all'} " + ", ".join(str(saving) for saving in savings if saving.data == data)
        for data in dict.fromkeys(saving.data for saving in savings)
    )
    reached = f"reached in {len(savings) - never} of {len(savings)}"
    return f"{middle:.2f} (median; {reached}: {each})"
