"""Search spaces: which hyperparameters are searched, over which range.

A space is a plain value; the bridge to the sampler turns it into distributions, `study_file` reads
and writes it as TOML. `problems` names everything that is wrong with a space, `outside` everything
in a spec that lies outside of it.
"""

from __future__ import annotations

import dataclasses
import math
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
class _Range:
    """Numbers from `low` to `high`; a base of its own, so that no range matches another's case."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{plain_number(self.low)} … {plain_number(self.high)}"

    def contains(self, value: object) -> bool:
        """Whether the value lies in the range, both ends included."""
        return _is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    def clip(self, value: float) -> float:
        """Give the nearest value of the range."""
        return min(max(value, self.low), self.high)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Give (message, hint) for every rule that the range itself breaks."""
        yield from _order_faults(self.low, self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformRange(_Range):
    """Real numbers from `low` to `high`, searched evenly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRange(_Range):
    """Real numbers from `low` to `high`, searched on the logarithmic scale."""

    def __str__(self) -> str:
        return f"{_Range.__str__(self)} (log)"

    def faults(self) -> Iterator[tuple[str, str]]:
        """Give (message, hint) for every rule that the range itself breaks."""
        yield from _order_faults(self.low, self.high)
        if self.low <= 0:
            yield (
                f"a logarithmic range must begin above 0, but got low={plain_number(self.low)}",
                'Begin above 0, or say scale = "linear".',
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRange(_Range):
    """Whole numbers from `low` to `high`, both included."""

    low: int
    high: int

    def contains(self, value: object) -> bool:
        """Whether the value is a whole number of the range."""
        return isinstance(value, int) and _Range.contains(self, value)

    def clip(self, value: float) -> int:
        """Give the nearest whole number of the range."""
        return min(max(round(value), self.low), self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowersOfTwo:
    """The powers of two from `low` to `high`: an ordinal, searched on the log2 scale."""

    low: int
    high: int

    @property
    def values(self) -> tuple[int, ...]:
        """The powers in rising order."""
        low, high = max(self.low, 1), max(self.high, 1)
        exponents = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
        return tuple(2**exponent for exponent in exponents)

    def __str__(self) -> str:
        return ", ".join(str(value) for value in self.values)

    def contains(self, value: object) -> bool:
        """Whether the value is a power of two of the range."""
        return is_power_of_two(value) and value in self.values

    def clip(self, value: float) -> int:
        """Give the nearest power of the range, near on the log2 scale."""
        exponent = math.log2(max(value, 1))
        return min(self.values, key=lambda power: abs(math.log2(power) - exponent))

    def faults(self) -> Iterator[tuple[str, str]]:
        """Give (message, hint) for every rule that the range itself breaks."""
        yield from _order_faults(self.low, self.high)
        wrong = [value for value in (self.low, self.high) if not is_power_of_two(value)]
        if wrong:
            yield (
                f"both ends must be powers of two, but got {', '.join(map(str, wrong))}",
                f"Take {' or '.join(_powers_around(wrong[0]))} instead of {wrong[0]}.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of some unordered values."""

    values: tuple[str | float | int | bool, ...]

    def __str__(self) -> str:
        return ", ".join(plain_number(value) for value in self.values)

    def contains(self, value: object) -> bool:
        """Whether the value is one of the choices (`True` is not 1)."""
        return any(
            value == one and isinstance(value, bool) == isinstance(one, bool) for one in self.values
        )

    def clip(self, value: Any) -> Any:
        """Give the value if it is a choice, the nearest number or the first choice if not."""
        if self.contains(value):
            return value
        if _is_number(value) and all(_is_number(one) for one in self.values):
            return min(self.values, key=lambda one: abs(float(one) - float(value)))
        return self.values[0]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Give (message, hint) for every rule that the choice itself breaks."""
        if not self.values:
            yield "there must be something to choose from, but got no value", "List two or more."
        elif len(set(self.values)) == 1:
            yield (
                f"there must be at least two different values, but got only {self}",
                "To hold it fixed, put it into the recipe.",
            )
        elif len(set(self.values)) < len(self.values):
            yield f"no value may be listed twice, but got {self}", "Remove the repetition."


Parameter = LogRange | UniformRange | WholeRange | PowersOfTwo | Choice


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


def _order_faults(low: float, high: float) -> Iterator[tuple[str, str]]:
    ends = f"(low={plain_number(low)}, high={plain_number(high)})"
    if not (math.isfinite(low) and math.isfinite(high)):
        yield f"both ends must be finite, but got {ends}", ""
    elif low >= high:
        hint = "Swap the two." if low > high else "To hold it fixed, put it into the recipe."
        yield f"`low < high` must hold, but got {ends}", hint


def _powers_around(value: float) -> tuple[str, ...]:
    if value <= 1:
        return ("1",)
    exponent = math.floor(math.log2(value))
    return str(2**exponent), str(2 ** (exponent + 1))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
