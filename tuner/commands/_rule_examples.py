"""The examples that rules carry: judged, and drawn in a few lines, whatever they are about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Flagged
from diagnostics.report.terminal import small_chart
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory
from tuner.display.text import clean

__all__ = ["drawn", "first_finding"]

_CHART = 30
"""Most columns of an example's curves."""
_LINES, _CELLS = 6, 70
"""Lines of a file that are shown, and characters of each."""


def first_finding(rule: Rule[Any], example: object) -> Finding | None:
    """Return what a rule says about an example of its own; None when it says nothing."""
    outcome = rule.judge(_subject(example, rule))
    return outcome.findings[0] if isinstance(outcome, Flagged) else None


def _subject(example: object, rule: Rule[Any]) -> object:
    """Return what the rule judges: an example of data is text that has to be read first."""
    if not isinstance(example, DataSample):
        return example
    from diagnostics.survey import survey_sample

    return survey_sample(example, [rule])


@singledispatch
def drawn(example: object, *, plain: bool) -> Iterator[str]:
    """Yield an example in a few harmless lines; what cannot be drawn yields none.

    Args:
        example: A run, a data set in text form, or anything else.
        plain: Use ASCII signs only.
    """
    del example, plain
    yield from ()


@drawn.register
def _run(example: RunHistory, *, plain: bool) -> Iterator[str]:
    yield from small_chart(example, columns=_CHART, plain=plain)


@drawn.register
def _data(example: DataSample, *, plain: bool) -> Iterator[str]:
    del plain
    for split, text in example.contents.items():
        lines = text.splitlines()
        yield f"{split}.txt"
        yield from (f"  {_cut(clean(line))}" for line in lines[:_LINES])
        if len(lines) > _LINES:
            yield f"  ... {len(lines):,} lines"
    for what, values in (("planned", example.plan), ("model", example.model)):
        if values:
            told = ", ".join(f"{name} {value}" for name, value in values.items())
            yield _cut(clean(f"{what}: {told}"))


def _cut(line: str) -> str:
    return line if len(line) <= _CELLS else line[: _CELLS - 3] + "..."
