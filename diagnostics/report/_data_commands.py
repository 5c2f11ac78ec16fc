"""What to run after a check of data: a repair where it helps, else a training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from diagnostics.findings import Severity
from diagnostics.fix_plan import plan_fixes
from diagnostics.judgement import Checkup
from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.repair.tag_repair import CERTAIN, types_disagree
from diagnostics.report._shell_words import shell_word
from diagnostics.rules.data._evidence.split_schemes import other_schemes
from diagnostics.subjects.dataset import Dataset

__all__ = ["next_commands"]

_REPAIR = "--fix"
_TRAIN_OPTIONS = ("learning_rate", "batch_size", "epochs", "max_length")
"""Planned hyperparameters that the training command takes, and fixes change."""


def next_commands(checkup: Checkup[Dataset]) -> list[tuple[str, str]]:
    """Return each command with what it is for, quoted for a shell."""
    return list(_commands(checkup))


def _commands(checkup: Checkup[Dataset]) -> Iterator[tuple[str, str]]:
    dataset = checkup.subject
    if _repairable(checkup):
        yield f"tuner check {_data(dataset)} {_REPAIR} {_repaired(dataset)}", "a repaired copy"
    if checkup.worst is Severity.ERROR:
        return
    settings = _settings(checkup)
    model = dataset.model.get("name")
    named = f"--model {_quoted(model) if isinstance(model, str) else 'MODEL'}"
    if settings:
        yield " ".join(["tuner train", _data(dataset), named, *settings]), "train on it"
    else:
        yield f"tuner search {_data(dataset)} {named}", "find the best settings for it"


def _repairable(checkup: Checkup[Dataset]) -> bool:
    """Whether a grave finding says that a repaired copy mends it, and none forbids to make one."""
    return not _types_disagree(checkup.subject) and any(
        _REPAIR in fix.text
        for found in checkup.findings
        if found.severity is not Severity.INFO
        for fix in found.fixes
    )


def _types_disagree(dataset: Dataset) -> bool:
    """Whether the splits differ in scheme and types, so that a repair refuses them."""
    if TagPairs.key() not in dataset.measured:
        return False
    others = other_schemes(TagPairs.of(dataset), fewest=CERTAIN)
    return any(map(types_disagree, others.values()))


def _settings(checkup: Checkup[Dataset]) -> list[str]:
    plan = checkup.subject.plan
    if not any(name in plan for name in _TRAIN_OPTIONS):
        return []
    changes = plan_fixes(checkup.findings).changes
    values: dict[str, Any] = {**plan, **{str(c.fix.parameter): c.fix.new for c in changes}}
    return [
        f"--{name.replace('_', '-')} {_quoted(_short(values[name]))}"
        for name in _TRAIN_OPTIONS
        if isinstance(values.get(name), int | float)
    ]


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _data(dataset: Dataset) -> str:
    """Return the data set as the user named it, with how to read it."""
    words = [_quoted(dataset.source)]
    for name, value in dataset.arguments.items():
        words += [f"--{name.replace('_', '-')}", _quoted(value)]
    return " ".join(words)


def _repaired(dataset: Dataset) -> str:
    stem = PurePath(dataset.source).stem or "data"
    return _quoted(f"{stem}-repaired")


def _quoted(text: str) -> str:
    return shell_word(text)
