"""Counts, costs and verdicts of trunks: plain values."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.facts import TINY
from tuner.choices import choose_recipe, choose_study
from tuner.engines.scripted import scripted_report
from tuner.errors import UsageError
from tuner.space import LogRange, SearchSpace, WholeRange
from tuner.study_file import parse_study
from tuner.trial import EpochReport, TrialSpec, TrunkPlan
from tuner.trunk import (
    branch_spec,
    plan_of,
    planned_epochs,
    share_again,
    trained_epochs,
    trained_since,
    trunk_counts,
    trunk_problems,
)
from tuner.trunk_end import unstable, worsening
from tuner.values import from_plain, to_plain

TRUNK = TrialSpec(learning_rate=1e-4, batch_size=8, epochs=8, schedule="trunk")

FILE = """\
[recipe]
learning_rate = 1e-4
batch_size = 8
epochs = 4
schedule = "trunk"

[space.learning_rate]
low = 1e-5
high = 1e-3

[space.epochs]
low = 3
high = 9

[[start]]
learning_rate = 3e-4
epochs = 9
"""


def reports(*figures: tuple[float, float]) -> list[EpochReport]:
    """One report per (F1, training loss), at the counts 1, 2, 3, 5, 8."""
    counts = plan_of(TRUNK).counts
    return [
        replace(scripted_report(TRUNK, count, f1), train_loss=loss)
        for count, (f1, loss) in zip(counts, figures, strict=False)
    ]


@pytest.mark.parametrize(
    ("ends", "counts"),
    [
        ((1, 1), (1,)),
        ((1, 8), (1, 2, 3, 5, 8)),
        ((2, 9), (2, 3, 5, 9)),
        ((10, 30), (10, 13, 21, 30)),
        ((3, 12), (3, 5, 8, 12)),
    ],
)
def test_counts_between_two_ends(ends: tuple[int, int], counts: tuple[int, ...]) -> None:
    assert trunk_counts(*ends) == counts


@given(st.integers(1, 60), st.integers(0, 60))
def test_counts_rise_and_cost_less_than_twice_the_longest(low: int, more: int) -> None:
    counts = trunk_counts(low, low + more)
    assert (counts[0], counts[-1]) == (low, low + more)
    assert all(one < other for one, other in itertools.pairwise(counts))
    spec = replace(TRUNK, epochs=low + more, trunk=TrunkPlan(counts=counts))
    assert not list(trunk_problems(spec))
    assert low + more <= planned_epochs(spec) + 1e-9 < 2 * (low + more)


def test_cost_of_the_counts_one_to_eight() -> None:
    assert planned_epochs(TRUNK) == pytest.approx(0.8 * 8 + 0.2 * 19)
    assert trained_epochs(TRUNK, 3) == pytest.approx(0.8 * 3 + 0.2 * 6)
    assert trained_since(TRUNK, 3, 4.0) == pytest.approx((0.8 * 2 + 0.2 * 5) / 2)
    decayed = replace(TRUNK, schedule="linear")
    assert (planned_epochs(decayed), trained_epochs(decayed, 3)) == (8.0, 3.0)
    assert trained_since(decayed, 3, 3.4) == pytest.approx(0.4)
    assert share_again(TRUNK) == pytest.approx(19 / 5 / 10.2) and share_again(decayed) == 1.0


def test_a_branch_by_itself_costs_its_count() -> None:
    alone = branch_spec(replace(TRUNK, warmup_ratio=0.5), 5)
    assert (alone.epochs, alone.trunk) == (5, TrunkPlan(counts=(5,)))
    assert alone.warmup_ratio == pytest.approx(0.1)
    assert planned_epochs(alone) == pytest.approx(5.0)
    assert branch_spec(alone, 5) == alone


def test_a_trunk_that_learns_is_stable() -> None:
    assert unstable(reports((0.1, 1.0), (0.5, 0.4), (0.4, 0.2), (0.6, 0.1))) is None
    assert unstable(reports((0.0, 1.0))) is None
    assert unstable(reports((0.0, 0.5), (0.0, 0.55), (0.0, 0.5))) is None


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (((0.5, 1.0), (0.5, math.nan)), "loss became nan"),
        (((0.5, 1.0), (0.6, 0.4), (0.6, 1.3)), "loss rose from 1 to 1.3 at 3 epochs"),
        (((0.5, 1.0), (0.6, 0.4), (0.2, 0.6)), "F1 fell from 0.600 to 0.200 at 3 epochs"),
    ],
)
def test_an_unstable_trunk_is_told_with_its_figures(
    figures: tuple[tuple[float, float], ...], said: str
) -> None:
    reason = unstable(reports(*figures))
    assert reason is not None and said in reason


def test_a_low_score_alone_is_no_collapse() -> None:
    assert unstable(reports((0.5, 1.0), (0.6, 0.4), (0.2, 0.3))) is None


def test_two_worse_branches_in_a_row_by_more_than_noise() -> None:
    worse = reports((0.5, 1.0), (0.9, 0.5), (0.85, 0.3), (0.8, 0.1))
    reason = worsening(worse, 0.02)
    assert reason is not None and "0.900, 0.850, 0.800 at 2, 3, 5 epochs" in reason
    assert worsening(worse, 0.2) is None, "the noise of the development split"
    assert worsening(worse[:3], 0.02) is None, "it was worse once"
    assert worsening(reports((0.5, 1), (0.9, 1), (0.8, 1), (0.85, 1)), 0.02) is None


def test_a_study_file_of_trunks_searches_no_epochs() -> None:
    file = parse_study(FILE, "trunks", "trunks.toml")
    choice = choose_study(TINY, 100, files=(file, None))
    assert set(choice.space.parameters) == {"learning_rate"}
    assert choice.recipe.trunk == TrunkPlan(counts=(3, 5, 9)) and choice.recipe.epochs == 9
    (start,) = choice.start_points
    assert start == replace(choice.recipe, learning_rate=3e-4)


def test_a_trunk_of_default_settings() -> None:
    choice = choose_study(TINY, 1000, schedule="trunk", also=["weight_decay"])
    assert "epochs" not in choice.space.parameters
    counts = plan_of(choice.recipe).counts
    assert choice.recipe.epochs == counts[-1] and len(counts) > 2
    decayed = choose_study(TINY, 1000)
    searched = decayed.space.parameters["epochs"]
    assert isinstance(searched, WholeRange) and (searched.low, searched.high) == (
        counts[0],
        counts[-1],
    )
    assert choice.start_points and all(p.trunk == choice.recipe.trunk for p in choice.start_points)


def test_counts_given_in_python_are_kept_where_epochs_are_not_searched() -> None:
    space = SearchSpace(parameters={"learning_rate": LogRange(low=1e-5, high=1e-3)}, reasons={})
    own = replace(TRUNK, trunk=TrunkPlan(counts=(4, 8), cooldown=0.3))
    assert choose_study(TINY, 100, space=space, recipe=own).recipe.trunk == own.trunk
    longer = choose_study(TINY, 100, space=space, recipe=own, epochs=13).recipe
    assert longer.trunk == TrunkPlan(counts=(1, 2, 3, 5, 8, 13), cooldown=0.3)


def test_a_single_training_gets_counts_from_one_on() -> None:
    given = {"schedule": "trunk", "epochs": 5}
    spec = choose_recipe(TINY, 100, replace(TRUNK, schedule="linear"), None, given, None)
    assert spec.trunk == TrunkPlan(counts=(1, 2, 3, 5))
    back = choose_recipe(TINY, 100, spec, None, {"schedule": "linear"}, None)
    assert back.trunk is None
    chosen = {"schedule": "trunk", "epochs": 8}
    spec = choose_recipe(TINY, 100, None, None, chosen, None, (3, 8))
    assert spec.trunk == TrunkPlan(counts=(3, 8))


@pytest.mark.parametrize(
    ("chosen", "counts", "message", "hint"),
    [
        (
            {"epochs": 8},
            (3, 8),
            "`--counts` are those of a trunk, but got `--counts 3,8` with `--schedule linear`",
            "Use `--schedule trunk`, or leave `--counts` out.",
        ),
        (
            {"schedule": "trunk", "epochs": 9},
            (3, 8),
            "must rise from 1 or more to `--epochs`, but got `--counts 3,8` with `--epochs 9`",
            "Use `--epochs 8`, or end the counts with 9.",
        ),
        (
            {"schedule": "trunk", "epochs": 5},
            (5, 3),
            "but got `--counts 5,3` with `--epochs 5`",
            "Write e.g. `--counts 1,2,3,5`.",
        ),
        ({"schedule": "trunk", "epochs": 2}, (0, 2), "`--counts 0,2`", "`--counts 1,2`"),
    ],
)
def test_counts_that_cannot_be_right_name_the_options(
    chosen: dict[str, Any], counts: tuple[int, ...], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose_recipe(TINY, 100, None, None, chosen, None, counts)
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1,), "1 epoch, the last 20% falling to zero"),
        ((3,), "3 epochs, the last 20% falling to zero"),
        ((1, 3), "1, 3 epochs, each with its last 20% falling to zero"),
    ],
)
def test_a_plan_in_words(counts: tuple[int, ...], said: str) -> None:
    assert str(TrunkPlan(counts=counts)) == said


def test_a_damaged_plan_is_told_when_it_is_read() -> None:
    plain = to_plain(replace(TRUNK, trunk=TrunkPlan(counts=(3, 8))))
    assert from_plain(TrialSpec, plain).trunk == TrunkPlan(counts=(3, 8))
    plain["trunk"]["counts"] = ["3", None]
    with pytest.raises(TypeError, match="made of numbers"):
        from_plain(TrialSpec, plain)
