"""From what the user said, a study file and the defaults: which settings hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.engine_choice import without_overruled
from tuner.errors import UsageError
from tuner.model_facts import ModelFacts
from tuner.search.default_space import DefaultSpace, default_space, with_parameters
from tuner.search.past_studies import PastWinner, past_points
from tuner.space import Choice, Parameter, SearchSpace, check_space, check_spec, outside, snap
from tuner.study import SearchOptions
from tuner.study_file import StudyFile, read_study_file
from tuner.trial import TrialSpec, TrunkPlan
from tuner.trunk_choice import as_trunk, on_schedule, trunk_study

__all__ = ["StudyChoice", "choose_options", "choose_recipe", "choose_study", "read_files"]

RecipeLike = str | Path | TrialSpec | None
SpaceLike = str | Path | SearchSpace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyChoice:
    """What is searched, from where, and why.

    Attributes:
        space: The search space.
        recipe: Settings of trial 0.
        start_points: Known good settings that are tried next.
        start_sources: For each of them the finished study that it won, or an empty text.
        notes: Where start points came from, as sentences, if from finished studies.
    """

    space: SearchSpace
    recipe: TrialSpec
    start_points: tuple[TrialSpec, ...]
    start_sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_files(space: SpaceLike, recipe: RecipeLike) -> tuple[StudyFile | None, StudyFile | None]:
    """Read the study files that were named for the space and for the recipe.

    Raises:
        UsageError: A file is not there, is wrong, or lacks what it was named for.
    """
    space_file = read_study_file(space) if isinstance(space, str | Path) else None
    recipe_file = read_study_file(recipe) if isinstance(recipe, str | Path) else None
    if space_file is not None and space_file.space is None:
        raise UsageError(
            f"`--space` needs a file with a [space], but {space_file.source} has none.",
            "Use it as --recipe, or add a [space.learning_rate] table.",
        )
    if recipe_file is not None and recipe_file.recipe is None:
        raise UsageError(
            f"`--recipe` needs a file with a [recipe], but {recipe_file.source} has none.",
            "Use it as --space, or add a [recipe] table.",
        )
    return space_file, recipe_file


def choose_study(
    model: ModelFacts,
    train_sentences: int,
    *,
    space: SpaceLike = None,
    recipe: RecipeLike = None,
    files: tuple[StudyFile | None, StudyFile | None] = (None, None),
    also: Iterable[str] = (),
    seed: int = 42,
    settings: Mapping[str, Any] | None = None,
    past: Sequence[PastWinner] = (),
    schedule: str | None = None,
    epochs: int | None = None,
) -> StudyChoice:
    """Choose space, recipe and start points; what the user gave comes before files and defaults.

    A recipe file that has a space of its own brings it along; a space file its recipe. Winners of
    `past` studies come before the default start points, never beside those of a file. On the
    schedule `trunk` epochs are not searched; `epochs` is then the highest count.

    Raises:
        UsageError: The recipe lies outside the space, or a hyperparameter cannot be searched.
    """
    space_file, recipe_file = files
    defaults = default_space(model, train_sentences, names=also, seed=seed)
    chosen_space = _space(space, space_file or recipe_file, defaults, also, model.layers)
    source = recipe_file or space_file
    chosen_recipe = _recipe(recipe, source, defaults, also, chosen_space)
    extra = {**chosen_recipe.extra, **(settings or {})}
    chosen_recipe = replace(on_schedule(chosen_recipe, schedule), seed=seed, extra=extra)
    chosen_space, chosen_recipe = trunk_study(chosen_space, chosen_recipe, epochs)
    if _is_default(space, space_file or recipe_file):
        chosen_space = _widened(chosen_space, chosen_recipe)
    where = source.source if source is not None else "the recipe"
    check_spec(chosen_recipe, chosen_space, where, "recipe")
    _check_frozen_layers(model, chosen_recipe, chosen_space)
    brings_points = source is not None and source.start_points
    learnt = () if brings_points else past_points(past, chosen_space)
    points = defaults.known_good if source is None else source.start_points
    told = [*((winner.spec, winner.study) for winner in learnt), *((one, "") for one in points)]
    complete = [(_without_gaps(point, also, chosen_space), source) for point, source in told]
    fitting = _fitting(complete, chosen_recipe, chosen_space)
    return StudyChoice(
        space=chosen_space,
        recipe=chosen_recipe,
        start_points=tuple(point for point, _ in fitting),
        start_sources=tuple(source for _, source in fitting),
        notes=tuple(
            f"What won the study {winner.study} ({winner.sentences:,} training sentences, "
            f"{winner.model.name}) is tried early."
            for winner in learnt
        ),
    )


def _space(
    space: SpaceLike,
    file: StudyFile | None,
    defaults: DefaultSpace,
    also: Iterable[str],
    layers: int,
) -> SearchSpace:
    if isinstance(space, SearchSpace):
        check_space(space)
        return with_parameters(space, also, layers=layers)
    if file is not None and file.space is not None:
        return with_parameters(file.space, also, layers=layers)
    return defaults.space


def _recipe(
    recipe: RecipeLike,
    file: StudyFile | None,
    defaults: DefaultSpace,
    also: Iterable[str],
    space: SearchSpace,
) -> TrialSpec:
    if isinstance(recipe, TrialSpec):
        return _without_gaps(recipe, also, space)
    if file is not None and file.recipe is not None:
        return _without_gaps(file.recipe, also, space)
    return snap(defaults.recipe, space)


def _is_default(space: SpaceLike, file: StudyFile | None) -> bool:
    return space is None and (file is None or file.space is None)


def _widened(space: SearchSpace, recipe: TrialSpec) -> SearchSpace:
    """Stretch the default space, which nobody drew by hand, to a recipe that lies outside of it."""
    parameters = dict(space.parameters)
    for name, parameter in space.parameters.items():
        value = getattr(recipe, name)
        if value is None or isinstance(parameter, Choice) or parameter.contains(value):
            continue
        low, high = min(parameter.low, value), max(parameter.high, value)
        parameters[name] = replace(parameter, low=low, high=high)
    return replace(space, parameters=parameters)


def _without_gaps(recipe: TrialSpec, also: Iterable[str], space: SearchSpace) -> TrialSpec:
    """Give a number to what is searched by choice and the recipe leaves to the model (dropout)."""
    moved = snap(recipe, space)
    return replace(
        recipe, **{name: getattr(moved, name) for name in also if getattr(recipe, name) is None}
    )


def _fitting(
    points: Iterable[tuple[TrialSpec, str]], recipe: TrialSpec, space: SearchSpace
) -> list[tuple[TrialSpec, str]]:
    """Start points with the searched values of `points` and everything else from the recipe.

    Points that are good somewhere else, outside of the space, are left out.
    """
    return [
        (replace(recipe, **{name: getattr(point, name) for name in space.parameters}), source)
        for point, source in points
        if not outside(point, space)
    ]


def _check_frozen_layers(
    model: ModelFacts, spec: TrialSpec, space: SearchSpace | None = None
) -> None:
    """Refuse to freeze more layers than there are; a model of unknown depth says so when trained.

    Raises:
        UsageError: The spec, or the upper end of the space, freezes too many.
    """
    searched = space.parameters.get("frozen_layers") if space is not None else None
    most = max((spec.frozen_layers, *_numbers(searched)))
    if model.layers and most > model.layers:
        raise UsageError(
            f"`frozen_layers <= layers of the model` must hold, but got {most} and "
            f"{model.layers} layers of {model.name}.",
            f"Use 0 to {model.layers}.",
        )


def _numbers(parameter: Parameter | None) -> tuple[Any, ...]:
    if parameter is None:
        return ()
    return parameter.values if isinstance(parameter, Choice) else (parameter.high,)


def choose_options(
    given: Mapping[str, Any],
    files: tuple[StudyFile | None, StudyFile | None],
    seed: int,
    device: str | None = None,
) -> SearchOptions:
    """Choose budget, policy and engine: what was given, then the files, then the defaults.

    Args:
        given: Fields of `SearchOptions`; None stands for what was not given.
        files: The space file, which comes first, and the recipe file.
        seed: Seed of the search.
        device: The one device that the user named; a file's devices give way to it.
    """
    values: dict[str, Any] = {"seed": seed}
    for file in reversed([file for file in files if file is not None]):
        values |= without_overruled(file.options, given, device)
    return SearchOptions(**values | {k: v for k, v in given.items() if v is not None})


def choose_recipe(
    model: ModelFacts,
    train_sentences: int,
    recipe: RecipeLike,
    file: StudyFile | None,
    given: Mapping[str, Any],
    settings: Mapping[str, Any] | None,
    counts: tuple[int, ...] = (),
) -> TrialSpec:
    """Choose the settings of a single training.

    Args:
        model: Facts about the encoder.
        train_sentences: Number of training sentences.
        recipe: Settings as a value, or the name of `file`.
        file: The study file that was named.
        given: Single hyperparameters; None is not given.
        settings: Further `TrainingArguments`.
        counts: Epoch counts of a trunk; empty where they follow from the epochs.

    Raises:
        UsageError: A value cannot be right.
    """
    if isinstance(recipe, TrialSpec):
        base = recipe
    elif file is not None and file.recipe is not None:
        base = file.recipe
    else:
        base = default_space(model, train_sentences).recipe
    values = {name: value for name, value in given.items() if value is not None}
    if {"schedule", "epochs"} & set(values):  # the counts of a recipe's trunk are for its own
        base = replace(base, trunk=None)
    if counts:
        values["trunk"] = TrunkPlan(counts=counts)
    spec = as_trunk(replace(base, **values, extra={**base.extra, **(settings or {})}))
    check_spec(spec)
    _check_frozen_layers(model, spec)
    return spec
