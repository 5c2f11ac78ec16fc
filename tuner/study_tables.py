"""What the tables of a study file say: read as a whole, with everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from tuner.hyperparameters import HYPERPARAMETERS, spec_problems
from tuner.problems import Problem, nearest_name_hint
from tuner.space import Parameter, SearchSpace, outside, problems
from tuner.space_table import parameter_from_table
from tuner.study_options import options_from_table
from tuner.trial import TrialSpec

__all__ = ["StudyFile", "read_tables"]

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


def read_tables(
    table: Mapping[str, Any], name: str, source: str
) -> tuple[StudyFile, tuple[Problem, ...]]:
    """Return the study that the tables describe, and its problems.

    Args:
        table: The parsed file.
        name: Name of the study.
        source: Where it was read from, for messages.

    Returns:
        With problems, the study is not to be used.
    """
    return _Reader(table).read(name, source)


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
