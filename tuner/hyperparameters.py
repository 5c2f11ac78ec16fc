"""Which values each hyperparameter of a `TrialSpec` may take at all, whatever the search space."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tuner.problems import Problem
from tuner.trial import SCHEDULES, TrialSpec
from tuner.trunk import trunk_problems

__all__ = [
    "HYPERPARAMETERS",
    "Hyperparameter",
    "is_power_of_two",
    "plain_number",
    "spec_problems",
    "value_problem",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameter:
    """The rule that every value of one hyperparameter keeps.

    Attributes:
        kind: `real`, `whole` or `name` (one of `names`).
        rule: The rule in words, for messages: "a learning rate must be above 0".
        low: Smallest value, or None.
        high: Largest value, or None.
        open_low: `low` itself is not allowed.
        open_high: `high` itself is not allowed.
        names: The allowed names, for the kind `name`.
        optional: None is allowed and keeps the model's own value.
        searchable: May be part of a search space.
    """

    kind: Literal["real", "whole", "name"]
    rule: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    names: tuple[str, ...] = ()
    optional: bool = False
    searchable: bool = True

    def allows(self, value: object) -> bool:
        """Whether the value keeps the rule; `True` and `False` are no numbers."""
        if value is None:
            return self.optional
        if self.kind == "name":
            return value in self.names
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.kind == "whole" and not isinstance(value, int):
            return False
        return math.isfinite(value) and self._within(value)

    def _within(self, value: float) -> bool:
        above = self.low is None or (value > self.low if self.open_low else value >= self.low)
        below = self.high is None or (value < self.high if self.open_high else value <= self.high)
        return above and below


HYPERPARAMETERS: Mapping[str, Hyperparameter] = MappingProxyType(
    {
        "learning_rate": Hyperparameter(
            kind="real",
            rule="a learning rate must be above 0 and at most 1",
            low=0,
            open_low=True,
            high=1,
        ),
        "batch_size": Hyperparameter(
            kind="whole", rule="a batch size must be a whole number of at least 1", low=1
        ),
        "epochs": Hyperparameter(
            kind="whole", rule="the number of epochs must be a whole number of at least 1", low=1
        ),
        "warmup_ratio": Hyperparameter(
            kind="real", rule="a warm-up ratio must lie between 0 and 1", low=0, high=1
        ),
        "weight_decay": Hyperparameter(
            kind="real", rule="a weight decay must lie between 0 and 1", low=0, high=1
        ),
        "schedule": Hyperparameter(
            kind="name", rule=f"a schedule must be one of {', '.join(SCHEDULES)}", names=SCHEDULES
        ),
        "dropout": Hyperparameter(
            kind="real",
            rule="a dropout probability must be at least 0 and below 1",
            low=0,
            high=1,
            open_high=True,
            optional=True,
        ),
        "label_smoothing": Hyperparameter(
            kind="real",
            rule="label smoothing must be at least 0 and below 1",
            low=0,
            high=1,
            open_high=True,
        ),
        "frozen_layers": Hyperparameter(
            kind="whole",
            rule="the number of frozen layers must be a whole number of at least 0",
            low=0,
        ),
        "seed": Hyperparameter(
            kind="whole",
            rule="a seed must be a whole number between 0 and 4294967295",
            low=0,
            high=2**32 - 1,
            searchable=False,
        ),
    }
)


def value_problem(name: str, value: object) -> str | None:
    """Say which rule a value of a known hyperparameter breaks, or None."""
    hyperparameter = HYPERPARAMETERS[name]
    if hyperparameter.allows(value):
        return None
    return f"{hyperparameter.rule}, but got {name}={_shown(value)}"


def spec_problems(spec: TrialSpec, section: str = "recipe") -> tuple[Problem, ...]:
    """Check the values of a spec, without any search space."""
    found = ((name, value_problem(name, getattr(spec, name))) for name in HYPERPARAMETERS)
    values = tuple(
        Problem(message=message, hint=_hint(getattr(spec, name)), section=section, key=name)
        for name, message in found
        if message
    )
    return values or tuple(trunk_problems(spec, section))


def is_power_of_two(value: object) -> bool:
    """Whether the value is a whole number 1, 2, 4, 8, ..."""
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return value > 0 and value & (value - 1) == 0


def plain_number(value: object) -> str:
    """Write a number the way people do: `2e-5` rather than `2e-05`, `1e-3`, `0.1`, `16`."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    if 0 < abs(value) < 0.01:
        digits, _, exponent = f"{value:.5e}".partition("e")
        digits = digits.rstrip("0").rstrip(".")
    else:
        digits, _, exponent = f"{value:.6g}".partition("e")
    return f"{digits}e{int(exponent)}" if exponent else digits


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else plain_number(value)


def _hint(value: object) -> str:
    number = isinstance(value, str) and value[:1].isdigit()
    return "Numbers are written without quotation marks." if number else ""
