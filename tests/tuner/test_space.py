"""Search spaces: what is refused and how it is said, what is contained, where things snap to."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import UsageError
from tuner.hyperparameters import HYPERPARAMETERS, plain_number
from tuner.space import (
    Choice,
    LogRange,
    Parameter,
    PowersOfTwo,
    SearchSpace,
    UniformRange,
    WholeRange,
    check_space,
    check_spec,
    outside,
    problems,
    snap,
)
from tuner.trial import TrialSpec

SPEC = TrialSpec(learning_rate=2e-5, batch_size=16, epochs=5)
SPACE = SearchSpace(
    parameters={
        "learning_rate": LogRange(low=1e-5, high=1e-4),
        "batch_size": PowersOfTwo(low=8, high=64),
        "epochs": WholeRange(low=2, high=10),
        "dropout": UniformRange(low=0.0, high=0.3),
        "schedule": Choice(values=("linear", "cosine")),
    },
    reasons={},
)


def one(**parameters: Parameter) -> SearchSpace:
    return SearchSpace(parameters=parameters, reasons={})


@pytest.mark.parametrize(
    ("parameter", "shown"),
    [
        (LogRange(low=2e-5, high=5e-4), "2e-5 … 5e-4 (log)"),
        (UniformRange(low=0.0, high=0.3), "0 … 0.3"),
        (WholeRange(low=3, high=20), "3 … 20"),
        (PowersOfTwo(low=8, high=64), "8, 16, 32, 64"),
        (Choice(values=("linear", "cosine")), "linear, cosine"),
    ],
)
def test_ranges_are_shown_the_way_people_write_them(parameter: Parameter, shown: str) -> None:
    assert str(parameter) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(2e-5, "2e-5"), (1e-3, "1e-3"), (0.1, "0.1"), (1.5e-5, "1.5e-5"), (16, "16"), (0.0, "0")],
)
def test_plain_numbers(value: float, shown: str) -> None:
    assert plain_number(value) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_plain_number_reads_back_as_nearly_the_same(value: float) -> None:
    assert float(plain_number(value)) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("space", "message", "hint"),
    [
        (
            one(learning_rate=LogRange(low=1e-4, high=1e-6)),
            "`low < high` must hold, but got (low=1e-4, high=1e-6) in space.toml [learning_rate].",
            "Swap the two.",
        ),
        (one(epochs=WholeRange(low=3, high=3)), "`low < high`", "put it into the recipe"),
        (one(learning_rate=LogRange(low=0.0, high=1e-4)), "begin above 0", "linear"),
        (one(learning_rate=UniformRange(low=-1.0, high=1e-4)), "must be above 0", ""),
        (one(batch_size=PowersOfTwo(low=8, high=24)), "powers of two, but got 24", "16 or 32"),
        (one(batch_size=PowersOfTwo(low=0, high=8)), "powers of two, but got 0", "Take 1"),
        (one(batch_size=WholeRange(low=8, high=25)), "powers of two, but got 8, 25", ""),
        (one(batch_size=Choice(values=(8, 24))), "powers of two, but got 8, 24", ""),
        (one(epochs=WholeRange(low=0, high=4)), "at least 1", ""),
        (one(epochs=UniformRange(low=1.0, high=4.0)), "whole numbers", ""),
        (one(lerning_rate=LogRange(low=1e-5, high=1e-4)), "`lerning_rate`", "`learning_rate`?"),
        (one(seed=WholeRange(low=1, high=9)), "the seed is never searched", "further seeds"),
        (one(schedule=Choice(values=())), "got no value", ""),
        (one(schedule=Choice(values=("linear",))), "at least two", "recipe"),
        (one(schedule=Choice(values=("linear", "linear", "cosine"))), "listed twice", ""),
        (one(schedule=Choice(values=("linear", "zigzag"))), "zigzag", ""),
        (one(schedule=WholeRange(low=1, high=2)), "takes names", "choices"),
        (one(dropout=UniformRange(low=0.0, high=1.0)), "at least 0 and below 1", ""),
        (one(warmup_ratio=UniformRange(low=0.0, high=1.5)), "between 0 and 1", ""),
        (one(warmup_ratio=UniformRange(low=0.0, high=math.nan)), "finite", ""),
        (one(weight_decay=UniformRange(low=-0.1, high=0.1)), "between 0 and 1", ""),
        (one(), "must name a hyperparameter", ""),
    ],
)
def test_impossible_spaces_are_refused(space: SearchSpace, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_space(space, "space.toml")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_sound_space_passes() -> None:
    check_space(SPACE)
    assert problems(SPACE) == ()


def test_all_problems_are_shown_at_once() -> None:
    space = one(epochs=WholeRange(low=5, high=2), batch_size=PowersOfTwo(low=6, high=32))
    with pytest.raises(UsageError, match="2 problems") as caught:
        check_space(space, "space.toml")
    assert "[epochs]" in caught.value.message
    assert "[batch_size]" in caught.value.message


def test_a_recipe_outside_its_space_names_parameter_value_bounds_and_file() -> None:
    spec = dataclasses.replace(SPEC, learning_rate=3e-4, dropout=0.1)
    with pytest.raises(UsageError) as caught:
        check_spec(spec, SPACE, "my.toml")
    assert caught.value.message == (
        "learning_rate=3e-4 lies outside of the search space (1e-5 … 1e-4 (log)) in my.toml "
        "learning_rate."
    )


def test_a_searched_dropout_needs_a_number_to_begin_with() -> None:
    assert [problem.key for problem in outside(SPEC, SPACE)] == ["dropout"]
    assert outside(snap(SPEC, SPACE), SPACE) == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("learning_rate", -1e-5),
        ("batch_size", 0),
        ("epochs", 0),
        ("warmup_ratio", 1.1),
        ("weight_decay", -0.1),
        ("dropout", 1.0),
        ("label_smoothing", 1.0),
        ("frozen_layers", -1),
        ("schedule", "zigzag"),
        ("seed", -1),
        ("epochs", True),
    ],
)
def test_impossible_values_are_refused(name: str, value: float | str) -> None:
    changed: dict[str, object] = {name: value}
    with pytest.raises(UsageError, match=name):
        check_spec(dataclasses.replace(SPEC, **changed))  # type: ignore[arg-type]


def test_the_table_covers_every_hyperparameter_of_a_spec() -> None:
    fields = {field.name for field in dataclasses.fields(TrialSpec)} - {"extra", "trunk"}
    assert set(HYPERPARAMETERS) == fields


def test_true_is_not_one() -> None:
    assert not Choice(values=(1, 2)).contains(True)
    assert not WholeRange(low=0, high=2).contains(True)
    assert not PowersOfTwo(low=1, high=2).contains(True)


def test_a_batch_size_snaps_on_the_log_scale() -> None:
    sizes = PowersOfTwo(low=8, high=64)
    assert [sizes.clip(value) for value in (1, 11, 12, 23, 500)] == [8, 8, 16, 32, 64]


@given(
    learning_rate=st.floats(1e-9, 1.0),
    batch_size=st.integers(1, 10_000),
    epochs=st.integers(1, 1000),
    dropout=st.none() | st.floats(0, 0.99),
    schedule=st.sampled_from(["linear", "cosine", "constant"]),
)
def test_snapping_lands_inside_and_stays_there(
    learning_rate: float, batch_size: int, epochs: int, dropout: float | None, schedule: str
) -> None:
    spec = TrialSpec(
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        dropout=dropout,
        schedule=schedule,
    )
    snapped = snap(spec, SPACE)
    assert outside(snapped, SPACE) == ()
    assert snap(snapped, SPACE) == snapped
    if outside(spec, SPACE) == ():
        assert snapped == spec


def test_lines_show_range_and_reason() -> None:
    space = SearchSpace(parameters={"epochs": WholeRange(low=2, high=5)}, reasons={"epochs": "so"})
    assert space.lines() == (("epochs", "2 … 5", "so"),)
