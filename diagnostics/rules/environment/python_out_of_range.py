"""Rule E109: a library is not made for the version of Python that is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.declared_requirements import for_training
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.subjects.environment import Environment, Library
from diagnostics.version_ranges import admits

__all__ = ["PythonOutOfRange"]


def _library(requires_python: str) -> dict[str, Library]:
    library = Library(name="transformers", version="5.23.0", requires_python=requires_python)
    return {**(found().libraries or {}), "transformers": library}


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonOutOfRange(Rule[Environment]):
    """A library is not made for the version of Python that is here.

    Why it matters: it uses what this Python does not have yet, or no longer has. pip would not have
    installed it; a copied environment or a newer interpreter brings it about.

    What to change: a fresh environment with a version of Python that all libraries take.

    Source: `Requires-Python` in the metadata of the libraries.
    """

    id: ClassVar = "E109"
    name: ClassVar = "python-out-of-range"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed,)
    doubt: ClassVar = "The library works although its authors did not try this Python."
    bad: ClassVar = {
        "too old": found(python="3.10.4", libraries=_library(">=3.11")),
        "too new": found(python="3.15.0", libraries=_library(">=3.11,<3.15")),
    }
    good: ClassVar = {
        "within": found(python="3.11.9", libraries=_library(">=3.11")),
        "nothing is said": found(python="3.11.9", libraries=_library("")),
        "what is said cannot be read": found(python="3.11.9", libraries=_library("three")),
        "a candidate for release": found(python="3.14.0rc2", libraries=_library(">=3.11")),
    }

    def check(self, environment: Environment) -> Sequence[Finding] | NotApplicable:
        """Compare the interpreter with what the libraries of trainings ask for."""
        python = environment.python
        if not python:
            return NotApplicable(reason="the version of Python is not known")
        refusing = [
            library
            for name in sorted(for_training(environment))
            if (library := (environment.libraries or {}).get(name)) is not None
            and not admits(library.requires_python, python)
        ]
        return [self._finding(python, refusing)] if refusing else []

    def _finding(self, python: str, refusing: Sequence[Library]) -> Finding:
        first = refusing[0]
        more = f" (and {len(refusing) - 1} more)" if len(refusing) > 1 else ""
        return self.finding(
            f"{first.name} {first.version} asks for Python {first.requires_python}, but this is "
            f"{python}{more}.",
            evidence=[
                Evidence(label="Python", value=python),
                *(
                    Evidence(label=f"{library.name} asks for", value=library.requires_python)
                    for library in refusing[:5]
                ),
            ],
            fixes=[
                Fix(
                    text="Make a fresh environment with a Python that it takes.",
                    parameter="python",
                    old=python,
                    new=first.requires_python,
                    how=f"{first.name} {first.version} asks for it",
                )
            ],
        )
