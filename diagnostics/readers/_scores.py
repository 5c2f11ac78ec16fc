"""The scores in one evaluation: of the task under standard names, and of each entity type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from diagnostics.readers._entity_types import (
    is_average,
    is_type,
    measures_of,
    parts,
    types_among,
)
from diagnostics.readers._vocabulary import canonical_metric, figure

__all__ = ["Scores", "is_metric", "scores_of", "standard_names"]

_NO_METRIC = (
    "runtime",
    "samples_per_second",
    "steps_per_second",
    "preparation_time",
    "epoch",
    "step",
    "loss",
    "samples",
)
_NO_METRIC_START = ("eval_mem_", "eval_init_mem_")

_DEEPEST = 3
_LONGEST_NAME = 200
_MOST_REMEMBERED = 100
_PLAIN = frozenset({bool, int, float, str, type(None)})

PerType = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Scores:
    """What one evaluation scored.

    Attributes:
        metrics: Standard name to value; NaN where NaN was logged.
        per_type: Entity type to `precision`, `recall`, `f1`, `support`, as far as logged.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    per_type: PerType = field(default_factory=dict)


def is_metric(name: str) -> bool:
    """Return whether a log entry such as `eval_f1` is a score, not a time, a size or a loss."""
    return name.startswith("eval_") and len(name) <= _LONGEST_NAME and _is_score(name)


@lru_cache(maxsize=4096)
def _is_score(name: str) -> bool:
    plain = name.lower().replace(" ", "_")
    return not plain.endswith(_NO_METRIC) and not plain.startswith(_NO_METRIC_START)


def scores_of(row: Mapping[str, Any]) -> Scores:
    """Return the scores in a log row whose entries are named `eval_...`.

    Scores of entity types are told from other scores by their shape: `eval_PER_f1` beside
    `eval_PER_number`, or `eval_PER` that holds a mapping as seqeval returns it.
    """
    found = Scores()
    flat: dict[str, float] = {}
    for name, value in row.items():
        if not is_metric(name):
            continue
        bare = name.removeprefix("eval_")
        if (number := figure(value)) is not None:
            flat[bare] = number
        elif isinstance(value, Mapping):
            _take_report(bare, value, flat, found.per_type, depth=0)
    names = _names_of_tasks(tuple(flat))
    for name, number in flat.items():
        if name in names:
            found.metrics[names[name]] = number
        else:
            prefix, measure = parts(name)
            found.per_type.setdefault(prefix, {})[measure] = number
    return found


def _names_of_tasks(flat: tuple[str, ...]) -> Mapping[str, str]:
    """Return the standard names of the scores that are of no entity type."""
    if len(flat) > _MOST_REMEMBERED:  # a stranger's row may have any number of long names
        return _names_of_tasks_anew(flat)
    return _names_of_tasks_remembered(flat)


def _names_of_tasks_anew(flat: tuple[str, ...]) -> Mapping[str, str]:
    types = types_among(flat)
    return _named([name for name in flat if parts(name)[0] not in types])


_names_of_tasks_remembered = lru_cache(maxsize=256)(_names_of_tasks_anew)
"""The rows of a run, and those of runs of one kind, have the same names time and again."""


def standard_names(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names that were united with a standard one, each with that name."""
    names: dict[str, None] = {}
    types: set[str] = set()
    for row in _of_different_forms(rows):
        names.update(dict.fromkeys(name for name in row if is_metric(name)))
        types.update(scores_of(row).per_type)
    bare = [name.removeprefix("eval_") for name in names]
    named = _named([name for name in bare if parts(name)[0] not in types and name not in types])
    return {
        f"eval_{name}": standard for name, standard in named.items() if standard != _plain(name)
    }


def _of_different_forms(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows without those that have the names and kinds of values of one before."""
    seen = set()
    for row in rows:
        kinds = tuple(map(type, row.values()))
        form = (tuple(row), kinds)
        if form not in seen:
            yield row
        if _PLAIN.issuperset(kinds):
            seen.add(form)


def _named(names: Sequence[str]) -> dict[str, str]:
    """Return the standard name of each metric; of several the plainest has it, then the first."""
    named: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda name: _standard(name) != _plain(name)):
        standard = _standard(name)
        named[name] = _plain(name) if standard in taken else standard
        taken.add(named[name])
    return named


def _take_report(
    name: str, report: Mapping[str, Any], flat: dict[str, float], types: PerType, *, depth: int
) -> None:
    """Take a nested report apart: of one type, of an average, or of several of both."""
    numbers: dict[str, float] = {}
    for key, value in report.items():
        if len(key) > _LONGEST_NAME:
            continue
        if isinstance(value, Mapping) and depth < _DEEPEST:
            _take_report(key, value, flat, types, depth=depth + 1)
        elif (number := figure(value)) is not None:
            numbers[key] = number
    measures = measures_of(numbers)
    if is_type(name) and len(measures) > 1 and len(measures) == len(numbers):
        types[name] = measures
        return
    average = is_average(name)
    for key, number in numbers.items():
        flat.setdefault(f"{name}_{key}" if average else key, number)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[ /.()-]+", "_", name.strip().lower().removeprefix("eval_")).strip("_")


@lru_cache(maxsize=4096)
def _standard(name: str) -> str:
    """Return the standard name of a metric: `Macro avg F1-score` is `macro_f1`."""
    plain = _plain(name).replace("_avg_", "_").replace("f1_score", "f1")
    return canonical_metric(plain)
