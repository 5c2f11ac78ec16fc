"""How long the rest of a study will take, from what its trainings took so far."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.search.contenders import confirm_plan
from tuner.search.expected_epochs import chosen_epochs, contender_epochs
from tuner.search.ledger import Ledger
from tuner.search.run_record import RunRecord
from tuner.search.study_cost import expected_confirm_runs
from tuner.search.time_left import Timing, makespan, seconds_left
from tuner.study import StudySpec
from tuner.trial import TrialState
from tuner.trunk import branch_spec, planned_epochs, share_again, trained_epochs, trained_since

__all__ = ["confirm_reserve", "expected_seconds", "remaining_seconds"]

CONFIRM_SHARE = 0.2
"""Most of a time budget that is set aside for further seeds: the last 10 to 20 % of the budget
spent on seeds of the best three beat the same time spent on more trials."""

_ROUNDING = 1e-6


def remaining_seconds(
    ledger: Ledger,
    spec: StudySpec,
    time_left: float | None,
    slots: int = 1,
    trained: Mapping[str, float] | None = None,
) -> float | None:
    """Return the expected seconds to the end of the study; None while nothing was timed.

    What is still to be chosen is expected as in the quote, so that both can be compared.

    Args:
        ledger: All trainings so far.
        spec: The study.
        time_left: Seconds left of the time budget, or None.
        slots: Trainings at once.
        trained: Key of a running training to the epochs it trained, the running one as a fraction.
    """
    running = [run for run in ledger.runs if run.state is TrialState.RUNNING]
    begun = ledger.ended + sum(run.role == "search" for run in running)
    expected = seconds_left(
        [_timing(run) for run in ledger.runs if run.ended],
        running=[_timing(run, (trained or {}).get(run.key, 0.0)) for run in running],
        waiting=_reruns(ledger, spec, is_searching=ledger.ended < spec.options.trials),
        unknown_trials=max(0, spec.options.trials - begun),
        expected_epochs=chosen_epochs(spec),
        usual_batch_size=spec.recipe.batch_size,
        slots=slots,
    )
    if time_left is None:
        return expected
    return max(0.0, time_left if expected is None else min(expected, time_left))


def confirm_reserve(ledger: Ledger, spec: StudySpec, slots: int = 1) -> float:
    """Return the seconds of the time budget that the search leaves to the confirmation.

    What re-running the contenders and the recipe is expected to take, but at most `CONFIRM_SHARE`
    of the budget. 0 without a budget, before anything finished, and where that share does not hold
    the further seeds of the leader and the runner-up: those of the leader alone seldom change the
    choice, and the time is worth more as trials. (Without them the regret at a budget of ten
    trainings is lower by 0.025 +- 0.009 where start points are poor and the same where they are
    good; at twenty it is higher by 0.003 +- 0.004 and 0.014 +- 0.007: `benchmarks/policy`.)

    Args:
        ledger: All trainings so far.
        spec: The study.
        slots: Trainings at once; re-runs that go side by side need less of it.
    """
    options = spec.options
    if options.time_budget is None or not options.confirm:
        return 0.0
    most = CONFIRM_SHARE * options.time_budget
    expected = [expected_seconds(ledger.trial(number)) for number, _ in _confirm_plan(ledger, spec)]
    least = min(2, options.contenders) * options.confirm
    if makespan(expected[:least], slots) > most + _ROUNDING:
        return 0.0
    return min(most, makespan(expected, slots))


def expected_seconds(run: RunRecord) -> float:
    """Return how long it takes to train this again; of a trunk, its best branch alone."""
    trained = trained_epochs(run.spec, run.epoch)
    return run.seconds * _epochs_again(run) / trained if trained else 0.0


def _reruns(ledger: Ledger, spec: StudySpec, *, is_searching: bool) -> list[tuple[int, float]]:
    """Return (batch size, epochs) of the runs with further seeds that are left.

    While trials are searched these are the contenders so far, and as many as the quote expects.
    """
    trials = [ledger.trial(number) for number, _ in _confirm_plan(ledger, spec)]
    runs = [(run.spec.batch_size, _epochs_again(run)) for run in trials]
    if is_searching:
        begun = sum(run.role == "confirm" for run in ledger.runs)
        missing = round(expected_confirm_runs(spec)) - begun - len(runs)
        epochs = contender_epochs(spec) * share_again(spec.recipe)
        runs += [(spec.recipe.batch_size, epochs)] * max(missing, 0)
    return runs


def _epochs_again(run: RunRecord) -> float:
    return planned_epochs(run.spec if run.best is None else branch_spec(run.spec, run.best.epoch))


def _confirm_plan(ledger: Ledger, spec: StudySpec) -> tuple[tuple[int, int], ...]:
    return confirm_plan(
        ledger.finished(),
        spec.options.contenders,
        spec.options.confirm,
        spec.recipe.seed,
        attempted=ledger.attempted(),
    )


def _timing(run: RunRecord, trained: float = 0.0) -> Timing:
    return Timing(
        batch_size=run.spec.batch_size,
        epochs_done=trained_epochs(run.spec, run.epoch),
        epochs_planned=planned_epochs(run.spec),
        seconds=run.seconds,
        into_epoch=trained_since(run.spec, run.epoch, trained),
    )
