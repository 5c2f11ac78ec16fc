"""The quote: what a study will take, as a range, kept in its folder and checked at its end.

`quote.json` is written before the first trial and never again, so that what was said then is what
the study is held against, however often it was interrupted.
"""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

from tuner.epoch_cost import EpochCost
from tuner.errors import StudyError
from tuner.search.documents import read_json, write_json
from tuner.search.study_cost import PlannedSeconds, planned_seconds
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import QuoteCheck, StudyQuote
from tuner.study_view import Estimate
from tuner.values import from_plain

__all__ = [
    "check_quote",
    "keep_quote",
    "quoted_seconds",
    "read_quote",
    "study_quote",
    "trained_share",
]

FILE = "quote.json"

RANGE_DEVIATIONS = 1.28
"""Standard deviations on either side: eight studies of ten, if settings were drawn evenly."""

EPOCH_TIME_ERROR = 0.2
"""Relative error of a measured epoch, on either side: other batches than the measured ones, and
other work on the machine. Judgement, until `QuoteCheck`s of real studies say better."""

TRAINED_SHARE = {10: 0.86, 20: 0.81, 40: 0.80}
"""Trials to the share of the planned epochs that the pruner leaves. The mean of two sources of
`benchmarks/policy`: 0.76, 0.71 and 0.69 on the surrogate's curves of 52 epochs, 0.93, 0.91 and 0.91
on our own of at most 8, with few development entities."""

CLOSE = 0.25
"""Relative error of a quote that counts as met."""


def study_quote(
    spec: StudySpec,
    estimate: Estimate,
    *,
    cost: EpochCost | None,
    devices: int = 1,
    side_by_side: int = 1,
    memory_available: int | None = None,
    untimed: str = "",
) -> StudyQuote:
    """Make the quote of a study.

    The range has two parts: the settings that the trials will have, which the sampler chooses, and
    how long an epoch takes.

    Args:
        spec: The study.
        estimate: Its disk and memory.
        cost: What its epochs cost; None when it was not measured.
        devices: Devices that the trainings are spread over.
        side_by_side: Trainings at once on each of them. What they gain is not known: the quote
            expects nothing, and its lower end that each is as fast as alone.
        memory_available: Bytes of the device, or None.
        untimed: Why no seconds can be said, as a sentence.
    """
    options = spec.options
    plan = planned_seconds(spec, cost, devices) if cost is not None and not untimed else None
    low, high = (None, None) if plan is None else _range(plan, side_by_side)
    pruned = None if plan is None else _pruned(plan, options, devices * side_by_side)
    return StudyQuote(
        trials=options.trials,
        confirm=options.confirm,
        prune=options.prune,
        time_budget=options.time_budget,
        seconds=None if plan is None else _within(plan.total, options),
        low=None if low is None else _within(low, options),
        high=None if high is None else _within(high, options),
        seconds_pruned=None if pruned is None else _within(pruned, options),
        disk_bytes=estimate.disk_bytes,
        memory_bytes=estimate.memory_bytes,
        memory_available=memory_available,
        untimed=untimed
        or ("" if plan is not None else "Nothing was timed before the first trial."),
    )


def check_quote(quote: StudyQuote, options: SearchOptions, actual: float) -> QuoteCheck | None:
    """Compare a quote with the seconds that the finished study took.

    Args:
        quote: What was said before the first trial.
        options: What the study was given in the end.
        actual: Its seconds over all sessions, confirmation included.

    Returns:
        The comparison; None when nothing was timed, or when the study was given another number of
        trials or seeds, another budget or another pruning since.
    """
    asked = (options.trials, options.confirm, options.prune, options.time_budget)
    if (quote.trials, quote.confirm, quote.prune, quote.time_budget) != asked:
        return None
    quoted = quote.expected
    if not quoted:
        return None
    ratio = actual / quoted
    return QuoteCheck(
        quoted=quoted, actual=actual, ratio=ratio, close=abs(ratio - 1) <= CLOSE + 1e-9
    )


def trained_share(trials: int) -> float:
    """Give the share of the planned epochs that is trained with pruning, as in other studies.

    Read along straight lines between the numbers of trials in `TRAINED_SHARE`; 1 for as few as
    nothing can be compared with.
    """
    known = [(3, 1.0), *sorted(TRAINED_SHARE.items())]
    for (fewer, upper), (more, lower) in pairwise(known):
        if trials <= more:
            place = max(trials - fewer, 0) / (more - fewer)
            return upper + place * (lower - upper)
    return known[-1][1]


def keep_quote(folder: Path, quote: StudyQuote) -> None:
    """Write the quote of a study into its folder, unless there is one.

    Raises:
        StudyError: The folder cannot be written.
    """
    if not (folder / FILE).exists():
        write_json(folder / FILE, quote)


def read_quote(folder: Path) -> StudyQuote | None:
    """Return the quote that a study's folder holds; None without one that can be read."""
    try:
        data = read_json(folder / FILE)
        return None if data is None else from_plain(StudyQuote, data)
    except (StudyError, TypeError, ValueError, KeyError, AttributeError):
        return None


def quoted_seconds(folder: Path) -> float | None:
    """Return the seconds that a study was expected to take, for the live display; or None."""
    quote = read_quote(folder)
    return None if quote is None else quote.expected


def _range(plan: PlannedSeconds, side_by_side: int) -> tuple[float, float]:
    chosen = RANGE_DEVIATIONS * plan.deviation / max(plan.total, 1e-9)
    error = math.hypot(chosen, EPOCH_TIME_ERROR)
    low = plan.total * max(1 - error, 0.0)
    return low / side_by_side, plan.total * (1 + error)


def _pruned(plan: PlannedSeconds, options: SearchOptions, slots: int) -> float | None:
    """Expect the seconds with pruning; trials side by side have fewer to be compared with."""
    if not options.prune:
        return None
    share = trained_share(max(options.trials // max(slots, 1), 1))
    return plan.search * share + plan.confirm


def _within(seconds: float, options: SearchOptions) -> float:
    """Return seconds, at most those of the time budget, after which the study ends anyhow."""
    return seconds if options.time_budget is None else min(seconds, options.time_budget)
