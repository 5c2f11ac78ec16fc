"""A study goes through its file unchanged, and says how it differs from another."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.tuner.facts import TINY
from tests.tuner.search.studies import RECIPE, SPACE, make_spec
from tuner.errors import StudyError, UsageError
from tuner.space import Choice, LogRange, SearchSpace, UniformRange
from tuner.study import SearchOptions, spec_from_json, spec_to_json
from tuner.study_differences import differences
from tuner.trial import TrunkPlan


def test_round_trip_of_every_kind_of_parameter() -> None:
    space = SearchSpace(
        parameters={
            **SPACE.parameters,
            "warmup_ratio": UniformRange(low=0.0, high=0.2),
            "schedule": Choice(values=("linear", "cosine")),
        },
        reasons={"epochs": "small data"},
    )
    start = replace(RECIPE, schedule="cosine", learning_rate=2e-5)
    spec = make_spec(
        space=space, start_points=(start,), time_budget=60.0, training={"max_length": 64}
    )
    assert spec_from_json(json.loads(json.dumps(spec_to_json(spec)))) == spec


def test_what_cannot_be_understood_is_an_error() -> None:
    data = spec_to_json(make_spec())
    for broken in ({}, {**data, "space": {}}, {**data, "recipe": {"learning_rate": 1.0}}):
        with pytest.raises(StudyError, match="cannot be read"):
            spec_from_json(broken)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"trials": 0}, "trials >= 1"),
        ({"confirm": -1}, "confirm >= 0"),
        ({"contenders": 0}, "contenders >= 1"),
        ({"time_budget": 0.0}, "time_budget > 0"),
        ({"sampler": "grid"}, "gp, tpe, random"),
    ],
)
def test_options_that_cannot_be_right(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SearchOptions(**changes)


def test_a_start_point_may_differ_in_searched_values_only() -> None:
    make_spec(start_points=(replace(RECIPE, learning_rate=1e-4),))
    with pytest.raises(UsageError, match="start point"):
        make_spec(start_points=(replace(RECIPE, weight_decay=0.5),))


def test_the_recipe_is_tried_once() -> None:
    other = replace(RECIPE, epochs=2)
    assert make_spec(start_points=(other, RECIPE, other)).first_points == (RECIPE, other)


def test_points_keep_the_studies_that_they_won() -> None:
    one, two = replace(RECIPE, epochs=2), replace(RECIPE, epochs=3)
    spec = make_spec(start_points=(one, RECIPE, two, one))
    spec = replace(spec, start_sources=("first", "second", "", "third"))
    assert spec.first_points == (RECIPE, one, two)
    assert spec.first_sources == ("", "first", "")
    again = spec_from_json(json.loads(json.dumps(spec_to_json(spec))))
    assert make_spec().going_on_from(again).first_sources == ("", "first", "")
    older = spec_to_json(spec)
    del older["start_sources"]
    assert spec_from_json(older).first_sources == ("", "", ""), "a study of an older version"


def test_equal_studies_and_free_options_do_not_differ() -> None:
    one = make_spec()
    assert differences(one, one) == ()
    other = make_spec(trials=50, time_budget=5.0, sampler="tpe", prune=True, confirm=4)
    assert differences(one, replace(other, data_source="elsewhere/data.conll")) == ()


def test_differences_are_readable() -> None:
    parameters = {**SPACE.parameters, "learning_rate": LogRange(low=1e-6, high=1e-4)}
    del parameters["batch_size"]
    now = make_spec(
        space=SearchSpace(parameters=parameters, reasons={}),
        recipe=replace(RECIPE, epochs=3),
        model=replace(TINY, fingerprint="other weights"),
    )
    assert differences(make_spec(), now) == (
        "model: the same name and size, but other weights or another tokenizer",
        "space, learning_rate: 1e-5 … 1e-3 (log) before, 1e-6 … 1e-4 (log) now (--space)",
        "space, batch_size: 4, 8, 16, 32 before, nothing now (--also or --space)",
        "recipe, epochs: 4 before, 3 now (--recipe)",
    )


def test_differences_are_told_as_one_would_type_them_and_name_the_option() -> None:
    trunk = replace(RECIPE, schedule="trunk", epochs=5, trunk=TrunkPlan(counts=(5,)))
    longer = replace(trunk, epochs=8, trunk=TrunkPlan(counts=(1, 3, 8)))
    space = SearchSpace(parameters={"learning_rate": LogRange(low=1e-6, high=1e-4)}, reasons={})
    old = make_spec(space=space, recipe=trunk)
    now = make_spec(
        space=space,
        recipe=replace(longer, extra={"bf16": True, "lr_scheduler_kwargs": {"power": 2.0}}),
        training={"max_length": 32},
    )
    told = differences(old, now)
    assert told == (
        "recipe, epochs: 5 before, 8 now (--epochs)",
        "recipe, counts of the trunk: 5 before, 1,3,8 now (--epochs)",
        "recipe, extra.bf16: nothing before, yes now (--set)",
        "recipe, extra.lr_scheduler_kwargs.power: nothing before, 2 now (--set)",
        "training, max_length: nothing before, 32 now (--max-length)",
    )
    linear = replace(trunk, schedule="linear", trunk=None)
    assert differences(old, make_spec(space=space, recipe=linear)) == (
        "recipe, schedule: trunk before, linear now (--schedule)",
    ), "that there is a trunk no more goes without saying"
    decayed = make_spec(recipe=replace(RECIPE, seed=3))
    assert differences(decayed, make_spec()) == ("recipe, seed: 3 before, 42 now (--seed)",)
    assert not [line for line in (*told, *differences(old, decayed)) if "{" in line]
