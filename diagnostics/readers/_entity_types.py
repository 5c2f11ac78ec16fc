"""Tells the scores of entity types from those of a whole task, by their names and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["is_average", "is_type", "measures_of", "parts", "types_among", "words_of"]

_MEASURES = {
    "precision": "precision",
    "recall": "recall",
    "f1-score": "f1",
    "f1_score": "f1",
    "f1 score": "f1",
    "f1": "f1",
    "number": "support",
    "support": "support",
}
"""Ends of names to the measure of an entity type; longer ends stand before the ones they hold."""

_AVERAGES = frozenset({"overall", "micro", "macro", "weighted", "samples", "avg", "average"})
"""Words in the names of averages over entity types."""

_TASKS = _AVERAGES | {"mean", "total", "all", "strict", "exact", "partial", "token", "entity"}
"""Words in names that are no entity type, unless a number of cases says that they are."""

_WHOLE_REPORTS = frozenset({"metrics", "seqeval", "results", "scores", "ner", "report"})
_SEPARATORS = "_ -/."


def is_average(name: str) -> bool:
    """Return whether a name averages over entity types, or tells of a task."""
    return not words_of(name).isdisjoint(_AVERAGES)


def measures_of(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return those of some numbers that are measures of an entity type, by standard names."""
    return {
        _MEASURES[name.lower()]: number
        for name, number in numbers.items()
        if name.lower() in _MEASURES
    }


def is_type(name: str) -> bool:
    """Return whether a name may be that of an entity type."""
    return not words_of(name) & _AVERAGES and name.lower() not in _WHOLE_REPORTS


def types_among(names: Iterable[str]) -> frozenset[str]:
    """Return the entity types among names such as `PER_f1`.

    A number of cases beside a score makes a type. Without it, only two or more names in capitals
    do: `cls_f1` and `ner_f1` are tasks.
    """
    groups: dict[str, set[str]] = {}
    for name in names:
        prefix, measure = parts(name)
        if prefix and is_type(prefix):
            groups.setdefault(prefix, set()).add(measure)
    counted = {name for name, found in groups.items() if "support" in found and len(found) > 1}
    capitals = {
        name
        for name, found in groups.items()
        if name.isupper() and "f1" in found and not words_of(name) & _TASKS
    }
    return frozenset(counted | capitals if len(capitals) > 1 else counted)


@lru_cache(maxsize=4096)
def parts(name: str) -> tuple[str, str]:
    """Return type and measure of `PER_f1` or `f1_PER`; two empty texts for any other name."""
    lowered = name.lower()
    for word, measure in _MEASURES.items():
        rest = name[len(word) + 1 :]
        if rest.isupper() and lowered.startswith(word) and name[len(word)] in _SEPARATORS:
            return rest, measure
    for end, measure in _MEASURES.items():
        start = len(name) - len(end) - 1
        if start > 0 and lowered.endswith(end) and name[start] in _SEPARATORS:
            return name[:start], measure
    return "", ""


def words_of(name: str) -> set[str]:
    """Return the words of a name in lower case."""
    return set(re.split(r"[_ /.-]", name.lower()))
