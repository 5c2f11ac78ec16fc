"""The quote is a range around what an epoch costs, is kept, and is held against what it took."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import RECIPE, FakeClock, make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
from tuner.epoch_cost import EpochCost
from tuner.search.interrupt import StopRequest
from tuner.search.quote import (
    check_quote,
    keep_quote,
    read_quote,
    study_quote,
    trained_share,
)
from tuner.search.study_cost import (
    CHOOSE_SECONDS,
    START_SECONDS,
    chosen_epochs,
    contender_epochs,
    planned_seconds,
)
from tuner.study import SearchOptions, StudySpec
from tuner.study_quote import QuoteCheck, StudyQuote, rough_time
from tuner.study_view import Estimate, StudySnapshot, StudySummary

COST = EpochCost(per_epoch=10.0, per_step=0.5, rows=64)
ESTIMATE = Estimate(
    seconds_per_epoch=10.0, seconds=None, disk_bytes=3_000, memory_bytes=5_000, how=""
)


def quote_of(cost: EpochCost | None = COST, **options: Any) -> StudyQuote:
    placed = {
        name: options.pop(name)
        for name in ("devices", "side_by_side", "memory_available", "untimed")
        if name in options
    }
    return study_quote(make_spec(**options), ESTIMATE, cost=cost, **placed)


def seconds_of(quote: StudyQuote) -> tuple[float, float, float]:
    assert quote.low is not None
    assert quote.seconds is not None
    assert quote.high is not None
    return quote.low, quote.seconds, quote.high


def test_smaller_batches_make_an_epoch_longer() -> None:
    assert COST.of_epoch(64) == 10.5
    assert COST.of_epoch(4) == 18.0
    assert COST.of_epoch(48) == 11.0, "the last step is not full"


def test_first_settings_are_known_and_the_others_the_mean_of_the_space() -> None:
    one = planned_seconds(make_spec(trials=1), COST)
    assert one.search == pytest.approx(START_SECONDS + RECIPE.epochs * 12.0)
    assert one.deviation == 0.0
    # Batches of 4, 8, 16 and 32: epochs of 18, 14, 12 and 11 seconds; 2 to 6 epochs.
    two = planned_seconds(make_spec(trials=2), COST)
    assert two.search - one.search == pytest.approx(CHOOSE_SECONDS + 4 * 13.75)
    assert two.deviation > 0


def test_runs_with_further_seeds_are_counted() -> None:
    plan = planned_seconds(make_spec(trials=8, confirm=2, contenders=3), COST)
    # The best have 5.8 epochs, of 2 to 6; the recipe may be among the three of them.
    assert plan.confirm == pytest.approx(5.8 * 13.75 * 2 * (3 + 5 / 8))


def test_samplers_learn_that_longer_trainings_do_better() -> None:
    chosen, drawn = (chosen_epochs(make_spec(sampler=name)) for name in ("gp", "random"))
    assert drawn == 4.0
    assert drawn < chosen < contender_epochs(make_spec()) < 6


def test_range_holds_the_estimate_and_pruning_makes_it_less() -> None:
    quote = quote_of(trials=40, prune=True, memory_available=16_000)
    low, seconds, high = seconds_of(quote)
    assert low < seconds < high
    assert quote.expected is not None
    assert quote.expected < seconds
    assert (quote.disk_bytes, quote.memory_bytes, quote.memory_available) == (3_000, 5_000, 16_000)


def test_more_trials_make_the_range_narrower() -> None:
    few, many = (seconds_of(quote_of(trials=n)) for n in (4, 100))
    assert many[2] / many[1] < few[2] / few[1]


def test_nothing_is_saved_without_pruning() -> None:
    quote = quote_of(trials=40, prune=False)
    assert quote.seconds_pruned is None
    assert quote.expected == quote.seconds


def test_devices_share_the_trials_and_trainings_on_one_are_not_promised_to_be_faster() -> None:
    alone, spread = (seconds_of(quote_of(trials=40, devices=n)) for n in (1, 4))
    assert spread[1] == pytest.approx(alone[1] / 4, rel=0.1)
    beside = seconds_of(quote_of(trials=40, side_by_side=3))
    assert beside[1:] == alone[1:]
    assert beside[0] == pytest.approx(alone[0] / 3)


def test_time_budget_bounds_the_quote() -> None:
    quote = quote_of(trials=40, time_budget=60.0)
    assert seconds_of(quote) == (60.0, 60.0, 60.0)


def test_unmeasured_time_is_not_quoted_and_says_why() -> None:
    for quote in (quote_of(None, trials=40), quote_of(trials=40, untimed="Somebody helps.")):
        assert quote.seconds is quote.low is quote.high is quote.seconds_pruned is None
        assert check_quote(quote, SearchOptions(trials=40, confirm=0, prune=False), 1.0) is None
        assert quote.untimed
    assert quote_of(trials=40).untimed == ""


def test_share_falls_with_the_trials_and_is_1_where_nothing_can_be_compared() -> None:
    shares = [trained_share(n) for n in (1, 3, 8, 10, 20, 40, 400)]
    assert shares[0] == shares[1] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == shares[-2] > 0


@pytest.mark.parametrize(("share", "close"), [(1.0, True), (1.25, True), (1.3, False)])
def test_quote_is_checked_against_what_it_took(share: float, close: bool) -> None:
    spec = make_spec(trials=10, prune=True)
    quote = study_quote(spec, ESTIMATE, cost=COST)
    assert quote.expected is not None
    check = check_quote(quote, spec.options, share * quote.expected)
    assert check is not None
    assert check.close is close
    assert check.ratio == pytest.approx(share)


def test_quote_for_something_else_is_not_checked() -> None:
    quote, options = quote_of(trials=10), make_spec(trials=10).options
    assert check_quote(quote, options, 10.0) is not None
    for changed in ({"trials": 20}, {"confirm": 1}, {"prune": True}, {"time_budget": 9.0}):
        assert check_quote(quote, replace(options, **changed), 10.0) is None


def test_first_quote_stays(tmp_path: Path) -> None:
    assert read_quote(tmp_path) is None
    first = quote_of(trials=10)
    keep_quote(tmp_path, first)
    keep_quote(tmp_path, quote_of(trials=20))
    assert read_quote(tmp_path) == first


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seconds": "x"}', "nonsense"])
def test_quote_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "quote.json").write_text(text, encoding="utf-8")
    assert read_quote(tmp_path) is None


class Watching:
    """Stops the search after some epochs, and remembers what it was shown."""

    def __init__(self, stop: StopRequest | None = None, after: int = 0) -> None:
        self.snapshots: list[StudySnapshot] = []
        self.stop, self._after = stop, after

    def plan(self, plan: Any) -> None:
        raise AssertionError("the loop does not plan")

    def update(self, snapshot: StudySnapshot, note: str) -> None:
        self.snapshots.append(snapshot)
        self._after -= " epoch " in note
        if self.stop is not None and self._after == 0:
            self.stop.request()

    def tick(self, snapshot: StudySnapshot) -> None: ...

    def finish(self, summary: StudySummary) -> None: ...


def test_study_that_was_interrupted_is_checked_over_all_its_sessions(tmp_path: Path) -> None:
    spec: StudySpec = make_spec(trials=4)
    quote = study_quote(spec, ESTIMATE, cost=COST)
    keep_quote(tmp_path, quote)
    clock = FakeClock()

    def session(watching: Watching) -> StudySummary:
        engine = ScriptedEngine(rising, delay=10.0, sleep=clock.advance)
        wish = watching.stop or StopRequest()
        return search(tmp_path, spec, engine=engine, clock=clock, observer=watching, stop=wish)

    interrupted = session(Watching(StopRequest(), after=3))
    assert interrupted.status == "interrupted"
    assert interrupted.quote is None, "the study is not at its end"
    clock.advance(1_000_000.0)  # a night in which nobody works
    watching = Watching()
    summary = session(watching)
    epochs = sum(row.spec.epochs for row in summary.rows)
    assert summary.quote is not None
    assert summary.quote.actual == pytest.approx(10.0 * epochs)
    assert summary.quote.quoted == quote.expected
    assert watching.snapshots[0].quoted == quote.expected


def test_study_without_a_quote_is_not_checked(tmp_path: Path) -> None:
    assert search(tmp_path, make_spec(trials=2)).quote is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (14.4, "14 s"),
        (63.0, "65 s"),
        (100.0, "1 min 40 s"),
        (120.0, "2 min"),
        (3290.0, "55 min"),
        (3599.0, "1 h"),
        (7800.0, "2 h 10 min"),
        (86_300.0, "1 d"),
        (100_000.0, "1 d 4 h"),
    ],
)
def test_time_is_told_as_exactly_as_a_forecast_can_be(seconds: float, words: str) -> None:
    assert rough_time(seconds) == words


def test_check_is_told_in_words() -> None:
    check = QuoteCheck(quoted=3300.0, actual=2880.0, ratio=0.87, close=True)
    assert check.sentence == "quoted 55 min, took 48 min"
