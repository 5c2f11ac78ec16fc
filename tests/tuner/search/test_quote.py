"""The quote is a range around what an epoch costs, is kept, and is held against what it took."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tuner.search.studies import RECIPE, SPACE, FakeClock, make_spec, rising, search
from tuner.engines.scripted import ScriptedEngine
from tuner.epoch_cost import EpochCost
from tuner.search.expected_epochs import chosen_epochs, contender_epochs, trained_share
from tuner.search.interrupt import StopRequest
from tuner.search.quote import (
    expected_seconds,
    keep_quote,
    placed,
    quoted_seconds,
    read_quote,
    study_quote,
)
from tuner.search.study_cost import CHOOSE_SECONDS, START_SECONDS, planned_seconds
from tuner.study import StudySpec
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


def test_a_restless_probe_makes_the_range_wider() -> None:
    calm, restless = (
        seconds_of(quote_of(replace(COST, scatter=scatter), trials=20)) for scatter in (0.0, 0.5)
    )
    assert restless[1] == calm[1]
    assert restless[0] < 0.8 * calm[0]
    assert restless[2] > 1.25 * calm[2]


def test_unknown_settings_of_the_best_make_the_range_wider() -> None:
    rate = {"learning_rate": SPACE.parameters["learning_rate"]}
    size = {"batch_size": SPACE.parameters["batch_size"]}
    # All three trials are known, so that only what is trained again is not.
    points = tuple(replace(RECIPE, learning_rate=one) for one in (1e-4, 2e-4))
    widths = [
        planned_seconds(
            make_spec(
                trials=3, confirm=4, start_points=points, space=replace(SPACE, parameters=one)
            ),
            COST,
        ).deviation
        for one in (SPACE.parameters, {**rate, **size}, rate)
    ]
    assert widths[0] > widths[1] > widths[2] == 0.0


def test_the_range_is_as_wide_below_as_above() -> None:
    low, seconds, high = seconds_of(quote_of(replace(COST, scatter=3.0), trials=20))
    assert 0 < low < seconds
    assert low * high == pytest.approx(seconds**2)


def test_the_test_split_is_counted_where_there_is_one() -> None:
    splits = {"dev": {"tokens": 100}, "test": {"tokens": 300}}
    cost = replace(COST, evaluation=2.0)
    without = make_spec(data_facts={"splits": splits})
    more = replace(without, has_test=True)
    gained = planned_seconds(more, cost).total - planned_seconds(without, cost).total
    assert gained == pytest.approx(6.0)
    unknown = replace(more, data_facts={})
    assert planned_seconds(unknown, cost).parts.end == 0.0


@pytest.mark.parametrize("options", [{"prune": True}, {"devices": 3}, {"confirm": 2}])
def test_parts_give_the_quote_back(options: dict[str, Any]) -> None:
    quote = quote_of(trials=20, **options)
    assert quote.parts is not None
    assert expected_seconds(quote, 20, quote.parts.reruns) == pytest.approx(quote.expected)
    half = expected_seconds(quote, 10, 0)
    assert half is not None and quote.expected is not None
    assert half < 0.7 * quote.expected


def test_a_trial_that_is_trained_in_part_counts_as_its_part() -> None:
    quote = quote_of(trials=4)
    times = [expected_seconds(quote, trials, 0) or 0.0 for trials in (1.0, 1.5, 2.0)]
    assert times[1] == pytest.approx((times[0] + times[2]) / 2)


def test_a_quote_is_void_once_the_study_goes_on_elsewhere(tmp_path: Path) -> None:
    first = quote_of(trials=10, devices=2)
    assert placed(first, devices=2, slots=2) == first
    moved = placed(first, devices=1, slots=3)
    assert "another number of devices" in moved.void
    keep_quote(tmp_path, first)
    keep_quote(tmp_path, moved)
    assert read_quote(tmp_path) == moved
    keep_quote(tmp_path, first)
    assert read_quote(tmp_path) == moved, "what was trained elsewhere stays in the study's time"
    assert quoted_seconds(tmp_path, make_spec(trials=10)) is None
    untimed = quote_of(None, trials=10)
    assert placed(untimed, devices=8, slots=8) == untimed


def test_the_live_display_tells_what_was_quoted_for_as_many_trials(tmp_path: Path) -> None:
    spec = make_spec(trials=10)
    assert quoted_seconds(tmp_path, spec) is None
    first = quote_of(trials=10)
    keep_quote(tmp_path, first)
    assert quoted_seconds(tmp_path, spec) == first.expected
    more = quoted_seconds(tmp_path, make_spec(trials=20))
    assert more == pytest.approx(expected_seconds(first, 20, 0))
    assert quoted_seconds(tmp_path, make_spec(trials=20, time_budget=9.0)) == 9.0


def test_a_quote_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    quote = quote_of(trials=10)
    known = {name: getattr(quote, name) for name in ("trials", "confirm", "prune", "time_budget")}
    known |= {name: getattr(quote, name) for name in ("seconds", "low", "high", "seconds_pruned")}
    known |= {"disk_bytes": 1, "memory_bytes": None, "memory_available": None}
    (tmp_path / "quote.json").write_text(json.dumps(known), encoding="utf-8")
    earlier = read_quote(tmp_path)
    assert earlier is not None
    assert earlier.expected == quote.expected
    assert expected_seconds(earlier, 5, 0) is None


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
    assert beside[0] < alone[0] < alone[1]


def test_time_budget_bounds_the_quote() -> None:
    quote = quote_of(trials=40, time_budget=60.0)
    assert seconds_of(quote) == (60.0, 60.0, 60.0)


def test_unmeasured_time_is_not_quoted_and_says_why() -> None:
    for quote in (quote_of(None, trials=40), quote_of(trials=40, untimed="Somebody helps.")):
        assert quote.seconds is quote.low is quote.high is quote.seconds_pruned is None
        assert expected_seconds(quote, 40, 0) is None
        assert quote.untimed
    assert quote_of(trials=40).untimed == ""


def test_share_falls_with_the_trials_and_is_1_where_nothing_can_be_compared() -> None:
    shares = [trained_share(n) for n in (1, 3, 8, 10, 20, 40, 400)]
    assert shares[0] == shares[1] == 1.0
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == shares[-2] > 0


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
