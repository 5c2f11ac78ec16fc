"""The ledger's views, which are mended with every change, are those of a ledger made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.search.studies import RECIPE
from tuner.engines.scripted import scripted_report
from tuner.kept_epoch import settled_score
from tuner.search.compared_curves import ComparedCurves
from tuner.search.curves import schedule_shape
from tuner.search.ledger import Ledger
from tuner.search.run_record import RunRecord, confirm_key, search_key
from tuner.search.winner import choose, saved_run
from tuner.trial import TrialState

SHAPE = schedule_shape(RECIPE)
PLAN = 15
"""Epochs; of so many the last two are averaged when settings are compared."""


def run_of(number: int, seed: int, epochs: int, state: TrialState) -> RunRecord:
    spec = replace(RECIPE, seed=seed, epochs=PLAN)
    reports = tuple(
        scripted_report(spec, n + 1, (number + n + seed) % 7 / 10) for n in range(epochs)
    )
    is_trial = seed == RECIPE.seed
    return RunRecord(
        key=search_key(number) if is_trial else confirm_key(number, seed),
        number=number,
        spec=spec,
        role="search" if is_trial else "confirm",
        origin="sampler",
        directory=Path("nowhere"),
        state=state,
        reports=reports,
    )


RUNS = st.builds(
    run_of,
    st.integers(0, 5),
    st.integers(RECIPE.seed, RECIPE.seed + 2),
    st.integers(0, PLAN),
    st.sampled_from(TrialState),
)


def leader_of(finished: list[RunRecord]) -> RunRecord | None:
    """Choose among all of them anew."""
    runs = Ledger(finished).finished()
    key = saved_run(runs, choose(runs).number).key if runs else None
    return next((run for run in finished if run.key == key), None)


@given(st.lists(RUNS, max_size=25))
def test_views_follow_every_change(changes: list[RunRecord]) -> None:
    ledger = Ledger()
    known: dict[str, RunRecord] = {}
    taken: set[str] = set()
    for run in changes:
        ledger.put(run)
        known[run.key] = run
        (
            ledger.leading(),
            ledger.compared.at(SHAPE, 0.4),
        )  # what was remembered must not outlive the next change
        trials = sorted((r for r in known.values() if r.role == "search"), key=lambda r: r.number)
        again = [r for r in known.values() if r.role == "confirm"]
        again.sort(key=lambda r: (r.number, r.spec.seed))
        assert ledger.searched == tuple(trials)
        assert ledger.rows() == tuple(r.row() for r in (*trials, *again))
        assert ledger.ended == sum(r.ended for r in trials)
        pruned = [r for r in known.values() if r.state is TrialState.PRUNED]
        assert ledger.epochs_saved == sum(r.spec.epochs - r.epoch for r in pruned)
        curves = [r.curve() for r in trials]
        assert ledger.compared.at(SHAPE, 0.4) == ComparedCurves.of(curves).at(SHAPE, 0.4)
        taken |= set(ledger.take_changed()) - {run.key}
        assert not taken
        assert {r.key for r in ledger.open} == {r.key for r in known.values() if not r.ended}
        finished = [r for r in known.values() if r.state is TrialState.FINISHED and r.reports]
        assert {one.key for one in ledger.finished()} == {r.key for r in finished}
        assert ledger.leading() == leader_of(finished)
        levels = [(r.number, settled_score(r.reports, r.spec)) for r in finished]
        assert ledger.best_level() == max(
            (one for _, one in levels if one is not None), default=None
        )
        of_two = (one for number, one in levels if number == 2 and one is not None)
        assert ledger.best_level(2) == max(of_two, default=None)
        assert ledger.begun == len(trials)
        assert ledger.attempted() == {
            (r.number, r.spec.seed) for r in again if r.ended or r.state is TrialState.RUNNING
        }


def test_steps_of_running_trainings_reach_their_rows_alone() -> None:
    ledger = Ledger(run_of(number, RECIPE.seed, 1, TrialState.RUNNING) for number in range(3))
    rows = ledger.rows({"0001": 1.5, "unknown": 3.0})
    assert [row.trained for row in rows] == [0.0, 1.5, 0.0]
    assert ledger.rows() == tuple(run.row() for run in ledger.searched)
