"""The changes that several rules propose, each computed in one way."""

from __future__ import annotations

import math
import re

from diagnostics import reference_values, series
from diagnostics.findings import Fix
from diagnostics.subjects.run_history import RunHistory
from diagnostics.training_library import library_that_trained

__all__ = [
    "keep_best_epoch",
    "logged_name",
    "longer",
    "lower_learning_rate",
    "raise_learning_rate",
    "rounded",
    "shorter",
    "usual_learning_rate",
]

_SHARES: dict[float, str] = {2: "half", 3: "a third of", 10: "a tenth of"}
_MULTIPLES: dict[float, str] = {2: "twice", 3: "three times", 10: "ten times"}
"""Factors in words."""


def rounded(value: float, digits: int = 2) -> float:
    """Return a value with so many significant digits: nobody sets a learning rate of 6.6667e-06."""
    return float(f"{value:.{digits}g}")


def lower_learning_rate(run: RunHistory, divisor: float) -> Fix:
    """Propose the learning rate divided by `divisor`, and no more than is usual for the encoder.

    Where the present rate is unknown the proposal is a sentence without a value.
    """
    usual = reference_values.learning_rate_range(run)
    old = series.number(run.config.get("learning_rate"))
    if old is None or old <= 0:
        return _of_unknown_rate(run, _SHARES.get(divisor, f"1/{divisor:g} of"))
    if old / divisor > usual.high:
        new, how = usual.high, f"the high end of what is usual for this {usual.kind}"
    else:
        # Never below the usual range at once, unless the run came from there.
        new = max(old / divisor, min(usual.low, old / 2))
        how = f"{old:g} / {old / new:.2g}"
    return Fix(
        text="Lower the learning rate.",
        parameter="learning_rate",
        old=old,
        new=rounded(new),
        how=how,
    )


def usual_learning_rate(run: RunHistory) -> tuple[float, str]:
    """Return the rate to begin with where the present one is no guide, and how it was chosen.

    The geometric middle of what is usual for the encoder; where its size is known and the run makes
    too few steps to learn at that, the high end.
    """
    usual = reference_values.learning_rate_range(run)
    steps = series.total_steps(run) or series.whole(run.config.get("max_steps"))
    sized = series.number(run.config.get("parameters")) is not None
    ends = f"what is usual for this {usual.kind} ({usual.low:g} to {usual.high:g})"
    if sized and steps is not None and steps < reference_values.USUAL_STEPS:
        return usual.high, f"the high end of {ends}, since the run makes only {steps} steps"
    return rounded(math.sqrt(usual.low * usual.high)), f"the middle of {ends}"


def raise_learning_rate(run: RunHistory, factor: float) -> list[Fix]:
    """Propose the learning rate times `factor`, inside what is usual; nothing if it is there.

    A rate that lies below the usual ones even then gives way to `usual_learning_rate`: so far away
    it is no guide. Where the present rate is unknown the proposal is a sentence without a value.
    """
    usual = reference_values.learning_rate_range(run)
    old = series.number(run.config.get("learning_rate"))
    if old is None:
        return [_of_unknown_rate(run, _MULTIPLES.get(factor, f"{factor:g} times"))]
    new = min(factor * old, usual.high)
    how = f"{factor:g} times the present one, at most {usual.high:g}"
    if new < usual.low:
        new, how = usual_learning_rate(run)
    if new <= old:
        return []
    return [
        Fix(
            text="Raise the learning rate.",
            parameter="learning_rate",
            old=old,
            new=rounded(new),
            how=how,
        )
    ]


def _of_unknown_rate(run: RunHistory, change: str) -> Fix:
    """Propose a change of a rate that was not recorded: a value would be invented."""
    text = f"Try {change} the present learning rate"
    if series.number(run.config.get("parameters")) is None:
        return Fix(text=f"{text}.")
    usual = reference_values.learning_rate_range(run)
    return Fix(text=f"{text}; usual for a {usual.kind} is {usual.low:g} to {usual.high:g}.")


def longer(run: RunHistory, epochs: float, *, text: str, how: str) -> list[Fix]:
    """Propose more epochs, rounded up to a whole number; nothing if the run has as many."""
    return _epochs(run, epochs, text=text, how=how, sign=1)


def shorter(run: RunHistory, epochs: float, *, text: str, how: str) -> list[Fix]:
    """Propose fewer epochs, rounded up to a whole number; nothing if the run has as few."""
    return _epochs(run, epochs, text=text, how=how, sign=-1)


def _epochs(run: RunHistory, epochs: float, *, text: str, how: str, sign: int) -> list[Fix]:
    old = series.number(run.config.get("epochs"))
    if old is None and run.epochs:
        old = float(run.epochs[-1].number)
    new = max(1, math.ceil(epochs))
    if old is not None and sign * (new - old) <= 0:
        return []
    known = int(old) if old is not None and old.is_integer() else old
    return [Fix(text=text, parameter="epochs", old=known, new=new, how=how)]


def logged_name(run: RunHistory) -> str:
    """Return the monitored metric as the Trainer knows it: `overall_f1` where `f1` was read so.

    It refuses a `metric_for_best_model` under any other name. F1 where nothing is monitored.
    """
    name = run.monitor or "f1"
    wanted = re.compile(rf"eval_(\w{{1,60}}) was read as {re.escape(name)}\.")
    told = next((found for note in run.notes if (found := wanted.fullmatch(note))), None)
    return name if told is None else told[1]


def keep_best_epoch(run: RunHistory) -> list[Fix]:
    """Propose to keep the best epoch's weights; nothing where the run does so already."""
    if run.config.get("load_best_model_at_end") is True:
        return []
    if library_that_trained(run) == "spacy":
        return [Fix(text="Take model-best, which spaCy keeps beside model-last.")]
    fix = Fix(
        text="Keep the weights of the best epoch instead of the last.",
        parameter="load_best_model_at_end",
        old=False if run.config.get("load_best_model_at_end") is False else None,
        new=True,
        how=f"with metric_for_best_model={logged_name(run)}",
    )
    return [fix]
