"""The interface of checking data: finds the splits, surveys them once, and judges them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostics.data_format import Columns, ReadOptions
from diagnostics.data_sampling import draw_sample
from diagnostics.files_left_aside import notes_on_files_left_aside
from diagnostics.judgement import Checkup, check_up, joined, rules_about, run_rules
from diagnostics.measures.sizes import Sizes
from diagnostics.planned_run import judge_plan
from diagnostics.rule import Rule
from diagnostics.rule_choice import chosen_rules
from diagnostics.settings import Settings
from diagnostics.split_finder import find_splits
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import MeasureMakers, measures_of, survey

__all__ = ["check", "check_by", "data_rules"]

_REPORTED: MeasureMakers = {Sizes.key(): Sizes}
"""What reports show, whichever rules are asked."""


def data_rules() -> tuple[Rule[Dataset], ...]:
    """Return all rules about data, by identifier. The folder of rules is the list."""
    return rules_about("data")


def check(
    source: str | Path,
    *,
    dev: str | Path | None = None,
    test: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    plan: Mapping[str, Any] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    model: Mapping[str, Any] | None = None,
    deep: bool = False,
    learning_curve: bool = False,
    made: MeasureMakers | None = None,
    sample: int | None = None,
    seed: int = 42,
    trains_on_sample: bool = False,
    select: Iterable[str] = (),
    ignore: Iterable[str] | Mapping[str, str] = (),
    preview: bool = False,
    settings: Settings | None = None,
) -> Checkup[Dataset]:
    """Read a labelled data set once and judge whether it is fit to train on.

    Args:
        source: A file (then it is the training split), a folder with one file per split, a saved
            `datasets` folder or a hub id.
        dev: Development file, where `source` holds none or another shall be used.
        test: Test file, likewise.
        data_format: Name of the format; None detects it.
        columns: `token=0,tag=3` (numbers or names) and `separator=tab`, where detection fails.
        plan: Planned hyperparameters by their standard names.
        variants: What else is planned, such as the ends of a search space: a label to the
            hyperparameters that differ from `plan`.
        model: Facts about the encoder.
        deep: Also measure what takes long.
        learning_curve: Also estimate what more sentences would bring; this takes longer still.
        made: Measures that the caller makes, by class: those that need a tokenizer.
        sample: Look at this many training sentences only, in proportion to the entity types; None
            looks at all.
        seed: Decides which.
        trains_on_sample: Whether a training will use the sample alone; then its size is judged as
            that of any data set, else what depends on the size is not judged.
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked; a mapping gives the reason of each.
        preview: Ask rules that are still being tried out, too.
        settings: What a project's file says; None is no file.

    Returns:
        The findings, what could not be judged and why, and what was measured.

    Raises:
        DiagnosticsError: The data cannot be found or read, or a rule is unknown.
    """
    rules, switched_off = chosen_rules(
        (*data_rules(), *(_plan_rules() if plan or variants else ())),
        select=select,
        ignore=ignore,
        preview=preview,
        settings=settings,
    )
    told = {"dev": dev, "test": test, "data_format": data_format, "columns": columns}
    requests = {"deep": deep, "learning-curve": learning_curve}
    requested = frozenset(name for name, asked in requests.items() if asked)
    needed = measures_of(rules, requested=requested, made=made)
    dataset = _surveyed(source, told, needed, sample=sample, seed=seed)
    part = None if trains_on_sample else dataset.sampled
    dataset = replace(dataset, plan=dict(plan or {}), model=dict(model or {}), sampled=part)
    return replace(_judged(dataset, rules, variants), switched_off=switched_off)


def check_by(
    rules: Sequence[Rule[Any]],
    source: str | Path,
    *,
    dev: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
) -> Checkup[Dataset]:
    """Read a labelled data set once and judge it by rules that have been chosen already.

    Args:
        rules: Rules about data.
        source: As for `check`.
        dev: As for `check`.
        data_format: As for `check`.
        columns: As for `check`.

    Raises:
        DiagnosticsError: The data cannot be found or read.
    """
    told = {"dev": dev, "data_format": data_format, "columns": columns}
    return _judged(_surveyed(source, told, measures_of(rules)), rules)


def _surveyed(
    source: str | Path,
    told: Mapping[str, Any],
    makers: MeasureMakers,
    *,
    sample: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Read the data as the user said; the sample is drawn in a pass of its own."""
    given = {name: value for name, value in told.items() if value is not None}
    columns = Columns.parse(given.get("columns"))
    where = {name: value for name, value in given.items() if name != "columns"}
    sources, options = find_splits(source, **where), ReadOptions(columns=columns)
    part = draw_sample(sources, count=sample, seed=seed, options=options) if sample else None
    aside = notes_on_files_left_aside(source, sources)
    dataset = survey(
        sources,
        {**_REPORTED, **makers},
        source=str(source),
        options=options,
        wanted=part.holds if part else None,
    )
    return replace(
        dataset,
        arguments={name: str(value) for name, value in given.items()},
        sampled=len(part.chosen) if part and part.leaves_some_out else None,
        notes=(*aside, *dataset.notes, *(part.notes(seed) if part else ())),
    )


def _judged(
    dataset: Dataset,
    rules: Sequence[Rule[Any]],
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> Checkup[Dataset]:
    checkup = check_up(dataset, [rule for rule in rules if not rule.judges_plans])
    for_plans = [rule for rule in rules if rule.judges_plans]
    return joined(checkup, judge_plan(_of_known_size(dataset), for_plans, variants))


def _of_known_size(dataset: Dataset) -> Dataset:
    """Return what is known of the data that will be trained on: of a sample not how much it is."""
    if dataset.sampled is None:
        return dataset
    known = {name: split for name, split in dataset.splits.items() if name != "train"}
    return replace(dataset, splits=known)


def _plan_rules() -> tuple[Rule[Any], ...]:
    """Return the rules about runs that can judge a plan. They are loaded only when there is one."""
    return tuple(rule for rule in run_rules() if rule.judges_plans)
