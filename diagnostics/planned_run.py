"""Judges planned hyperparameters before anything is trained, by the rules that judge those of runs.

A rule about runs that looks at nothing but settings says so with `judges_plans`; a plan is shown to
it as a run without epochs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from diagnostics import series
from diagnostics.findings import Finding, Flagged
from diagnostics.judgement import Judgement, check_up
from diagnostics.rule import Rule
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.run_history import RunHistory

__all__ = ["judge_plan", "planned_run"]

_USUAL_OPTIMIZER = "adamw_torch"
"""What trains unless a plan says otherwise: the default of transformers and of `tuner`."""


def judge_plan(
    dataset: Dataset,
    rules: Sequence[Rule[RunHistory]],
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Judgement[Any], ...]:
    """Judge what is planned with a data set.

    Args:
        dataset: The data, with the plan.
        rules: Rules about runs; those that need more than settings are passed over.
        variants: What else is planned, such as the ends of a search space: a label to the settings
            that differ from the plan. What is wrong with the plan itself is not repeated for them.

    Returns:
        One judgement per rule that judges plans; none without a plan.
    """
    asked = [rule for rule in rules if rule.judges_plans]
    if not (dataset.plan or variants) or not asked:
        return ()
    judgements = check_up(planned_run(dataset), asked).judgements
    for label, changed in (variants or {}).items():
        plan = {**dataset.plan, **changed, "searched": True}
        varied = check_up(planned_run(replace(dataset, plan=plan)), asked)
        judgements = tuple(
            _with_variant(before, after, label)
            for before, after in zip(judgements, varied.judgements, strict=True)
        )
    return judgements


def planned_run(dataset: Dataset) -> RunHistory:
    """Return a plan as a run of which nothing has happened yet."""
    config = {"optim": _USUAL_OPTIMIZER, **dataset.plan}
    for name in ("parameters", "architecture"):
        if name in dataset.model:
            config.setdefault(name, dataset.model[name])
    steps = _steps(dataset)
    if steps is not None:
        config.setdefault("max_steps", steps)
    sizes = {
        f"{name}_sentences": split.sentences
        for name, split in dataset.splits.items()
        if split.sentences
    }
    return RunHistory(epochs=(), config=config, dataset=sizes, source=dataset.source)


def _steps(dataset: Dataset) -> int | None:
    """Return the optimizer steps of the plan; None where a figure is missing or makes no sense."""
    train = dataset.splits.get("train")
    figures = (dataset.plan.get("batch_size"), dataset.plan.get("epochs"))
    batch, epochs = (series.number(figure) for figure in figures)
    accumulated = series.number(dataset.plan.get("gradient_accumulation_steps", 1))
    if train is None or not batch or not epochs or not accumulated:
        return None
    together = batch * accumulated
    if min(batch, epochs, accumulated, train.sentences) <= 0:
        return None
    return int(-(-train.sentences // together) * epochs)


def _with_variant(before: Judgement[Any], after: Judgement[Any], label: str) -> Judgement[Any]:
    new = tuple(_new_findings(before, after, label))
    if not new:
        return before
    old = before.outcome.findings if isinstance(before.outcome, Flagged) else ()
    return replace(before, outcome=Flagged(findings=(*old, *new)))


def _new_findings(before: Judgement[Any], after: Judgement[Any], label: str) -> Iterator[Finding]:
    if not isinstance(after.outcome, Flagged):
        return
    known = before.outcome.findings if isinstance(before.outcome, Flagged) else ()
    said = {found.message for found in known}
    for found in after.outcome.findings:
        if found.message not in said:
            yield replace(found, message=f"{label}: {found.message}")
