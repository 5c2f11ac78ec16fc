"""Options that several commands share, and how they become arguments of the Python interface.

What the user leaves out is not passed on, so that the Python interface (and a study file) decides
what holds then.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from diagnostics.settings import find_settings
from tuner.commands._values import assignments, hyperparameter, whole_number
from tuner.display import Kind
from tuner.engine_catalogue import engine_names
from tuner.engine_choice import engine_options
from tuner.errors import UsageError

__all__ = [
    "ENGINE",
    "SHARED",
    "add_data_options",
    "add_display_options",
    "add_engine_options",
    "add_machine_options",
    "add_model_options",
    "add_runs_dir",
    "add_seed",
    "display_kind",
    "given",
    "shared_arguments",
]

SHARED = (
    "data",
    "dev",
    "test",
    "data_format",
    "columns",
    "sample",
    "model",
    "max_length",
    "device",
    "seed",
    "recipe",
)
ENGINE = ("engine", "devices", "per_device", "address", "artifacts")
WHOLE = re.compile(r"-?\d{1,9}")
Group = argparse._ArgumentGroup  # the type has no public name


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the data set and how to read it."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help="a file, a folder with splits, a saved datasets folder or a hub id",
    )
    group.add_argument("--dev", metavar="FILE", help="development split (else one is made)")
    group.add_argument("--test", metavar="FILE", help="test split, read once at the very end")
    group.add_argument(
        "--data-format", metavar="NAME", help="format of DATA (else it is recognised)"
    )
    group.add_argument(
        "--columns", metavar="NAMES", help="names or places of the token and tag columns"
    )
    group.add_argument(
        "--sample",
        metavar="N",
        type=whole_number("--sample", low=1),
        help="train on N sentences only, for a quick look",
    )
    group.add_argument(
        "--no-check",
        action="store_true",
        help="train whatever `tuner check` says of the data",
    )


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Add the encoder, how it reads sentences, and the Trainer's own arguments."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--model", metavar="MODEL", help="a folder with a pretrained encoder, or a hub id"
    )
    group.add_argument(
        "--max-length",
        metavar="N",
        type=whole_number("--max-length", low=8),
        help="longest window in sub-tokens; longer sentences become overlapping windows",
    )
    group.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="settings",
        action="append",
        default=[],
        help="a further transformers TrainingArguments value (repeatable)",
    )


def add_machine_options(parser: argparse.ArgumentParser) -> Group:
    """Add where the work is done and kept; return the group for further options."""
    group = parser.add_argument_group("machine and folders")
    group.add_argument(
        "--device", metavar="NAME", help="cuda, cuda:1, mps or cpu (else the best there is)"
    )
    add_runs_dir(group)
    return group


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add what runs the trainings, and how many side by side."""
    names = ", ".join(engine_names())
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        metavar="NAME",
        help=f"what runs the trainings: {names} (workers where several fit, else in-process)",
    )
    group.add_argument(
        "--devices",
        metavar="NAMES",
        type=_engine_option("devices"),
        help="devices to spread the trainings over: 0,1,2,3 or all; also cuda:0, cpu",
    )
    group.add_argument(
        "--per-device",
        metavar="N|auto",
        type=_engine_option("per_device"),
        help="trainings side by side on one device (with Ray, one GPU or one node's cores); auto: "
        "as many as fit and pay (1)",
    )
    group.add_argument(
        "--address",
        metavar="ADDRESS",
        help="Ray cluster for --engine ray: ray://HOST:10001, auto or local",
    )
    group.add_argument(
        "--artifacts",
        metavar="URL",
        help="where models and checkpoints are kept, such as s3://bucket/folder (else the study)",
    )


def _engine_option(name: str) -> Callable[[str], Any]:
    """Return a converter that checks the rule of an option; it raises UsageError."""

    def convert(text: str) -> Any:
        value = int(text) if name == "per_device" and WHOLE.fullmatch(text) else text
        return engine_options(**{name: value})[name]

    return convert


def add_runs_dir(parser: argparse.ArgumentParser | Group) -> None:
    """Add where the folders of studies and runs are."""
    parser.add_argument(
        "--runs-dir", metavar="FOLDER", default="runs", help="where all results are kept (runs)"
    )


def add_display_options(parser: argparse.ArgumentParser) -> None:
    """Add the choice between live table, silence and JSON."""
    group = parser.add_argument_group("output").add_mutually_exclusive_group()
    group.add_argument("--quiet", action="store_true", help="show the result only")
    group.add_argument("--json", action="store_true", help="show the result only, as JSON")


def add_seed(group: Group, what: str) -> None:
    """Add the seed."""
    group.add_argument("--seed", metavar="N", type=hyperparameter("seed"), help=f"{what} (42)")


def display_kind(arguments: argparse.Namespace) -> Kind:
    """Return which display the options ask for."""
    if arguments.json:
        return "json"
    return "quiet" if arguments.quiet else "auto"


def given(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return the values of those options that were given; a flag that is off was not."""
    values = {name: getattr(arguments, name) for name in names}
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def shared_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the shared options as keyword arguments of `tuner.train` and `tuner.search`.

    Raises:
        UsageError: A `--set` is malformed, or the runs folder is a file.
        DiagnosticsError: The settings of the project cannot be right.
    """
    runs_dir = Path(arguments.runs_dir)
    if runs_dir.exists() and not runs_dir.is_dir():
        raise UsageError(
            f"`--runs-dir` must be a folder, but {runs_dir} is a file.", "Choose another folder."
        )
    values = given(arguments, SHARED) | {"runs_dir": arguments.runs_dir} | _check(arguments)
    settings = assignments(arguments.settings)
    return values | ({"settings": settings} if settings else {})


def _check(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return how the data is checked first, where the user or the project says so."""
    if arguments.no_check:
        return {"check": False}
    settings = find_settings(Path.cwd())
    return {"check": settings} if settings.source else {}
