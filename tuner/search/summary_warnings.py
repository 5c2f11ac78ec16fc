"""What the reader of a summary must know, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuner.search.contenders import confirm_plan
from tuner.search.driver import StopCause
from tuner.search.ledger import Ledger
from tuner.search.session import Session
from tuner.study import SearchOptions, StudySpec
from tuner.study_view import Winner

__all__ = ["about_confirmation", "about_search", "about_winner"]


def about_search(
    ledger: Ledger, options: SearchOptions, cause: StopCause, reasons: Mapping[str, int]
) -> Iterator[str]:
    """Say how the search ended, and what did not succeed.

    Args:
        ledger: All trainings.
        options: What the study was given.
        cause: Why it ended.
        reasons: Why trainings did not succeed, with counts.
    """
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons.items())
    if cause is StopCause.USER:
        yield "The study was interrupted: the same command goes on where it stopped."
    if not ledger.finished():
        yield f"No training succeeded. Reasons: {told}." if told else "No training was finished."
    elif reasons:
        yield f"{sum(reasons.values())} trainings did not succeed: {told}."
    if cause is StopCause.TIME:
        yield (
            f"The time budget ended the search after {ledger.ended} of {options.trials} trials; "
            "a larger --time-budget goes on."
        )


def about_confirmation(ledger: Ledger, spec: StudySpec, cause: StopCause) -> Iterator[str]:
    """Say how many runs with further seeds the time budget left no room for.

    They are counted at the end: with several trainings at once, one that did not fit when it was
    first looked at may have fitted later.
    """
    options = spec.options
    if cause is StopCause.USER or options.time_budget is None:
        return
    left = confirm_plan(
        ledger.finished(),
        options.contenders,
        options.confirm,
        spec.recipe.seed,
        attempted=ledger.attempted(),
    )
    if left:
        yield f"The time budget left no room for {len(left)} of the runs with further seeds."


def about_winner(
    winner: Winner, session: Session, *, has_model: bool, test_reads: int
) -> Iterator[str]:
    """Say what the winner's score does not tell.

    Args:
        winner: The settings to use.
        session: The work on the study.
        has_model: Whether its model is there.
        test_reads: How often the test split was read.
    """
    if not has_model:
        yield "The winner's weights could not be trained again, so there is no model to use."
    if not session.spec.has_test:
        yield (
            "There is no test split: the score is the development score, which the selection "
            "biases upward."
        )
    if len(winner.seeds) == 1 and len(session.ledger.finished()) > 1:
        yield "The settings were chosen on one seed; further seeds (--confirm) make it surer."
    if test_reads > 1:
        yield (
            f"The test split has been read {test_reads} times in this study: its score is no "
            "longer untouched by the search."
        )
