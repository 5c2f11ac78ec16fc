"""Search spaces: which hyperparameters are searched, over which range.

A space is a plain value; the bridge to the sampler turns it into distributions, `study_file` reads
and writes it as TOML. `problems` names everything that is wrong with a space, `outside` everything
in a spec that lies outside of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.hyperparameters import (
    HYPERPARAMETERS,
    is_power_of_two,
    plain_number,
    spec_problems,
    value_problem,
)
from tuner.parameter_ranges import (
    Choice,
    LogRange,
    Parameter,
    PowersOfTwo,
    UniformRange,
    WholeRange,
)
from tuner.problems import Problem, nearest_name_hint, raise_problems
from tuner.trial import TrialSpec

__all__ = [
    "Choice",
    "LogRange",
    "Parameter",
    "PowersOfTwo",
    "SearchSpace",
    "UniformRange",
    "WholeRange",
    "check_space",
    "check_spec",
    "outside",
    "problems",
    "snap",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Hyperparameter name (a field of `TrialSpec`) to what may be tried for it.

    Attributes:
        parameters: In the order in which they are suggested; the seed is never among them.
        reasons: Hyperparameter name to why its range is what it is, shown before the first trial.
    """

    parameters: Mapping[str, Parameter]
    reasons: Mapping[str, str]

    def lines(self) -> tuple[tuple[str, str, str], ...]:
        """Give one (hyperparameter, range, reason) per searched hyperparameter."""
        return tuple(
            (name, str(parameter), self.reasons.get(name, ""))
            for name, parameter in self.parameters.items()
        )


def problems(space: SearchSpace, section: str = "space") -> tuple[Problem, ...]:
    """Find everything that is wrong with a space.

    Args:
        space: The space.
        section: What the hyperparameters are listed under; `space` gives `[space.learning_rate]`.

    Returns:
        The problems in the order of the parameters; empty for a sound space.
    """
    found: list[Problem] = []
    if not space.parameters:
        found.append(Problem(message="a search space must name a hyperparameter", section=section))
    for name, parameter in space.parameters.items():
        place = f"{section}.{name}" if section else name
        found += [
            Problem(message=message, hint=hint, section=place)
            for message, hint in _parameter_faults(name, parameter)
        ]
    return tuple(found)


def check_space(space: SearchSpace, where: str = "the search space") -> None:
    """Refuse a space that cannot be right.

    Raises:
        UsageError: With every problem and its way out.
    """
    raise_problems(problems(space, section=""), where)


def outside(spec: TrialSpec, space: SearchSpace, section: str = "recipe") -> tuple[Problem, ...]:
    """Find the values of a spec that its space does not contain.

    Optuna would take such a start point with a warning only, and then search beside it.
    """
    return tuple(
        Problem(
            message=(
                f"{name}={plain_number(getattr(spec, name))} lies outside of the search space "
                f"({parameter})"
            ),
            hint=_outside_hint(name, getattr(spec, name)),
            section=section,
            key=name,
        )
        for name, parameter in space.parameters.items()
        if not parameter.contains(getattr(spec, name))
    )


def check_spec(
    spec: TrialSpec, space: SearchSpace | None = None, where: str = "the recipe", section: str = ""
) -> None:
    """Refuse a spec with an impossible value, or with one outside of its space.

    Raises:
        UsageError: With every problem: parameter, value, bounds and place.
    """
    found = spec_problems(spec, section)
    if not found and space is not None:
        found = outside(spec, space, section)
    raise_problems(found, where)


def snap(spec: TrialSpec, space: SearchSpace) -> TrialSpec:
    """Move a spec to the nearest point of a space; what is not searched stays as it is.

    A dropout of None (the model's own) becomes 0.1, the default of every BERT-type encoder, when
    dropout is searched, because a sampler needs a number.
    """
    changes: dict[str, Any] = {}
    for name, parameter in space.parameters.items():
        value = getattr(spec, name)
        if value is None:
            value = 0.1
        changes[name] = parameter.clip(value)
    return dataclasses.replace(spec, **changes)


def _outside_hint(name: str, value: object) -> str:
    if value is None:
        return f"What is searched needs a number to begin with: {name} = 0.1 is the usual one."
    return "Widen the range or change the value."


def _parameter_faults(name: str, parameter: Parameter) -> Iterator[tuple[str, str]]:
    if name == "seed":
        yield (
            "the seed is never searched: the best seed is luck, not a setting",
            "Leave it out; the best trials are run again with further seeds.",
        )
        return
    if name not in HYPERPARAMETERS:
        searchable = [known for known, rule in HYPERPARAMETERS.items() if rule.searchable]
        yield f"there is no hyperparameter `{name}`", nearest_name_hint(name, searchable)
        return
    faults = list(parameter.faults())
    yield from faults
    if not faults:
        yield from _value_faults(name, parameter)


def _value_faults(name: str, parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Judge the values of a well-formed range by the rule of its hyperparameter."""
    kind = HYPERPARAMETERS[name].kind
    if kind == "whole" and isinstance(parameter, LogRange | UniformRange):
        yield f"{name} takes whole numbers, but got a range of real numbers", "Write whole numbers."
        return
    if kind == "name" and not isinstance(parameter, Choice):
        yield f"{name} takes names, but got a range of numbers", "Use choices = [...]."
        return
    ends = parameter.values if isinstance(parameter, Choice) else (parameter.low, parameter.high)
    if name == "batch_size" and not all(is_power_of_two(value) for value in ends):
        shown = ", ".join(plain_number(value) for value in ends)
        yield (
            f"batch sizes are searched as powers of two, but got {shown}",
            "Take 4, 8, 16, 32, 64 or 128.",
        )
        return
    for message in filter(None, (value_problem(name, value) for value in ends)):
        yield message, ""
