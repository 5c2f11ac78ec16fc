"""What the search and a single training ask of their arguments in the same way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diagnostics.errors import DataError
from tuner.choices import RecipeLike
from tuner.data import TaskData, load_data
from tuner.errors import UsageError
from tuner.study_file import StudyFile
from tuner.trial import TrialSpec

__all__ = [
    "CHECKPOINT_SECONDS",
    "SEED",
    "DataRequest",
    "check_folder_name",
    "check_settings",
    "default_name",
    "model_name",
    "split_seed",
]

CHECKPOINT_SECONDS = 20.0
"""Least seconds between checkpoints, unless the user says otherwise."""

SEED = 42
"""Seed of everything, unless the user says otherwise."""

_LINE = re.compile(r", line \d+: ")
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class DataRequest:
    """The data set as the user named it; see `tuner.data.load_data`."""

    data: str | Path | None
    dev: str | Path | None
    test: str | Path | None
    data_format: str | None
    columns: str | None
    sample: int | None

    def load(self, seed: int) -> TaskData:
        """Read the data set.

        Raises:
            UsageError: No data set was named.
            DataError: It cannot be read, or holds nothing to learn from.
        """
        if self.data is None:
            raise UsageError(
                "`data` is missing: what shall be trained on?",
                "Give a labelled file, a folder or a hub id.",
            )
        try:
            return load_data(
                self.data,
                dev=self.dev,
                test=self.test,
                seed=seed,
                data_format=self.data_format,
                columns=self.columns,
                sample=self.sample,
            )
        except DataError as error:
            if not _LINE.search(error.message):
                raise
            # Loading stops at the first faulty line; there may be a thousand.
            every = "`tuner check DATA` lists every such place, `--fix OUT` mends what it can."
            raise DataError(error.message, f"{error.hint} {every}".strip()) from error


def check_folder_name(option: str, name: str) -> str:
    """Return a name that makes one safe folder.

    Raises:
        UsageError: It could lead elsewhere, or is no name at all.
    """
    if not _FOLDER_NAME.fullmatch(name):
        raise UsageError(
            f"`{option}` names a folder: letters, digits, `.`, `_` and `-`, starting with a letter "
            f"or digit; but got {name!r}.",
            "Choose another name; `runs_dir` says where the folder is made.",
        )
    return name


def split_seed(seed: int | None, recipe: RecipeLike, file: StudyFile | None) -> int:
    """Seed of the splits: the given one, else the recipe's."""
    if seed is not None:
        return seed
    if isinstance(recipe, TrialSpec):
        return recipe.seed
    return file.recipe.seed if file is not None and file.recipe is not None else SEED


def model_name(model: str | Path | None, files: Iterable[Any]) -> str:
    """Return the model that was given, else the one that a study file names.

    Raises:
        UsageError: There is neither.
    """
    for candidate in (model, *(file.model for file in files if file is not None)):
        if candidate is not None:
            return str(candidate)
    raise UsageError(
        "`--model` is missing: which pretrained encoder shall be fine-tuned?",
        "Give a folder, or a hub id such as `--model bert-base-cased`.",
    )


def check_settings(settings: Mapping[str, Any] | None) -> None:
    """Check `TrainingArguments` that the user set, before anything slow is done.

    Raises:
        UsageError: A name is unknown, or belongs to an option of its own.
    """
    if settings:
        from tuner.training.arguments import validate_settings

        validate_settings(settings)


def default_name(data: str, model: str) -> str:
    """Join data and model to a folder's name: `fin-bert-base-cased`."""
    short = Path(model).name
    if short in {"model", "best"}:
        short = Path(model).resolve().parent.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{data}-{short}").strip("-.")[:80] or "study"
