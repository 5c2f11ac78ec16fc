"""The quote: what a study will take, as a range, kept in its folder and checked at its end.

`quote.json` is written before the first trial, so that what was said then is what the study is held
against, however often it was interrupted. Later only the remark is added that it no longer holds.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from tuner.epoch_cost import EpochCost
from tuner.errors import StudyError
from tuner.search.documents import read_json, write_json
from tuner.search.expected_epochs import trained_share
from tuner.search.study_cost import (
    PlannedSeconds,
    again_seconds,
    expected_confirm_runs,
    planned_seconds,
    search_seconds,
)
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import StudyQuote
from tuner.study_view import Estimate
from tuner.values import from_plain

__all__ = [
    "expected_seconds",
    "keep_quote",
    "placed",
    "quoted_seconds",
    "read_quote",
    "study_quote",
]

FILE = "quote.json"

RANGE_DEVIATIONS = 1.28
"""Standard deviations on either side: eight studies of ten, if settings were drawn evenly."""

EPOCH_TIME_ERROR = 0.2
"""Relative error of what trainings take against what a quiet probe said, on either side: other
batches than the measured ones, and the loop's own work. In the twelve small studies of
`benchmarks/quote.py`, trainings took 0.84 to 1.03 of what their epochs were said to."""

MOVED = (
    "It is not held against what the study takes: the trainings were continued on another number "
    "of devices, or with another number of them side by side."
)


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

    The range has three parts: the settings that the trials will have, which the sampler chooses;
    how far the measured steps were apart; and what a probe cannot see. It is as wide below as
    above as a ratio.

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
    low, high = (None, None)
    if plan is not None and cost is not None:
        low, high = _range(plan, cost.scatter, side_by_side)
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
        devices=devices,
        side_by_side=side_by_side,
        parts=None if plan is None else plan.parts,
    )


def expected_seconds(quote: StudyQuote, trials: float, reruns: float) -> float | None:
    """Give what a quote would have been for other numbers of trainings; None without its parts.

    Args:
        quote: A quote in seconds.
        trials: Trials, at least 1; a fraction for one that is trained in part.
        reruns: Runs with further seeds.
    """
    parts = quote.parts
    if parts is None:
        return None
    search = search_seconds(parts, trials, quote.devices)
    if quote.prune:
        search *= _share(trials, quote.devices * quote.side_by_side)
    return search + again_seconds(parts, reruns, quote.devices) + parts.end


def placed(quote: StudyQuote, devices: int, slots: int) -> StudyQuote:
    """Return a quote for a session on so many devices and slots: void where it was for others."""
    spread = max(devices, 1), max(slots // max(devices, 1), 1)
    if quote.seconds is None or (quote.devices, quote.side_by_side) == spread:
        return quote
    return replace(quote, void=MOVED)


def keep_quote(folder: Path, quote: StudyQuote) -> None:
    """Write the quote of a study into its folder, unless there is one.

    The first stays; only that it no longer holds is added to it.

    Raises:
        StudyError: The folder cannot be written.
    """
    if not (folder / FILE).exists():
        write_json(folder / FILE, quote)
    elif quote.void and (kept := read_quote(folder)) is not None and not kept.void:
        write_json(folder / FILE, replace(kept, void=quote.void))


def read_quote(folder: Path) -> StudyQuote | None:
    """Return the quote that a study's folder holds; None without one that can be read."""
    try:
        data = read_json(folder / FILE)
        return None if data is None else from_plain(StudyQuote, data)
    except (StudyError, TypeError, ValueError, KeyError, AttributeError):
        return None


def quoted_seconds(folder: Path, spec: StudySpec) -> float | None:
    """Return the seconds that a study was expected to take, for the live display.

    A study that was given other numbers of trainings since is told what the quote would have been
    for those. None without a quote in seconds, and for one that no longer holds.
    """
    quote, options = read_quote(folder), spec.options
    if quote is None or quote.expected is None or quote.void:
        return None
    if (quote.trials, quote.confirm) == (options.trials, options.confirm):
        return quote.expected
    expected = expected_seconds(quote, options.trials, expected_confirm_runs(spec))
    return None if expected is None else _within(expected, options)


def _range(plan: PlannedSeconds, scatter: float, side_by_side: int) -> tuple[float, float]:
    chosen = RANGE_DEVIATIONS * plan.deviation / max(plan.total, 1e-9)
    # Not divided by the root of the number of steps: what makes them differ, such as other work on
    # the machine, may be gone in a second or stay for as long as the study.
    error = math.hypot(chosen, RANGE_DEVIATIONS * scatter, EPOCH_TIME_ERROR)
    return plan.total / (1 + error) / side_by_side, plan.total * (1 + error)


def _pruned(plan: PlannedSeconds, options: SearchOptions, slots: int) -> float | None:
    """Expect the seconds with pruning."""
    if not options.prune:
        return None
    return plan.search * _share(options.trials, slots) + plan.confirm


def _share(trials: float, slots: int) -> float:
    """Return what pruning leaves; trials side by side have fewer to be compared with."""
    return trained_share(max(int(trials) // max(slots, 1), 1))


def _within(seconds: float, options: SearchOptions) -> float:
    """Return seconds, at most those of the time budget, after which the study ends anyhow."""
    return seconds if options.time_budget is None else min(seconds, options.time_budget)
