"""Study files: a search space, a recipe and start points as TOML.

```toml
description = "One line for the list of studies."
model = "bert-base-cased"            # optional: used when the command names none

[recipe]                             # the settings of trial 0
learning_rate = 2e-5
batch_size = 16
epochs = 5

[space.learning_rate]                # what is searched; everything else stays at the recipe
low = 1e-5
high = 1e-4
reason = "Shown before the first trial."

[[start]]                            # known good points, tried right after the recipe
learning_rate = 5e-5

[options]                            # defaults of the search; the command line comes first
trials = 20

[training_arguments]                 # further arguments of transformers, as with --set
adam_beta2 = 0.98
```

Everything that is wrong with a file is shown at once, with file, section and key.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path

from tuner.errors import UsageError
from tuner.problems import nearest_name_hint, raise_problems
from tuner.study_tables import StudyFile, read_tables

__all__ = ["StudyFile", "copy_study_file", "list_study_files", "parse_study", "read_study_file"]


def read_study_file(path_or_name: str | Path) -> StudyFile:
    """Read a study file, or a study that comes with the package.

    Args:
        path_or_name: A path, or the name of a shipped study (see `list_study_files`). A file that
            exists comes before a shipped study of the same name.

    Returns:
        The checked content.

    Raises:
        UsageError: The file cannot be found or read, is no TOML, or has problems; then all of them
            are named.
    """
    source = _find(path_or_name)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The study file {source} cannot be read: {error}.") from error
    shipped = not isinstance(source, Path) or source.parent == _shipped_folder()
    shown = source.name if shipped else str(path_or_name)
    return parse_study(text, name=source.name.removesuffix(".toml"), source=shown)


def parse_study(text: str, name: str, source: str) -> StudyFile:
    """Read the text of a study file.

    Args:
        text: TOML.
        name: Name of the study.
        source: Where the text comes from, for messages.

    Raises:
        UsageError: The text is no TOML or has problems; then all of them are named.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{source} is not TOML: {error}.",
            "Numbers are written like 2e-5 or 0.1, text in quotation marks.",
        ) from error
    study, found = read_tables(table, name, source)
    raise_problems(found, source)
    return study


def list_study_files() -> tuple[str, ...]:
    """Name the studies that come with the package, in alphabetical order."""
    names = (entry.name for entry in _shipped_folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def copy_study_file(name: str, target: str | Path) -> Path:
    """Copy a shipped study, to be changed and used with `--space` or `--recipe`.

    Args:
        name: One of `list_study_files`.
        target: A folder, or the file to write.

    Returns:
        The file written.

    Raises:
        UsageError: No such study, the target exists already, or it cannot be written.
    """
    source = _shipped(name)
    path = Path(target)
    path = path / source.name if path.is_dir() else path
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise UsageError(f"{path} exists already.", "Name another file, or remove it.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _shipped_folder() -> Traversable:
    return importlib.resources.files("studies")


def _shipped(name: str) -> Traversable:
    names = list_study_files()
    if name not in names:
        raise UsageError(
            f"There is no ready-made study `{name}`.",
            f"{nearest_name_hint(name, names)} Or give the path of a .toml file.",
        )
    return _shipped_folder() / f"{name}.toml"


def _find(path_or_name: str | Path) -> Traversable:
    path = Path(path_or_name)
    if path.is_file():
        return path
    looks_like_path = isinstance(path_or_name, Path) or path.suffix or len(path.parts) != 1
    if not looks_like_path:
        return _shipped(str(path_or_name))
    name = path.name.removesuffix(".toml")
    hint = f"A ready-made study is named without an ending: `{name}`."
    known = name in list_study_files()
    raise UsageError(
        f"There is no study file {path}.", hint if known else "See `tuner studies list`."
    )
