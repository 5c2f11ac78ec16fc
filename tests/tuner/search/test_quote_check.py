"""A study is held against its quote for as much of it as ran."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import RECIPE, FakeClock, make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
from tuner.epoch_cost import EpochCost
from tuner.search.quote import expected_seconds, keep_quote, study_quote
from tuner.search.quote_check import Work, check_quote
from tuner.space import LogRange, SearchSpace
from tuner.study import StudySpec
from tuner.study_quote import QuoteCheck, StudyQuote
from tuner.study_view import Estimate, StudySummary
from tuner.trial import TrialSpec

COST = EpochCost(per_epoch=10.0, per_step=0.0, rows=64)
ESTIMATE = Estimate(seconds_per_epoch=10.0, seconds=None, disk_bytes=3, memory_bytes=5, how="")


def quote_of(spec: StudySpec, **options: Any) -> StudyQuote:
    return study_quote(spec, ESTIMATE, cost=COST, **options)


def checked(spec: StudySpec, work: Work | None = None, share: float = 1.0) -> QuoteCheck | None:
    """Hold a study against its quote; by default all of it ran."""
    quote = quote_of(spec)
    assert quote.expected is not None
    whole = Work(trials=spec.options.trials, reruns=0, planned=0)
    return check_quote(quote, spec.options, work or whole, share * quote.expected)


@pytest.mark.parametrize(
    ("share", "close"), [(1.0, True), (1.25, True), (0.75, True), (1.3, False)]
)
def test_a_whole_study_is_held_against_what_was_said(share: float, close: bool) -> None:
    check = checked(make_spec(trials=10, prune=True), share=share)
    assert check is not None
    assert check.close is close
    assert check.ratio == pytest.approx(share)
    assert check.compared == ""


def test_what_ended_early_is_held_against_the_trials_that_ran() -> None:
    spec = make_spec(trials=40, stop_when_flat=True)
    quote = quote_of(spec)
    check = check_quote(quote, spec.options, Work(trials=12, reruns=0, planned=0), 500.0)
    assert check is not None
    assert check.quoted == pytest.approx(expected_seconds(quote, 12, 0))
    assert check.quoted < 0.4 * (quote.expected or 0.0)
    assert "for the 12 trials that ran, took 8 min 20 s" in check.sentence


@pytest.mark.parametrize("reruns", [6, 8])
def test_whether_the_recipe_is_a_contender_is_part_of_the_forecast(reruns: int) -> None:
    spec = make_spec(trials=20, confirm=2)
    check = checked(spec, Work(trials=20, reruns=reruns, planned=8))
    assert check is not None
    assert check.compared == ""


def test_fewer_further_seeds_than_planned_are_told() -> None:
    spec = make_spec(trials=20, confirm=2)
    quote = quote_of(spec)
    check = check_quote(quote, spec.options, Work(trials=20, reruns=1, planned=8), 100.0)
    assert check is not None
    assert check.quoted == pytest.approx(expected_seconds(quote, 20, 1))
    assert check.compared == "for the 20 trials and 1 run with further seeds that ran"


def test_a_study_that_was_given_more_is_held_against_more() -> None:
    quote = quote_of(make_spec(trials=10))
    more = make_spec(trials=20).options
    check = check_quote(quote, more, Work(trials=20, reruns=0, planned=0), 800.0)
    assert check is not None
    assert check.quoted == pytest.approx(expected_seconds(quote, 20, 0))
    assert "20 trials" in check.compared
    without_parts = replace(quote, parts=None)
    assert check_quote(without_parts, more, Work(trials=20, reruns=0, planned=0), 8.0) is None


@pytest.mark.parametrize(
    "change",
    [
        {"quote": {"void": "moved"}},
        {"quote": {"seconds": None, "seconds_pruned": None}},
        {"options": {"prune": True}},
        {"options": {"storage": "postgresql://host/db"}},
        {"work": {"trials": 0.4}},
    ],
)
def test_what_cannot_be_compared_is_not(change: dict[str, dict[str, Any]]) -> None:
    spec = make_spec(trials=10)
    quote, work = quote_of(spec), Work(trials=10, reruns=0, planned=0)
    assert check_quote(quote, spec.options, work, 100.0) is not None
    changed = check_quote(
        replace(quote, **change.get("quote", {})),
        replace(spec.options, **change.get("options", {})),
        replace(work, **change.get("work", {})),
        100.0,
    )
    assert changed is None


@pytest.mark.parametrize(
    ("share", "close"), [(1.2, True), (1.3, False), (0.6, True), (0.3, True), (0.2, False)]
)
def test_side_by_side_the_quote_has_two_ends(share: float, close: bool) -> None:
    spec = make_spec(trials=9)
    quote = quote_of(spec, side_by_side=3)
    assert quote.expected is not None
    work = Work(trials=9, reruns=0, planned=0)
    check = check_quote(quote, spec.options, work, share * quote.expected)
    assert check is not None
    assert check.close is close
    assert check.quoted_low == pytest.approx(quote.expected / 3)
    assert " to " in check.sentence.partition(", took")[0]


FIXED = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-3)}, reasons={})
"""All trials have the recipe's four epochs, so that what they take is no matter of luck."""


def run(
    folder: Path, spec: StudySpec, curves: Callable[[TrialSpec], Any] = rising, **options: Any
) -> StudySummary:
    """Search with epochs of ten seconds on the study's own clock."""
    clock = FakeClock()
    engine = ScriptedEngine(curves, delay=10.0, sleep=clock.advance)
    return search(folder, spec, engine=engine, clock=clock, **options)


def test_trials_that_a_time_budget_cut_are_not_held_against_the_study(tmp_path: Path) -> None:
    spec = make_spec(trials=40, time_budget=250.0, space=FIXED)
    keep_quote(tmp_path, quote_of(spec))
    summary = run(tmp_path, spec)
    assert len(summary.rows) < 15
    assert summary.quote is not None
    assert "trials that ran" in summary.quote.compared
    assert summary.quote.ratio == pytest.approx(1.0, abs=0.05), "epochs took what was said"


def test_failed_trials_count_as_far_as_they_came(tmp_path: Path) -> None:
    spec = make_spec(trials=8, space=FIXED)
    keep_quote(tmp_path, quote_of(spec))

    def failing(trial: TrialSpec) -> list[float]:
        curve = rising(trial)
        return curve if trial.learning_rate == RECIPE.learning_rate else [curve[0], math.nan]

    summary = run(tmp_path, spec, failing)
    assert any(row.state == "failed" for row in summary.rows)
    assert summary.quote is not None
    assert "trials that ran" in summary.quote.compared
    assert summary.quote.quoted < 0.7 * (quote_of(spec).expected or 0.0)


def test_a_study_that_ran_as_quoted_says_so(tmp_path: Path) -> None:
    spec = make_spec(trials=6, confirm=1)
    keep_quote(tmp_path, quote_of(spec))
    summary = run(tmp_path, spec)
    assert summary.quote is not None
    assert summary.quote.compared == ""
    assert summary.quote.actual == pytest.approx(10.0 * sum(row.epoch for row in summary.rows))
