"""What was given comes before the study file, and the file before the defaults."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuner.facts import model_facts
from tuner.choices import choose_options, choose_recipe, choose_study, read_files
from tuner.errors import UsageError
from tuner.model_facts import ModelFacts
from tuner.search.default_space import default_space
from tuner.space import LogRange, PowersOfTwo, SearchSpace, WholeRange
from tuner.study import SearchOptions
from tuner.trial import TrialSpec

SMALL = model_facts(parameters=20_000_000, layers=6, hidden_size=384, max_length=512)
LARGE = replace(SMALL, parameters=340_000_000, layers=24, hidden_size=1024)
SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-3, high=2e-2),
        "batch_size": PowersOfTwo(low=4, high=16),
        "epochs": WholeRange(low=2, high=4),
    },
    reasons={},
)
RECIPE = TrialSpec(learning_rate=1e-2, batch_size=8, epochs=3)
FILE = """
[recipe]
learning_rate = 2e-5
batch_size = 16
epochs = 5
weight_decay = 0.05

[space.learning_rate]
low = 1e-5
high = 1e-4

[[start]]
learning_rate = 5e-5

[options]
trials = 7
confirm = 1
prune = false
"""


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_given_the_defaults_follow_from_the_sizes() -> None:
    small, large = choose_study(SMALL, 400), choose_study(LARGE, 400)
    assert small.recipe.learning_rate > large.recipe.learning_rate
    assert set(small.space.parameters) == {"learning_rate", "batch_size", "epochs"}
    assert len(small.start_points) == 2
    assert all(small.space.reasons[name] for name in small.space.parameters)


def test_a_space_of_ones_own_replaces_the_default_and_its_start_points() -> None:
    """Points that are known to be good for the default space lie outside of this one."""
    choice = choose_study(SMALL, 400, space=SPACE, recipe=RECIPE)
    assert choice.space == SPACE
    assert choice.recipe == RECIPE
    assert choice.start_points == ()


def test_known_good_points_that_lie_in_the_space_are_tried() -> None:
    defaults = default_space(SMALL, 400)
    wide = replace(defaults.space, reasons={})
    choice = choose_study(SMALL, 400, space=wide)
    assert choice.start_points == defaults.known_good


def test_a_space_without_a_recipe_begins_at_its_nearest_point() -> None:
    choice = choose_study(SMALL, 400, space=SPACE)
    assert choice.recipe.learning_rate == 1e-3
    assert choice.recipe.epochs == 4


def test_a_recipe_outside_the_default_space_widens_it() -> None:
    """Nobody drew the default space by hand, so it gives way."""
    recipe = TrialSpec(learning_rate=5e-2, batch_size=128, epochs=50)
    choice = choose_study(SMALL, 400, recipe=recipe)
    assert choice.recipe == recipe
    assert choice.space.parameters["learning_rate"].contains(5e-2)
    assert choice.space.parameters["learning_rate"].contains(1e-4)
    assert choice.space.parameters["batch_size"].contains(128)
    assert choice.space.parameters["epochs"].contains(50)


def test_a_recipe_outside_a_given_space_is_refused_with_its_bounds() -> None:
    with pytest.raises(UsageError, match=r"epochs=9 lies outside .*\(2 … 4\)") as caught:
        choose_study(SMALL, 400, space=SPACE, recipe=replace(RECIPE, epochs=9))
    assert "Widen the range" in caught.value.hint


def test_a_recipe_batch_size_that_is_no_power_of_two_is_refused() -> None:
    with pytest.raises(UsageError, match="batch_size=12"):
        choose_study(SMALL, 400, recipe=replace(RECIPE, batch_size=12))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"learning_rate": LogRange(low=1e-4, high=1e-6)}, "`low < high` must hold"),
        ({"batch_size": PowersOfTwo(low=6, high=24)}, "powers of two"),
        ({"seed": WholeRange(low=1, high=40)}, "the seed is never searched"),
        ({}, "must name a hyperparameter"),
    ],
)
def test_an_impossible_space_is_refused(parameters: dict[str, Any], message: str) -> None:
    space = SearchSpace(parameters=parameters, reasons={})
    with pytest.raises(UsageError, match=message):
        choose_study(SMALL, 400, space=space, recipe=RECIPE)


def test_a_file_brings_its_recipe_its_space_and_its_start_points(tmp_path: Path) -> None:
    files = read_files(write(tmp_path, FILE), None)
    choice = choose_study(SMALL, 400, space="mine", files=files, seed=7)
    assert choice.recipe.learning_rate == 2e-5
    assert choice.recipe.weight_decay == 0.05
    assert choice.recipe.seed == 7
    assert set(choice.space.parameters) == {"learning_rate"}
    assert [point.learning_rate for point in choice.start_points] == [5e-5]
    assert {point.seed for point in choice.start_points} == {7}


def test_a_recipe_file_brings_its_space_along(tmp_path: Path) -> None:
    files = read_files(None, write(tmp_path, FILE))
    choice = choose_study(SMALL, 400, recipe="mine", files=files)
    assert set(choice.space.parameters) == {"learning_rate"}


def test_one_file_for_the_space_and_another_for_the_recipe(tmp_path: Path) -> None:
    other = FILE.replace("epochs = 5", "epochs = 9").replace("5e-5", "9e-5")
    narrow = FILE.replace("high = 1e-4", "high = 8e-5")
    files = read_files(write(tmp_path, narrow), write(tmp_path, other, "other.toml"))
    choice = choose_study(SMALL, 400, space="mine", recipe="other", files=files)
    assert choice.recipe.epochs == 9
    assert choice.space.parameters["learning_rate"] == LogRange(low=1e-5, high=8e-5)
    assert choice.start_points == (), "9e-5 is outside of the other file's space"


def test_a_file_that_lacks_what_it_was_named_for(tmp_path: Path) -> None:
    recipe_only = write(tmp_path, FILE[: FILE.index("[space")])
    space_only = write(tmp_path, "[space.epochs]\nlow = 2\nhigh = 5\n", "space.toml")
    with pytest.raises(UsageError, match=r"`--space` needs .* \[space\]") as caught:
        read_files(recipe_only, None)
    assert "--recipe" in caught.value.hint
    with pytest.raises(UsageError, match=r"`--recipe` needs .* \[recipe\]") as caught:
        read_files(None, space_only)
    assert "--space" in caught.value.hint


def test_hyperparameters_by_choice_join_the_space_and_start_inside_of_it() -> None:
    names = ("dropout", "frozen_layers", "schedule", "warmup_ratio", "label_smoothing")
    choice = choose_study(SMALL, 400, space=SPACE, recipe=RECIPE, also=names)
    assert set(names) <= set(choice.space.parameters)
    default = choose_study(SMALL, 400, also=names)
    assert default.recipe.dropout == 0.1
    assert all(
        parameter.contains(getattr(point, name))
        for point in (choice.recipe, *default.start_points, default.recipe)
        for name, parameter in default.space.parameters.items()
        if name in names
    )


def test_start_points_of_a_file_get_what_is_searched_by_choice(tmp_path: Path) -> None:
    files = read_files(write(tmp_path, FILE), None)
    choice = choose_study(SMALL, 400, space="mine", files=files, also=("dropout",))
    assert [(p.learning_rate, p.dropout) for p in choice.start_points] == [(5e-5, 0.1)]


def test_settings_join_the_recipe_and_every_start_point(tmp_path: Path) -> None:
    text = FILE + "\n[training_arguments]\nadam_beta2 = 0.98\nmax_grad_norm = 2.0\n"
    files = read_files(write(tmp_path, text), None)
    choice = choose_study(SMALL, 400, space="mine", files=files, settings={"max_grad_norm": 0.5})
    for spec in (choice.recipe, *choice.start_points):
        assert spec.extra == {"adam_beta2": 0.98, "max_grad_norm": 0.5}


def test_more_frozen_layers_than_the_model_has_are_refused() -> None:
    with pytest.raises(UsageError, match=r"frozen_layers.* 7 and 6 layers") as caught:
        choose_recipe(SMALL, 400, None, None, {"frozen_layers": 7}, None)
    assert "0 to 6" in caught.value.hint
    recipe = replace(RECIPE, frozen_layers=7)
    with pytest.raises(UsageError, match="frozen_layers"):
        choose_study(SMALL, 400, space=SPACE, recipe=recipe)
    frozen = SearchSpace(parameters={"frozen_layers": WholeRange(low=0, high=7)}, reasons={})
    with pytest.raises(UsageError, match="frozen_layers"):
        choose_study(SMALL, 400, space=frozen, recipe=RECIPE)
    unknown = replace(SMALL, layers=0)
    assert choose_recipe(unknown, 400, None, None, {"frozen_layers": 7}, None).frozen_layers == 7


def test_options_given_then_space_file_then_recipe_file_then_defaults(tmp_path: Path) -> None:
    space = write(tmp_path, FILE)
    recipe = write(tmp_path, FILE.replace("trials = 7", "trials = 9\ntime_budget = '1h'"), "r.toml")
    files = read_files(space, recipe)
    options = choose_options({"trials": None, "prune": None, "confirm": 0}, files, seed=3)
    assert options == SearchOptions(
        trials=7, confirm=0, prune=False, time_budget=3600.0, seed=3, sampler="gp"
    )
    assert choose_options({"prune": True}, files, seed=3).prune is True
    assert choose_options({}, (None, None), seed=42) == SearchOptions()


@pytest.mark.parametrize(
    "given", [{"trials": 0}, {"confirm": -1}, {"time_budget": 0.0}, {"sampler": "magic"}]
)
def test_impossible_options_are_refused(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(UsageError, match=f"`{name}"):
        choose_options(given, (None, None), seed=42)


def test_a_single_training_takes_given_values_then_the_recipe_then_the_default() -> None:
    files = read_files(None, "bert-base-cased")
    spec = choose_recipe(SMALL, 400, "bert-base-cased", files[1], {}, None)
    assert (spec.learning_rate, spec.batch_size, spec.epochs, spec.seed) == (1.5e-5, 16, 20, 42)
    given = {"epochs": 2, "weight_decay": 0.0, "dropout": 0.0, "seed": None}
    spec = choose_recipe(SMALL, 400, "bert-base-cased", files[1], given, {"max_grad_norm": 0.5})
    assert (spec.learning_rate, spec.epochs, spec.dropout) == (1.5e-5, 2, 0.0)
    assert spec.weight_decay == 0.0 and spec.seed == 42
    assert spec.extra == {"max_grad_norm": 0.5}
    default = choose_recipe(SMALL, 400, None, None, {"epochs": 2}, None)
    assert default == replace(default_space(SMALL, 400).recipe, epochs=2)
    own = choose_recipe(SMALL, 400, RECIPE, None, {"batch_size": 12}, None)
    assert own == replace(RECIPE, batch_size=12), "a single training takes any batch size"


@pytest.mark.parametrize(
    "given", [{"learning_rate": 0.0}, {"batch_size": 0}, {"epochs": 0}, {"dropout": 1.0}]
)
def test_a_single_training_refuses_impossible_values(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(UsageError, match=name):
        choose_recipe(SMALL, 400, None, None, given, None)


@given(
    model=st.sampled_from([SMALL, LARGE, replace(SMALL, layers=0)]),
    train_sentences=st.integers(1, 200_000),
    learning_rate=st.none() | st.floats(1e-7, 1.0),
    epochs=st.integers(1, 100),
    also=st.sets(st.sampled_from(["dropout", "weight_decay", "schedule", "label_smoothing"])),
)
def test_every_start_point_lies_in_the_space_and_differs_in_searched_values_only(
    model: ModelFacts,
    train_sentences: int,
    learning_rate: float | None,
    epochs: int,
    also: set[str],
) -> None:
    recipe = learning_rate and TrialSpec(
        learning_rate=learning_rate, batch_size=8, epochs=epochs, dropout=0.1
    )
    choice = choose_study(model, train_sentences, recipe=recipe or None, also=sorted(also))
    searched = choice.space.parameters
    for point in (choice.recipe, *choice.start_points):
        assert all(searched[name].contains(getattr(point, name)) for name in searched)
        assert replace(point, **{n: getattr(choice.recipe, n) for n in searched}) == choice.recipe
