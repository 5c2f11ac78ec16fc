"""The settings of a project: `[tool.tuner]` in pyproject.toml, or tuner.toml.

```toml
[tool.tuner]            # in tuner.toml the same keys may stand at the top
select = ["R1", "R2"]
fail-on = "error"
metric = "eval_f1"

[tool.tuner.ignore]     # a reason for each, which the report shows
R402 = "our dev split is fixed by the shared task"

[tool.tuner.rules.R201] # thresholds, as `tuner explain R201` lists them
after_best = 4
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Severity
from diagnostics.judgement import all_rules
from diagnostics.rule import Rule
from diagnostics.selection import matching, rule_named
from diagnostics.thresholds import nearest_name, with_thresholds

__all__ = ["LIMITS", "NEVER", "Settings", "find_settings", "read_settings"]

NEVER = "never"
LIMITS = (*(severity.value for severity in Severity), NEVER)
"""What `fail-on` may be."""

_KEYS = ("select", "ignore", "fail-on", "metric", "rules")
_LARGEST = 2**20  # bytes; a settings file of more is something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a project's file says about judging.

    Attributes:
        select: Rules to ask; empty takes all.
        ignore: Rules not to ask, each with its reason.
        fail_on: Severity from which on the exit code is 1, or `never`; None when not said.
        metric: Metric that decides which epoch is best; None when not said.
        thresholds: Rule to its fields and their values.
        source: The file, for messages; empty when there is none.
    """

    select: tuple[str, ...] = ()
    ignore: Mapping[str, str] = field(default_factory=dict)
    fail_on: str | None = None
    metric: str | None = None
    thresholds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: str = ""

    def adjusted(self, rules: Sequence[Rule[Any]]) -> tuple[Rule[Any], ...]:
        """Return the rules with the thresholds of this file.

        Raises:
            DiagnosticsError: A rule or a threshold is unknown, or a value has the wrong type.
        """
        changed = {}
        try:
            known = all_rules() if self.select or self.ignore or self.thresholds else ()
            matching((*self.select, *self.ignore), known)
            for name, values in self.thresholds.items():
                rule = rule_named(name, known)
                changed[rule.id] = with_thresholds(rule, values)
        except DiagnosticsError as error:
            raise DiagnosticsError(f"`{self.source}`: {error.message}", error.hint) from error
        return tuple(changed.get(rule.id, rule) for rule in rules)


def find_settings(start: Path) -> Settings:
    """Return the settings that hold in a folder: of the nearest file upwards, none without one.

    In one folder tuner.toml comes before pyproject.toml, which counts only with `[tool.tuner]`.

    Raises:
        DiagnosticsError: It cannot be read, or says something that cannot be right.
    """
    folder = start.absolute()
    for place in (folder, *folder.parents):
        own, project = place / "tuner.toml", place / "pyproject.toml"
        if own.is_file():
            return read_settings(own)
        if project.is_file() and b"tool.tuner" in _content(project):
            return read_settings(project)
    return Settings()


def read_settings(path: Path) -> Settings:
    """Read one settings file.

    Raises:
        DiagnosticsError: The file cannot be read, or says something that cannot be right.
    """
    import tomllib

    try:
        document = tomllib.loads(_content(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise DiagnosticsError(f"`{path}` is no TOML: {error}.", "Mend that line.") from error
    own = document.get("tool", {}) if isinstance(document.get("tool", {}), dict) else {}
    table = own.get("tuner", {} if path.name == "pyproject.toml" or own else document)
    if not isinstance(table, dict):
        raise _fault(path, "`tool.tuner` must be a table", "Write [tool.tuner].")
    return _settings(table, path)


def _settings(table: Mapping[str, Any], path: Path) -> Settings:
    for key in table:
        if key not in _KEYS:
            raise _fault(path, f"there is no setting `{key}`", nearest_name(key, _KEYS))
    return Settings(
        select=_names(table.get("select", []), path),
        ignore=_reasons(table.get("ignore", {}), path),
        fail_on=_limit(table.get("fail-on"), path),
        metric=_metric(table.get("metric"), path),
        thresholds=_tables(table.get("rules", {}), path),
        source=str(path),
    )


def _names(value: Any, path: Path) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise _fault(path, "`select` must be a list of rules", 'Write e.g. select = ["R1", "R201"].')


def _reasons(value: Any, path: Path) -> dict[str, str]:
    way_out = 'Write e.g. ignore = { R402 = "the dev split is given" }.'
    if not isinstance(value, dict):
        raise _fault(path, "`ignore` must name each rule with the reason", way_out)
    for name, reason in value.items():
        if not isinstance(reason, str) or not reason.strip():
            raise _fault(path, f"`ignore` gives no reason for `{name}`", way_out)
    return dict(value)


def _limit(value: Any, path: Path) -> str | None:
    if value is None or (isinstance(value, str) and value in LIMITS):
        return value
    raise _fault(path, f"`fail-on` must be one of {', '.join(LIMITS)}, but is {value!r}", "")


def _metric(value: Any, path: Path) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise _fault(path, f"`metric` must be a text, but is {value!r}", 'Write e.g. metric = "f1".')


def _tables(value: Any, path: Path) -> dict[str, dict[str, Any]]:
    if isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values()):
        return value
    raise _fault(
        path, "`rules` must hold a table per rule", "Write [tool.tuner.rules.R201] and below it."
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise DiagnosticsError(f"`{path}` cannot be read: {error.strerror or error}.") from error


def _fault(path: Path, message: str, hint: str) -> DiagnosticsError:
    return DiagnosticsError(f"`{path}`: {message}.", hint)
