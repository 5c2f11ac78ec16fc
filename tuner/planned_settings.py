"""Planned hyperparameters as the rules about data know them, and what else a space would try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from tuner.space import Choice, Parameter, SearchSpace
from tuner.study_file import StudyFile
from tuner.trial import TrialSpec

__all__ = ["plan_of", "planned_recipe", "planned_space", "variants_of"]


def planned_recipe(recipe: object, *files: StudyFile | None) -> TrialSpec | None:
    """Return the settings given as a value, else those of the first file that has some."""
    if isinstance(recipe, TrialSpec):
        return recipe
    known = (file.recipe for file in files if file is not None)
    return next((found for found in known if found is not None), None)


def planned_space(space: object, *files: StudyFile | None) -> SearchSpace | None:
    """Return the space given as a value, else that of the first file that has one."""
    if isinstance(space, SearchSpace):
        return space
    known = (file.space for file in files if file is not None)
    return next((found for found in known if found is not None), None)


def plan_of(spec: TrialSpec | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return planned hyperparameters by their standard names; what is given comes first.

    Args:
        spec: Settings of a recipe, or None.
        given: Single values; None is not given.
    """
    planned: dict[str, Any] = {}
    if spec is not None:
        values = {field.name: getattr(spec, field.name) for field in fields(spec)}
        del values["trunk"]  # its longest count is the epochs
        planned = {**values.pop("extra"), **values}
    known = {name: value for name, value in given.items() if value is not None}
    return {name: value for name, value in planned.items() if value is not None} | known


def variants_of(space: SearchSpace | None) -> dict[str, dict[str, Any]]:
    """Return the ends of a space, one hyperparameter at a time, each with its label."""
    return {
        f"With {name} {value}": {name: value}
        for name, parameter in (() if space is None else space.parameters.items())
        for value in _ends(parameter)
    }


def _ends(parameter: Parameter) -> Iterator[Any]:
    if isinstance(parameter, Choice):
        yield from parameter.values
    else:
        yield from dict.fromkeys((parameter.low, parameter.high))
