"""What a study took against its quote, for as much of it as really ran."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.search.ledger import Ledger
from tuner.search.quote import expected_seconds
from tuner.search.run_record import RunRecord
from tuner.search.shared.url import is_shared
from tuner.search.study_cost import confirm_runs
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import QuoteCheck, StudyQuote
from tuner.trial import TrialState
from tuner.trunk import planned_epochs, trained_epochs

__all__ = ["CLOSE", "Work", "check_quote", "work_done"]

CLOSE = 0.25
"""Relative error of a quote that counts as met."""

MISSING = 0.5
"""Trainings that may be missing (a failed one counts as far as it came) before a quote for all of
them is no longer what the study is held against."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What really ran in a study.

    Attributes:
        trials: Trials of the search; one that failed or ended early counts as the share of its plan
            that it was trained for, a pruned one in full.
        reruns: Runs with further seeds, and of those that make lost weights anew, counted alike.
        planned: Most runs with further seeds that the study's options plan.
    """

    trials: float
    reruns: float
    planned: int


def work_done(ledger: Ledger, spec: StudySpec) -> Work:
    """Count what ran in a study."""
    again = [run for run in ledger.runs if run.role != "search"]
    return Work(
        trials=sum(_share(run, prune=spec.options.prune) for run in ledger.searched),
        reruns=sum(_share(run, prune=False) for run in again),
        planned=confirm_runs(spec),
    )


def check_quote(
    quote: StudyQuote, options: SearchOptions, work: Work, actual: float
) -> QuoteCheck | None:
    """Compare a quote with the seconds that the ended study took.

    A study that ended before all its trials (`--stop-when-flat`, a time budget, failures) or was
    given more of them is held against what the quote would have been for those that ran, from the
    same parts.

    Args:
        quote: What was said before the first trial.
        options: What the study was given in the end.
        work: What ran of it.
        actual: Its seconds over all sessions, confirmation included.

    Returns:
        The comparison. None when no seconds were quoted; when the study was continued on other
        devices, with other trainings at once or with other processes, or turned its pruning on or
        off; when it is another one than quoted and the quote does not tell its parts; and when not
        even one trial ran.
    """
    if quote.expected is None or quote.void or quote.prune != options.prune:
        return None
    if is_shared(options.storage) or work.trials < 1:
        return None
    quoted: float | None = quote.expected
    compared = "" if _is_as_quoted(quote, options, work) else _in_words(work)
    if compared:
        quoted = expected_seconds(quote, work.trials, work.reruns)
    return _compared(quote, quoted, actual, compared) if quoted else None


def _compared(quote: StudyQuote, quoted: float, actual: float, compared: str) -> QuoteCheck:
    low = quoted / quote.side_by_side
    return QuoteCheck(
        quoted=quoted,
        actual=actual,
        ratio=actual / quoted,
        close=low * (1 - CLOSE) - _ROUNDING <= actual <= quoted * (1 + CLOSE) + _ROUNDING,
        quoted_low=low if quote.side_by_side > 1 else None,
        compared=compared,
    )


def _is_as_quoted(quote: StudyQuote, options: SearchOptions, work: Work) -> bool:
    """Whether the study was given what was quoted, and trained all of it.

    Whether the recipe is a contender, and so needs no runs of its own, is part of the forecast.
    """
    asked = (options.trials, options.confirm, options.time_budget)
    if (quote.trials, quote.confirm, quote.time_budget) != asked:
        return False
    fewest = work.planned - options.confirm if options.trials > options.contenders else work.planned
    if not fewest - MISSING <= work.reruns <= work.planned + MISSING:
        return False
    return work.trials >= options.trials - MISSING


def _in_words(work: Work) -> str:
    trials, reruns = round(work.trials), round(work.reruns)
    words = f"for the {trials} trials" if trials != 1 else "for the one trial"
    if reruns:
        words += f" and {reruns} {'run' if reruns == 1 else 'runs'} with further seeds"
    return f"{words} that ran"


def _share(run: RunRecord, *, prune: bool) -> float:
    """Return the share of a training's plan that ran; what pruning takes is in the quote."""
    if prune and run.state is TrialState.PRUNED:
        return 1.0
    planned = planned_epochs(run.spec)
    return min(trained_epochs(run.spec, run.epoch) / planned, 1.0) if planned else 0.0
