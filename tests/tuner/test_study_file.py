"""Study files: what is read from them, and that every mistake is named with its place."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import UsageError
from tuner.space import Choice, LogRange, PowersOfTwo, UniformRange, WholeRange, outside
from tuner.space_table import parameter_from_table, parameter_to_table
from tuner.study import SearchOptions
from tuner.study_file import (
    StudyFile,
    copy_study_file,
    list_study_files,
    parse_study,
    read_study_file,
)

WHOLE = """
description = "A study."
model = "my/encoder"

[recipe]
learning_rate = 2e-5
batch_size = 16
epochs = 5
warmup_ratio = 0.0

[space.learning_rate]
low = 1e-5
high = 1e-4
reason = "because"

[space.batch_size]
low = 8
high = 32

[space.epochs]
low = 2
high = 10

[space.weight_decay]
low = 0.0
high = 0.1

[space.label_smoothing]
low = 0.0
high = 0.1
scale = "linear"

[space.schedule]
choices = ["linear", "cosine"]

[[start]]
learning_rate = 5e-5
epochs = 3

[options]
trials = 12
time_budget = "1h30m"
confirm = 0
contenders = 2
sampler = "tpe"
prune = false

[training_arguments]
adam_beta2 = 0.98
"""
RECIPE = "[recipe]\nlearning_rate = 2e-5\nbatch_size = 16\nepochs = 5\n"
SPACE = "[space.learning_rate]\nlow = 1e-5\nhigh = 1e-4\n"


def parse(text: str) -> StudyFile:
    return parse_study(text, name="my", source="my.toml")


def test_everything_in_a_file_is_read() -> None:
    study = parse(WHOLE)
    assert study.recipe is not None
    assert study.space is not None
    assert (study.name, study.description, study.model) == ("my", "A study.", "my/encoder")
    assert study.recipe.learning_rate == 2e-5
    assert study.recipe.warmup_ratio == 0.0
    assert study.recipe.extra == {"adam_beta2": 0.98}
    assert dict(study.space.parameters) == {
        "learning_rate": LogRange(low=1e-5, high=1e-4),
        "batch_size": PowersOfTwo(low=8, high=32),
        "epochs": WholeRange(low=2, high=10),
        "weight_decay": UniformRange(low=0.0, high=0.1),
        "label_smoothing": UniformRange(low=0.0, high=0.1),
        "schedule": Choice(values=("linear", "cosine")),
    }
    assert study.space.reasons["learning_rate"] == "because"
    (start,) = study.start_points
    assert (start.learning_rate, start.batch_size, start.epochs) == (5e-5, 16, 3)
    assert start.extra == study.recipe.extra
    options = SearchOptions(**study.options)
    assert (options.trials, options.time_budget, options.prune) == (12, 5400.0, False)


def test_a_file_may_hold_a_recipe_only_or_a_space_only() -> None:
    assert parse(RECIPE).space is None
    assert parse(SPACE).recipe is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("[recipe]", "[space")),
        (
            SPACE.replace("1e-5", "1e-3"),
            ("`low < high` must hold", "low=1e-3", "my.toml [space.learning_rate]", "Swap"),
        ),
        (SPACE.replace("low", "lo"), ("`lo`", "`low`?", "`low` is missing")),
        (SPACE.replace("1e-5", '"1e-5"'), ("must be a number", "quotation marks", "low")),
        (SPACE + 'scale = "cubic"\n', ("linear, log", "cubic")),
        (SPACE + "choices = [1e-5]\n", ("cannot be combined",)),
        ("[space]\nlearning_rate = 1e-5\n", ("[space.learning_rate]", "must be a table")),
        ("space = 3\n", ("[space]", "must be a table")),
        ("[space.schedule]\nchoices = 'linear'\n", ("must be a list",)),
        ("[space.lr]\nlow = 1\nhigh = 2\n", ("no hyperparameter `lr`",)),
        (RECIPE.replace("16", "2.5"), ("whole number", "batch_size=2.5", "[recipe]")),
        (RECIPE.replace("2e-5", '"2e-5"'), ("learning_rate", "quotation marks")),
        (RECIPE.replace("epochs = 5\n", ""), ("[recipe] epochs", "missing")),
        (RECIPE.replace("epochs = 5", "epochs = 5\nepoch = 3"), ("`epoch`", "`epochs`?")),
        (
            RECIPE.replace("2e-5", "2e-3") + SPACE,
            ("learning_rate=2e-3", "1e-5 … 1e-4", "my.toml [recipe] learning_rate"),
        ),
        (RECIPE + SPACE + "[[start]]\nepochs = 9\n", ("only set what is searched", "epochs")),
        (RECIPE + SPACE + "[[start]]\nlearning_rate = 1\n", ("[start 1]", "outside")),
        (RECIPE + SPACE + "[start]\nlearning_rate = 2e-5\n", ("[[start]]",)),
        (SPACE + "[[start]]\nlearning_rate = 2e-5\n", ("need a [recipe]",)),
        (RECIPE + "[options]\ntrial = 3\n", ("`trial`", "`trials`?")),
        (RECIPE + "[options]\ntrials = 0\n", ("[options] trials", "at least 1", "0")),
        (RECIPE + "[options]\ntime_budget = '2 weeks'\n", ("`2h`", "2 weeks")),
        (RECIPE + "[options]\nsampler = 'grid'\n", ("`gp`, `tpe` or `random`",)),
        (RECIPE + "[options]\nprune = 1\n", ("true or false",)),
        (RECIPE + "[training_arguments]\nlearning_rate = 1.0\n", ("belongs into [recipe]",)),
        (SPACE + "[training_arguments]\nadam_beta2 = 0.9\n", ("needs a [recipe]",)),
        ("descripton = 'x'\n" + RECIPE, ("`descripton`", "`description`?")),
        ("model = 3\n" + RECIPE, ("model", "must be text")),
        ("recipe = 1\n", ("[recipe]", "must be a table")),
        ("[recipe\n", ("not TOML", "line 1")),
    ],
)
def test_mistakes_are_named_with_file_section_and_key(text: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    shown = str(caught.value)
    assert "my.toml" in shown
    for part in parts:
        assert part in shown


def test_all_mistakes_are_shown_at_once() -> None:
    text = RECIPE.replace("16", "0") + SPACE.replace("1e-5", "1e-3") + "[options]\ntrials = 0\n"
    with pytest.raises(UsageError, match="has 3 problems"):
        parse(text)


@given(st.text())
def test_any_text_gives_a_study_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        parse(text)


scalars = (
    st.none() | st.booleans() | st.integers(-9, 99) | st.floats(width=16) | st.text(max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["low", "high", "choices", "scale", "x"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(["recipe", "space", "start", "options", "training_arguments", "model"]),
    st.sampled_from(["learning_rate", "batch_size", "epochs", "schedule", "seed", "trials", "x"]),
    values,
)
def test_any_table_gives_a_study_or_a_usage_error(section: str, key: str, value: object) -> None:
    import tomli_w

    tables: dict[str, object] = {"recipe": {"learning_rate": 1e-5, "batch_size": 8, "epochs": 2}}
    old = tables.get(section)
    tables[section] = {**(old if isinstance(old, dict) else {}), key: value}
    try:
        text = tomli_w.dumps(tables)
    except TypeError:  # None cannot be written
        return
    with contextlib.suppress(UsageError):
        parse(text)


# ------------------------------------------------------------------------------- shipped studies


def test_the_ready_made_studies_are_there() -> None:
    assert set(list_study_files()) >= {
        "bert-base-cased",
        "sec-bert-base",
        "encoder-small",
        "encoder-base",
        "encoder-large",
        "minilm-demo",
    }


@pytest.mark.parametrize("name", list_study_files())
def test_every_ready_made_study_is_sound(name: str) -> None:
    study = read_study_file(name)
    assert study.description
    assert study.recipe is not None
    assert study.space is not None
    assert outside(study.recipe, study.space) == ()
    assert all(reason for _, _, reason in study.space.lines())
    assert study.start_points
    SearchOptions(**study.options)


def test_the_recipes_of_the_guides() -> None:
    bert = read_study_file("bert-base-cased").recipe
    assert bert is not None
    assert (bert.learning_rate, bert.batch_size, bert.epochs) == (1.5e-5, 16, 20)
    assert (bert.weight_decay, bert.warmup_ratio, bert.schedule) == (0.0, 0.0, "linear")
    assert bert.seed == 42
    sec = read_study_file("sec-bert-base")
    assert sec.recipe is not None
    assert sec.model == "nlpaueb/sec-bert-base"
    assert (sec.recipe.learning_rate, sec.recipe.batch_size, sec.recipe.epochs) == (2e-5, 8, 5)


def test_an_unknown_study_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match="`bert-base-cased`"):
        read_study_file("bert-base-case")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no study file"):
        read_study_file(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="named without an ending: `encoder-base`"):
        read_study_file("encoder-base.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_study_file(path)


def test_a_study_is_copied_once_and_reads_back(tmp_path: Path) -> None:
    path = copy_study_file("encoder-base", tmp_path)
    assert path == tmp_path / "encoder-base.toml"
    assert read_study_file(path).recipe == read_study_file("encoder-base").recipe
    with pytest.raises(UsageError, match="exists already"):
        copy_study_file("encoder-base", path)
    with pytest.raises(UsageError, match="cannot be written"):
        copy_study_file("encoder-base", tmp_path / "no" / "such" / "folder.toml")
    with pytest.raises(UsageError, match="no ready-made study"):
        copy_study_file("../encoder-base", tmp_path)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("learning_rate", LogRange(low=1e-5, high=1e-4)),
        ("learning_rate", UniformRange(low=1e-5, high=1e-4)),
        ("batch_size", PowersOfTwo(low=8, high=64)),
        ("epochs", WholeRange(low=2, high=9)),
        ("schedule", Choice(values=("linear", "cosine"))),
        ("weight_decay", LogRange(low=1e-3, high=0.1)),
    ],
)
def test_a_range_survives_the_way_to_a_table_and_back(
    name: str, parameter: LogRange | UniformRange | PowersOfTwo | WholeRange | Choice
) -> None:
    table = parameter_to_table(parameter, reason="why")
    assert parameter_from_table(name, table, name) == (parameter, ())


def test_reading_studies_is_light() -> None:
    code = (
        "import sys, tuner.study_file as s; [s.read_study_file(n) for n in s.list_study_files()];"
        "import tuner.search.pruner, tuner.search.winner, tuner.search.default_space;"
        "import tuner.search.time_left, tuner.search.audit;"
        "print(sorted({'torch', 'optuna', 'numpy', 'transformers', 'scipy'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "[]"
