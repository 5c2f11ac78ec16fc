"""The winner beside other trials: what tuning gained, and who is as good and trains faster."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.search.finished_runs import (
    Run,
    cost_of,
    counts_of,
    grouped,
    mean_of,
    noise_of,
    usual_noise_of,
)
from tuner.search.seed_noise import difference_interval
from tuner.study_view import Gain, Winner

__all__ = ["gain", "remarks"]


def gain(runs: Sequence[Run], winner_number: int, recipe_number: int = 0) -> Gain | None:
    """Say what tuning gained over the recipe.

    When both were run with two or more fresh seeds, only those are compared: the winner's score in
    the search took part in its selection and would flatter it.

    Returns:
        The difference with its interval; None when the recipe won or did not finish.
    """
    by_number = grouped(runs)
    ours, theirs = by_number.get(winner_number, []), by_number.get(recipe_number, [])
    if winner_number == recipe_number or not ours or not theirs:
        return None
    compared = _on_equal_terms(ours, theirs)
    difference, ends = _compare(*compared, usual_noise_of(by_number))
    return Gain(
        recipe_mean=mean_of([run.score for run in compared[1]]),
        winner_mean=mean_of([run.score for run in compared[0]]),
        difference=difference,
        interval=ends,
    )


def remarks(runs: Sequence[Run], winner: Winner) -> tuple[str, ...]:
    """Name other trials that cannot be told from the winner and train clearly faster.

    Only trials with as much evidence count: those with further seeds, when the winner has some.

    Returns:
        Sentences, the fastest alternative first; empty when there is none.
    """
    by_number = grouped(runs)
    best = by_number.get(winner.number, [])
    usual = usual_noise_of(by_number)
    found: list[tuple[float, str]] = []
    for number, own in by_number.items():
        faster = cost_of(own) < 0.8 * cost_of(best)
        if number == winner.number or not faster or (len(own) < 2 <= len(best)):
            continue
        ours, theirs = _on_equal_terms(best, own)
        difference, ends = _compare(ours, theirs, usual)
        if ends is None or ends[0] > 0:
            continue
        share = cost_of(own) / cost_of(best)
        sentence = (
            f"Trial {number} cannot be told from the winner (difference {difference:+.3f} F1, "
            f"95 % interval {ends[0]:+.3f} to {ends[1]:+.3f}) and takes {share:.0%} of its "
            "training time."
        )
        found.append((share, sentence))
    return tuple(sentence for _, sentence in sorted(found)[:3])


def _compare(
    ours: Sequence[Run], theirs: Sequence[Run], usual: float
) -> tuple[float, tuple[float, float] | None]:
    difference = mean_of([run.score for run in ours]) - mean_of([run.score for run in theirs])
    noises = (noise_of(ours, usual), noise_of(theirs, usual))
    return difference, difference_interval(counts_of(ours), counts_of(theirs), difference, noises)


def _on_equal_terms(
    ours: Sequence[Run], theirs: Sequence[Run]
) -> tuple[Sequence[Run], Sequence[Run]]:
    fresh_ours = [run for run in ours if not run.selected]
    fresh_theirs = [run for run in theirs if not run.selected]
    if len(fresh_ours) >= 2 and len(fresh_theirs) >= 2:
        return fresh_ours, fresh_theirs
    return ours, theirs
