"""The default space follows from model and data size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.facts import model_facts
from tuner.errors import UsageError
from tuner.model_facts import ModelFacts
from tuner.search.default_space import OPTIONAL, default_space, with_parameters
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange, check_space, outside
from tuner.trial import TrialSpec


def model(millions: float, layers: int = 12) -> ModelFacts:
    return model_facts(
        parameters=int(millions * 1e6), layers=layers, hidden_size=384, max_length=512
    )


@given(
    st.floats(1, 2000),
    st.integers(1, 10**6),
    st.integers(1, 48),
    st.lists(st.sampled_from(OPTIONAL), unique=True),
)
def test_every_default_is_sound(
    millions: float, sentences: int, layers: int, names: list[str]
) -> None:
    drawn = default_space(model(millions, layers), sentences, names=names)
    check_space(drawn.space)
    assert list(drawn.space.parameters) == ["learning_rate", "batch_size", "epochs", *names]
    assert all(reason for _, _, reason in drawn.space.lines())
    points = (drawn.recipe, *drawn.known_good)
    assert len(set(map(str, points))) == len(points) == 3
    for point in points:
        assert outside(point, drawn.space) == ()


def test_what_is_not_searched_is_the_same_in_all_points() -> None:
    drawn = default_space(model(110), 500)
    for point in drawn.known_good:
        assert (point.warmup_ratio, point.weight_decay, point.seed) == (
            drawn.recipe.warmup_ratio,
            drawn.recipe.weight_decay,
            drawn.recipe.seed,
        )


def test_smaller_encoders_get_higher_rates() -> None:
    small, base, large = (default_space(model(size), 500) for size in (22, 110, 335))
    rates = [drawn.recipe.learning_rate for drawn in (small, base, large)]
    assert rates == [3e-4, 3e-5, 1e-5]
    ranges = [drawn.space.parameters["learning_rate"] for drawn in (small, base, large)]
    assert all(isinstance(one, LogRange) for one in ranges)
    assert "22M parameters" in small.space.reasons["learning_rate"]


def test_small_data_gets_more_epochs_and_smaller_batches() -> None:
    few, many = default_space(model(110), 208), default_space(model(110), 14_000)
    assert few.recipe.epochs == 20  # 13 steps per epoch: 260 steps
    assert many.recipe.epochs == 3
    assert few.space.parameters["batch_size"] == PowersOfTwo(low=8, high=32)
    assert many.space.parameters["batch_size"] == PowersOfTwo(low=8, high=64)
    assert few.space.parameters["epochs"] == WholeRange(low=10, high=30)
    assert "13 steps per epoch" in few.space.reasons["epochs"]


def test_the_financial_guide_is_near_the_recipe_for_its_data() -> None:
    assert default_space(model(110), 1165).recipe.epochs == 5


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_more_data_never_gets_more_epochs(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    small, large = default_space(model(110), fewer), default_space(model(110), more)
    assert small.recipe.epochs >= large.recipe.epochs


def test_optional_hyperparameters_have_usual_ranges() -> None:
    bare = SearchSpace(parameters={"epochs": WholeRange(low=2, high=4)}, reasons={})
    space = with_parameters(bare, OPTIONAL, layers=6)
    check_space(space)
    assert space.parameters["frozen_layers"] == WholeRange(low=0, high=3)
    assert with_parameters(space, OPTIONAL, layers=99) == space  # what is there is kept
    with pytest.raises(UsageError, match="warmup_ratio"):
        with_parameters(bare, ["warmup"])


def test_the_seed_is_the_trainings_own() -> None:
    assert default_space(model(110), 500, seed=7).recipe.seed == 7
    assert isinstance(default_space(model(110), 500).recipe, TrialSpec)
