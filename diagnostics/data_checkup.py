"""The interface of checking data: finds the splits, surveys them once, and judges them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostics.data_format import Columns, ReadOptions
from diagnostics.judgement import Checkup, check_up, rules_about
from diagnostics.rule import Rule
from diagnostics.rule_choice import chosen_rules
from diagnostics.settings import Settings
from diagnostics.split_finder import find_splits
from diagnostics.subjects.dataset import Dataset
from diagnostics.survey import MeasureMakers, measures_of, survey

__all__ = ["check", "data_rules"]


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
    model: Mapping[str, Any] | None = None,
    deep: bool = False,
    made: MeasureMakers | None = None,
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
        model: Facts about the encoder.
        deep: Also measure what takes long.
        made: Measures that the caller makes, by class: those that need a tokenizer.
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
        data_rules(), select=select, ignore=ignore, preview=preview, settings=settings
    )
    dataset = survey(
        find_splits(source, dev=dev, test=test, data_format=data_format),
        measures_of(rules, on_request=deep, made=made),
        source=str(source),
        options=ReadOptions(columns=Columns.parse(columns)),
    )
    dataset = replace(dataset, plan=dict(plan or {}), model=dict(model or {}))
    return replace(check_up(dataset, rules), switched_off=switched_off)
