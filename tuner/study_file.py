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
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from tuner.errors import UsageError
from tuner.hyperparameters import HYPERPARAMETERS, spec_problems
from tuner.problems import Problem, nearest_name_hint, raise_problems
from tuner.space import Parameter, SearchSpace, outside, problems
from tuner.space_table import parameter_from_table
from tuner.study_options import options_from_table
from tuner.trial import TrialSpec

__all__ = ["StudyFile", "copy_study_file", "list_study_files", "parse_study", "read_study_file"]

SECTIONS = (
    "description",
    "model",
    "recipe",
    "space",
    "start",
    "options",
    "training_arguments",
)
REQUIRED = tuple(  # what a recipe must say itself: no careful default fits every model
    name for name in ("learning_rate", "batch_size", "epochs") if name in HYPERPARAMETERS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """What a study file says.

    Attributes:
        name: Its name without the ending.
        source: Where it was read from, for messages.
        description: One line; empty when the file has none.
        model: Model to use when the command names none, or None.
        recipe: Settings of trial 0, or None when the file only gives a space.
        space: What is searched, or None when the file only gives a recipe.
        start_points: Known good settings; they differ from the recipe in searched
            hyperparameters only.
        options: Fields of `SearchOptions` that the file sets (`trials`, `time_budget` in seconds,
            `confirm`, `contenders`, `sampler`, `prune`).
    """

    name: str
    source: str
    description: str = ""
    model: str | None = None
    recipe: TrialSpec | None = None
    space: SearchSpace | None = None
    start_points: tuple[TrialSpec, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


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
    study, found = _Reader(table).read(name, source)
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


class _Reader:
    """Reads the tables of one file and collects what is wrong with them."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._found: list[Problem] = []

    def read(self, name: str, source: str) -> tuple[StudyFile, tuple[Problem, ...]]:
        """Give the study and its problems; with problems the study is not to be used."""
        self._check_keys(self._table, SECTIONS, section="")
        space = self._space()
        recipe = self._recipe(space)
        study = StudyFile(
            name=name,
            source=source,
            description=self._text("description") or "",
            model=self._text("model"),
            recipe=recipe,
            space=space,
            start_points=self._start_points(recipe, space),
            options=self._options(),
        )
        if not self._found and recipe is None and space is None:
            self._add("a study file must have a [recipe] or a [space.<hyperparameter>]")
        return study, tuple(self._found)

    def _space(self) -> SearchSpace | None:
        if "space" not in self._table:
            return None
        parameters: dict[str, Parameter] = {}
        reasons: dict[str, str] = {}
        before = len(self._found)
        for name, table in self._section("space").items():
            parameter, faults = parameter_from_table(name, table, f"space.{name}")
            self._found += faults
            if parameter is not None:
                parameters[name] = parameter
                reasons[name] = table.get("reason", "")
        space = SearchSpace(parameters=parameters, reasons=reasons)
        if parameters or len(self._found) == before:
            self._found += problems(space)
        return space if len(self._found) == before else None

    def _recipe(self, space: SearchSpace | None) -> TrialSpec | None:
        if "recipe" not in self._table:
            if "training_arguments" in self._table:
                self._add("needs a [recipe]", section="training_arguments")
            return None
        recipe = self._spec(self._section("recipe"), "recipe", None)
        if recipe is not None and space is not None:
            self._found += outside(recipe, space, "recipe")
        return recipe

    def _start_points(
        self, recipe: TrialSpec | None, space: SearchSpace | None
    ) -> tuple[TrialSpec, ...]:
        tables = self._table.get("start", [])
        if not isinstance(tables, list):
            self._add("start points are written as [[start]] tables", section="start")
            return ()
        if tables and ("recipe" not in self._table or "space" not in self._table):
            self._add("start points need a [recipe] and a space", section="start")
        points = []
        for number, table in enumerate(tables, start=1):
            section = f"start {number}"
            point = self._spec(table, section, recipe) if recipe else None
            if point is None or space is None:
                continue
            self._found += outside(point, space, section)
            self._check_searched(table, space, section)
            points.append(point)
        return tuple(points)

    def _spec(self, table: object, section: str, base: TrialSpec | None) -> TrialSpec | None:
        """Build a spec from a table, on top of `base` or of the defaults."""
        before = len(self._found)
        if not isinstance(table, Mapping):
            self._add(f"must be a table, but got {table!r}", section=section)
            return None
        self._check_keys(table, HYPERPARAMETERS, section)
        for name in REQUIRED if base is None else ():
            if name not in table:
                self._add("is missing", section=section, key=name)
        if len(self._found) > before:
            return None
        spec = replace(base, **table) if base else TrialSpec(extra=self._extra(), **table)
        self._found += spec_problems(spec, section)
        return spec if len(self._found) == before else None

    def _check_searched(self, table: Mapping[str, Any], space: SearchSpace, section: str) -> None:
        for name in table:
            if name not in space.parameters:
                self._add(
                    f"a start point may only set what is searched, but got {name}",
                    "Search it, or set it in [recipe] for all trials.",
                    section=section,
                    key=name,
                )

    def _extra(self) -> Mapping[str, Any]:
        extra = self._section("training_arguments")
        owned = {item.name for item in fields(TrialSpec)} & set(extra)
        for name in sorted(owned):
            self._add("belongs into [recipe]", section="training_arguments", key=name)
        return extra

    def _options(self) -> Mapping[str, Any]:
        options, faults = options_from_table(self._section("options"))
        self._found += faults
        return options

    def _section(self, name: str) -> Mapping[str, Any]:
        value = self._table.get(name, {})
        if isinstance(value, Mapping):
            return value
        self._add(f"must be a table, but got {value!r}", f"Write [{name}].", section=name)
        return {}

    def _text(self, key: str) -> str | None:
        value = self._table.get(key)
        if value is None or isinstance(value, str):
            return value
        self._add(f"must be text, but got {value!r}", key=key)
        return None

    def _check_keys(
        self, table: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...], section: str
    ) -> None:
        for key in table:
            if key not in known:
                hint = nearest_name_hint(key, known)
                self._add(f"there is no key `{key}`", hint, section=section, key=key)

    def _add(self, message: str, hint: str = "", *, section: str = "", key: str = "") -> None:
        self._found.append(Problem(message=message, hint=hint, section=section, key=key))
