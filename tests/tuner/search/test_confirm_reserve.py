"""What the search leaves to the confirmation: enough to change the choice, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tuner.search.studies import make_spec
from tuner.engines.scripted import scripted_report
from tuner.search.forecast import CONFIRM_SHARE, confirm_reserve
from tuner.search.ledger import Ledger
from tuner.search.run_record import RunRecord, search_key
from tuner.trial import TrialSpec, TrialState

SECONDS = 40.0
SPEC = TrialSpec(learning_rate=1e-4, batch_size=16, epochs=4)


def ledger_of(trials: int) -> Ledger:
    """Some finished trials of 40 seconds each."""
    reports = tuple(
        scripted_report(SPEC, epoch, 0.1 * epoch, seconds=SECONDS / SPEC.epochs)
        for epoch in range(1, SPEC.epochs + 1)
    )
    return Ledger(
        RunRecord(
            key=search_key(number),
            number=number,
            spec=SPEC,
            role="search",
            origin="sampler",
            directory=Path("nowhere"),
            state=TrialState.FINISHED,
            reports=reports,
        )
        for number in range(trials)
    )


@pytest.mark.parametrize(("trainings", "reserved"), [(5, 0), (10, 0), (19, 0), (20, 4), (100, 6)])
def test_share_that_does_not_hold_the_seeds_of_two_contenders_is_left_to_the_search(
    trainings: int, reserved: int
) -> None:
    spec = make_spec(trials=50, time_budget=trainings * SECONDS, confirm=2, contenders=3)
    assert confirm_reserve(ledger_of(3), spec) == pytest.approx(reserved * SECONDS)


def test_re_runs_side_by_side_need_less_of_the_budget() -> None:
    spec = make_spec(trials=50, time_budget=100 * SECONDS, confirm=2, contenders=3)
    alone, four = (confirm_reserve(ledger_of(3), spec, slots) for slots in (1, 4))
    assert alone == pytest.approx(6 * SECONDS)
    assert four == pytest.approx(2 * SECONDS)
    short = make_spec(trials=50, time_budget=10 * SECONDS, confirm=2, contenders=3)
    assert confirm_reserve(ledger_of(3), short) == 0.0, "two seeds of two contenders do not fit"
    assert confirm_reserve(ledger_of(3), short, slots=2) == pytest.approx(2 * SECONDS)


def test_one_contender_needs_room_for_its_own_seeds_only() -> None:
    spec = make_spec(trials=50, time_budget=10 * SECONDS, confirm=2, contenders=1)
    assert confirm_reserve(ledger_of(1), spec) == pytest.approx(2 * SECONDS)


def test_nothing_is_reserved_before_anything_finished() -> None:
    spec = make_spec(trials=50, time_budget=1000.0, confirm=2)
    assert confirm_reserve(ledger_of(0), spec) == 0.0


def test_reserve_is_at_most_its_share() -> None:
    spec = make_spec(trials=50, time_budget=600.0, confirm=2, contenders=5)
    assert confirm_reserve(ledger_of(5), spec) <= CONFIRM_SHARE * 600.0
