"""Which trials are trained again with further seeds, and in which order.

The best score of a search is too good: the more trials, the luckier the luckiest (the winner's
curse). So the best few are trained again before one is chosen. On eight noisy tables of trained
networks, re-running the best three of 40 trials with two more seeds chose better settings than 60
trials with one seed each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuner.search.finished_runs import Run, with_score

__all__ = ["confirm_plan", "contenders"]


def contenders(runs: Sequence[Run], top: int) -> tuple[int, ...]:
    """Name the best trials of the search, best first.

    Ranked by the level of the search's own run (`tuner.search.finished_runs`); among equals the one
    that trained faster, then the earlier one.

    Args:
        runs: All finished runs; those with further seeds are left aside.
        top: How many at most.
    """
    ranked = sorted(
        (run for run in with_score(runs) if run.selected),
        key=lambda run: (-run.level, run.seconds, run.number),
    )
    return tuple(run.number for run in ranked[:top])


def confirm_plan(
    runs: Sequence[Run],
    top: int,
    seeds: int,
    base_seed: int,
    include_recipe: bool = True,
    attempted: Collection[tuple[int, int]] = (),
) -> tuple[tuple[int, int], ...]:
    """Plan the runs with further seeds, most useful first.

    The leader comes first and one contender is completed at a time, so that whenever time runs out
    the runs done so far compare something. The recipe (trial 0) comes last when it is no contender:
    what tuning gained is then measured on equal terms.

    Args:
        runs: All finished runs, those with further seeds included.
        top: How many contenders.
        seeds: Further seeds per contender; 0 plans nothing.
        base_seed: The search's seed; further ones are `base_seed + 1`, `+ 2`, ...
        include_recipe: Whether trial 0 is run again too, if its run finished.
        attempted: (trial number, seed) pairs that were tried and failed, not to be tried again.

    Returns:
        (trial number, seed) pairs that are not among `runs` yet.
    """
    numbers = list(contenders(runs, top))
    finished = {run.number for run in with_score(runs) if run.selected}
    if include_recipe and numbers and 0 in finished and 0 not in numbers:
        numbers.append(0)
    done = {(run.number, run.seed) for run in runs} | set(attempted)
    wanted = ((number, base_seed + 1 + k) for number in numbers for k in range(seeds))
    return tuple(pair for pair in wanted if pair not in done)
