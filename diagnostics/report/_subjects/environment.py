"""How reports speak of an environment: its libraries, its devices, and the line that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from diagnostics.findings import Severity
from diagnostics.judgement import Checkup
from diagnostics.pip_line import plan_pip_line
from diagnostics.report._environment_document import environment_document
from diagnostics.report._environment_sections import (
    device_table,
    forecast_table,
    library_table,
    machine_table,
    script_table,
)
from diagnostics.report._presenter import Presenter, Verdicts
from diagnostics.report._table import Table
from diagnostics.report._text import clean
from diagnostics.subjects.environment import Environment

__all__ = ["EnvironmentPresenter"]


class EnvironmentPresenter(Presenter[Environment]):
    """Machines with their libraries."""

    kind: ClassVar[str] = "environment"
    subject: ClassVar[type] = Environment
    command: ClassVar[str] = "tuner doctor"
    noun: ClassVar[tuple[str, str]] = ("environment", "environments")
    place: ClassVar[str] = "Environment"
    fix_heading: ClassVar[str] = "Mends the libraries"
    verdicts: ClassVar[Verdicts] = Verdicts(
        error="Not ready to train",
        warning="Ready to train, but look at this first",
        unjudged="No fault found, but most rules could not judge.",
        clear="Ready to train",
    )

    def verdicts_on(self, subject: Environment) -> Verdicts:
        """Return the verdicts; none says "ready" alone where a forecast is missing."""
        if not subject.forecast_fault:
            return self.verdicts
        unknown = "Ready to train, but without the forecast of memory that was asked for"
        return replace(self.verdicts, warning=unknown, clear=unknown)

    def facts(self, subject: Environment) -> list[str]:
        """Return interpreter, system and what is planned."""
        return list(_facts(subject))

    def tables(self, subject: Environment) -> list[Table]:
        """Return the libraries, the devices, the machine and the forecast, as far as known."""
        tables = (
            library_table(subject),
            device_table(subject),
            machine_table(subject),
            forecast_table(subject),
            script_table(subject),
        )
        return [table for table in tables if table is not None]

    def document(self, subject: Environment) -> dict[str, Any]:
        """Return what was found."""
        return {"facts": environment_document(subject)}

    def fix_command(self, checkup: Checkup[Environment]) -> str:
        """Return the `pip install` line; empty when no library is to be changed."""
        return plan_pip_line(checkup.subject).command

    def next_commands(self, checkup: Checkup[Environment]) -> list[tuple[str, str]]:
        """Return the same look once more after a fix; else a search for the best settings."""
        environment = checkup.subject
        if plan_pip_line(environment).command or checkup.worst is Severity.ERROR:
            return [(_again(environment), "once more, after the fixes")]
        model = environment.model.get("name")
        named = shlex.quote(clean(model)) if model else "MODEL"
        return [(f"tuner check DATA --model {named}", "is the data fit to train on?")]


def _facts(environment: Environment) -> Iterator[str]:
    if environment.python:
        yield f"Python {environment.python}"
    if environment.platform:
        yield environment.platform
    if name := environment.model.get("name"):
        yield f"model {name}"
    if parameters := environment.model.get("parameters"):
        yield f"{parameters / 1e6:,.0f} million parameters"
    if environment.script is not None:
        calls = len(environment.script.calls)
        yield f"script {environment.script.path} ({calls} call{'s' * (calls != 1)} read)"


def _again(environment: Environment) -> str:
    words = ["tuner", "doctor"]
    if name := environment.model.get("name"):
        words += ["--model", name]
    if environment.script is not None:
        words += ["--script", environment.script.path]
    return shlex.join(map(clean, (*words, *environment.options)))
