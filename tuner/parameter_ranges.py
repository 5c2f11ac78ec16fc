"""What may be tried for one hyperparameter: ranges of numbers, powers of two, choices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tuner.hyperparameters import is_power_of_two, plain_number

__all__ = ["Choice", "LogRange", "Parameter", "PowersOfTwo", "UniformRange", "WholeRange"]


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
