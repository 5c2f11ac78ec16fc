"""Judges runs together with the data that they were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from diagnostics.checkup import Examination
from diagnostics.data_checkup import check_by, data_rules
from diagnostics.judgement import run_rules
from diagnostics.rule import Rule
from diagnostics.rule_choice import chosen_rules
from diagnostics.settings import Settings

__all__ = ["examination_with_data"]

_SAID_OF_RUNS = {"D301": "R401", "D306": "R402", "D308": "R403"}
"""Rule about data to the rule about runs that says the same with the run's own score and steps."""


def examination_with_data(
    data: str | Path,
    *,
    dev: str | Path | None = None,
    data_format: str | None = None,
    columns: str | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] | Mapping[str, str] = (),
    train_size: int | None = None,
    metric: str | None = None,
    preview: bool = False,
    settings: Settings | None = None,
) -> Examination:
    """Return how to judge runs beside the data they were trained on, which is judged here, once.

    The findings on the data stand among those on the run, by which explains which; sizes that the
    log does not tell are taken from the data.

    Args:
        data: A file, a folder with one file per split, a saved `datasets` folder or a hub id.
        dev: Development file, where `data` holds none or another was used.
        data_format: Name of the format; None detects it.
        columns: `token=0,tag=3` (numbers or names), where detection fails.
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked; a mapping gives the reason of each.
        train_size: Number of training sentences, in place of what log and data tell.
        metric: Metric that decides which epoch is best, in place of what was read.
        preview: Ask rules that are still being tried out, too.
        settings: What a project's file says; None is no file.

    Raises:
        DiagnosticsError: The data cannot be read, a rule is unknown, or none is left to ask.
    """
    told = settings or Settings()
    known: tuple[Rule[Any], ...] = (*run_rules(), *data_rules())
    rules, switched_off = chosen_rules(
        known,
        select=select,
        ignore=ignore,
        preview=preview,
        settings=told,
    )
    asked = {rule.id for rule in rules}
    about_data = {rule.id for rule in data_rules()}
    better_said = {of_data for of_data, of_run in _SAID_OF_RUNS.items() if of_run in asked}
    checked = check_by(
        [rule for rule in rules if rule.id in about_data - better_said],
        data,
        dev=dev,
        data_format=data_format,
        columns=columns,
    )
    return Examination(
        rules=tuple(rule for rule in rules if rule.id not in about_data),
        switched_off=switched_off,
        train_size=train_size,
        metric=told.metric if metric is None else metric,
        data=checked,
    )
