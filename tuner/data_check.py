"""The check of the data that every training and search begins with: errors stop it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from diagnostics import data_checkup
from diagnostics.findings import Finding, Severity
from diagnostics.judgement import Checkup
from diagnostics.report.json_document import document
from diagnostics.settings import Settings
from diagnostics.subjects.dataset import Dataset
from tuner.errors import DataCheckError
from tuner.inputs import DataRequest
from tuner.search.documents import write_json

__all__ = ["CHECK_FILE", "check_first", "check_notes", "keep_check"]

CHECK_FILE = "check.json"
"""Where the folder of a run or a study keeps what the check said, as `tuner check` writes it."""

_SAID_BETTER = {
    "D402": "stand word for word in train",
    "D205": "tags break the rules of",
    "D306": "differences of a few points of F1 between settings are luck",
}
"""Rule to what a note of the loader says that its warning says with more figures."""

_SHOWN = 5
"""Warnings that are shown; the others stand in the file."""


def check_first(
    request: DataRequest,
    check: bool | Settings,
    *,
    seed: int,
    plan: Mapping[str, Any] | None = None,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
) -> Checkup[Dataset] | None:
    """Check the data that is to be trained on.

    Args:
        request: The data as the user named it.
        check: Whether to check; settings of a project say how.
        seed: Decides the sample, where one is asked for.
        plan: Planned hyperparameters, as far as they are known.
        variants: What else a search would try.

    Returns:
        What was found, without any error; None when nothing was to be checked.

    Raises:
        DataCheckError: The data, or the plan for it, has errors.
        DiagnosticsError: The data cannot be read, or a setting is wrong.
    """
    if check is False or request.data is None:
        return None
    checkup = data_checkup.check(
        request.data,
        dev=request.dev,
        test=request.test,
        data_format=request.data_format,
        columns=request.columns,
        sample=request.sample,
        seed=seed,
        trains_on_sample=True,
        plan=plan,
        variants=variants,
        settings=check if isinstance(check, Settings) else None,
    )
    errors = [found for found in checkup.findings if found.severity is Severity.ERROR]
    if errors:
        raise _refusal(checkup, errors)
    return checkup


def _refusal(checkup: Checkup[Dataset], errors: list[Finding]) -> DataCheckError:
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return DataCheckError(
        f"{checkup.subject.source} is not fit to train on: {count}. {errors[0].message}",
        "Mend it (`tuner check DATA` names every place, `--fix OUT` writes a repaired copy), or "
        "train on it as it is with --no-check.",
        checkup,
    )


def check_notes(checkup: Checkup[Dataset] | None, known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the warnings as sentences, to be shown once; the gravest cause first.

    Args:
        checkup: What was found; None without a check.
        known: Sentences about the data that are shown before them, but for those that a warning
            says better.
    """
    found = () if checkup is None else checkup.findings
    grave = [
        each for each in found if each.severity is Severity.WARNING and each.consequence_of is None
    ]
    shown = [f"{each.message} ({each.rule}, `tuner explain {each.name}`)" for each in grave]
    if len(shown) > _SHOWN:
        rest = len(shown) - _SHOWN
        shown[_SHOWN:] = [f"The check of the data found {rest} more warnings; see {CHECK_FILE}."]
    said = [phrase for rule, phrase in _SAID_BETTER.items() if any(g.rule == rule for g in grave)]
    left = [note for note in known if not any(phrase in note for phrase in said)]
    return (*left, *shown)


def keep_check(checkup: Checkup[Dataset] | None, directory: Path) -> None:
    """Write what the check said into the folder of a run or a study; nothing without a check."""
    if checkup is not None:
        write_json(directory / CHECK_FILE, document([checkup]))
