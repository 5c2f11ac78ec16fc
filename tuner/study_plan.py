"""What a person reads before the first trial: data, space with reasons, cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from diagnostics.judgement import Checkup
from diagnostics.subjects.dataset import Dataset
from tuner.data import TaskData
from tuner.data_check import check_notes
from tuner.epoch_cost import EpochCost
from tuner.hyperparameters import plain_number
from tuner.plan_cost import plan_estimate, plan_quote
from tuner.search.luck import luck_warning
from tuner.search.shared.url import is_shared
from tuner.secrets_in_text import without_secrets
from tuner.space import SearchSpace
from tuner.study import StudySpec
from tuner.study_quote import StudyQuote
from tuner.study_view import StudyPlan

__all__ = ["data_lines", "data_warnings", "engine_line", "study_plan"]

FEW_DEVELOPMENT_ENTITIES = 100
"""Below so many entities the standard error of a recall of 0.8 is above 4 points (binomial)."""

NO_EARLY_END = (
    "Several processes share this study, so it does not end early: they would have to agree on "
    "what is left to gain while their trials end at different times."
)

_SHOWN_WHEN_FIXED = ("warmup_ratio", "weight_decay", "schedule")


def study_plan(
    spec: StudySpec,
    directory: Path,
    data: TaskData,
    *,
    done: int,
    longest: int,
    cost: EpochCost | None,
    peak_bytes: int | None,
    how: str,
    device: str,
    cut_sentences: int,
    checked: Checkup[Dataset] | None = None,
    engine: str = "",
    slots: int = 1,
    devices: int = 1,
    memory_available: int | None = None,
    quoted: StudyQuote | None = None,
    elapsed: float = 0.0,
) -> StudyPlan:
    """Put together the plan of a study.

    Args:
        spec: The study.
        directory: Its folder.
        data: The data set.
        done: Trials that have ended already.
        longest: Sub-tokens of the longest training window.
        cost: What epochs cost, measured, or None.
        peak_bytes: Measured peak memory of the accelerator, or None.
        how: How it was measured.
        device: Name of the device.
        cut_sentences: Training sentences cut into windows.
        checked: What the check of the data found; None without a check.
        engine: What runs the trainings and why, as `engine_line` says it.
        slots: Trainings at once.
        devices: Devices that they are spread over.
        memory_available: Bytes of memory of a device, or None.
        quoted: The quote of the study's first start; None when this is it.
        elapsed: Seconds that earlier sessions spent.
    """
    spread = {"slots": slots, "devices": max(devices, 1)}
    expected = plan_estimate(spec, longest, cost, peak_bytes, how, **spread)
    shared = is_shared(spec.options.storage)
    quote = quoted
    if quote is None and not done:
        quote = plan_quote(spec, expected, cost, memory_available, **spread)
    notes = [*check_notes(checked, data_warnings(data, cut_sentences, spec.options.trials))]
    notes += [NO_EARLY_END] if shared and spec.options.stop_when_flat else []
    return StudyPlan(
        name=spec.name,
        directory=directory,
        model=spec.model.name,
        data_facts=data_lines(data),
        space_lines=_space_lines(spec.space),
        fixed_lines=tuple(_fixed_lines(spec)),
        start_points=spec.first_points,
        start_sources=spec.first_sources,
        trials=spec.options.trials,
        done=done,
        time_budget=spec.options.time_budget,
        confirm=spec.options.confirm,
        estimate=expected,
        device=device,
        engine=engine,
        notes=tuple(notes),
        quote=quote,
        elapsed=elapsed if quoted is not None else 0.0,
        ends_early=spec.options.stop_when_flat and not shared,
        artifacts=without_secrets(spec.options.artifacts or ""),
    )


def engine_line(name: str, why: str, slots: int) -> str:
    """Say what runs the trainings, how many at once and why, in one line."""
    at_once = "one training at a time" if slots == 1 else f"{slots} trainings at once"
    return f"{name}, {at_once} ({why})"


def _space_lines(space: SearchSpace) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, str(parameter), space.reasons.get(name, ""))
        for name, parameter in space.parameters.items()
    )


def _fixed_lines(spec: StudySpec) -> list[tuple[str, str, str]]:
    lines = []
    for name in (field.name for field in fields(spec.recipe)):
        value = getattr(spec.recipe, name)
        if name in spec.space.parameters or name in {"seed", "extra"}:
            continue
        if value is None or (not value and name not in _SHOWN_WHEN_FIXED):
            continue
        lines.append((name, plain_number(value), "as in the recipe"))
    for name, value in spec.recipe.extra.items():
        lines.append((name, plain_number(value), "set for every trial"))
    return lines


def data_lines(data: TaskData) -> tuple[str, ...]:
    """Say what the data set holds, a line per split."""
    lines = []
    for split in ("train", "dev", "test"):
        counts = _counts(data, split)
        if counts:
            made = ", taken out of train" if split == "dev" and data.dev_made_from_train else ""
            lines.append(
                f"{split}: {counts['sentences']:,} sentences, {counts['tokens']:,} words, "
                f"{counts['entities']:,} entities{made}"
            )
    return (*lines, f"types: {', '.join(data.entity_types)}")


def data_warnings(data: TaskData, cut_sentences: int = 0, trials: int = 1) -> tuple[str, ...]:
    """Say what the reader must know about the data, before so many trials are compared on it."""
    warnings = list(data.notes)
    if cut_sentences:
        warnings.append(
            f"{cut_sentences} training sentences are longer than the model reads at once; they are "
            "cut into overlapping windows, and every word is still trained and scored once."
        )
    entities = int(_counts(data, "dev").get("entities", 0))
    if (luck := luck_warning(entities, trials)) is not None:
        warnings.append(luck)
    elif entities < FEW_DEVELOPMENT_ENTITIES:
        warnings.append(
            f"The development split holds only {entities} entities: differences of a few points "
            "of F1 between settings are luck. Label more, or trust only large differences."
        )
    return tuple(dict.fromkeys(warnings))


def _counts(data: TaskData, split: str) -> Mapping[str, Any]:
    counts: Mapping[str, Any] = data.facts.get("splits", {}).get(split, {})
    return counts
