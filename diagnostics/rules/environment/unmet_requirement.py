"""Rule E102: a library does not get the version of another that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.declared_requirements import Demand, unmet
from diagnostics.findings import Finding, Severity, Tier
from diagnostics.pip_line import plan_pip_line
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found, libraries
from diagnostics.rules.environment._evidence.installs import unmet_demand
from diagnostics.subjects.environment import Environment

__all__ = ["UnmetRequirement"]

_CHECKED = {
    "accelerate", "filelock", "huggingface-hub", "numpy", "packaging", "pyyaml", "regex",
    "safetensors", "tokenizers", "tqdm",
}  # fmt: skip
"""What transformers checks when it is imported (its `dependency_versions_check`)."""

_REQUIRES = {"transformers": ["tokenizers>=0.23.1,<0.24", 'torch>=2.6; extra == "torch"']}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetRequirement(Rule[Environment]):
    """A library does not get the version of another that it asks for.

    Why it matters: transformers refuses to be imported when its main requirements are not met.
    Elsewhere calls fail that the other version does not know, often in the middle of a run.

    What to change: one `pip install` line for all libraries together; it contradicts nothing that
    stays installed.

    Source: the requirements that the libraries themselves declare, as `importlib.metadata` has
    them. It is an error where the library checks the version at its import, else a warning.
    """

    id: ClassVar = "E102"
    name: ClassVar = "unmet-requirement"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed,)
    doubt: ClassVar = "The library declares more than it needs, and the training works."
    bad: ClassVar = {
        "tokenizers is too old": found(libraries=libraries({"tokenizers": "0.22.2"}, _REQUIRES)),
        "torch is too old": found(libraries=libraries({"torch": "2.4.0+cu121"}, _REQUIRES)),
        "two that contradict each other": found(
            libraries=libraries(
                {"torch": "2.4.0", "torchvision": "0.19.0"},
                {**_REQUIRES, "torchvision": ["torch==2.4.0"]},
            )
        ),
    }
    good: ClassVar = {
        "all met": found(libraries=libraries(requires=_REQUIRES)),
        "a local build of the right version": found(
            libraries=libraries(
                {"torch": "2.8.0+cu126", "torchvision": "0.23.0"},
                {"torchvision": ["torch==2.8.0"]},
            )
        ),
        "a library that no training uses": found(
            libraries=libraries({"bottle": "0.12"}, {"bottle": ["numpy<2"]})
        ),
        "a requirement that cannot be read": found(
            libraries=libraries(requires={"torch": ["numpy (at least 1"]})
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Compare what is declared with what is installed."""
        line = plan_pip_line(environment)
        return [
            unmet_demand(self, demand, line, _severity(demand)) for demand in unmet(environment)
        ]


def _severity(demand: Demand) -> Severity:
    checked = demand.library == "transformers" and demand.other in _CHECKED
    return Severity.ERROR if checked else Severity.WARNING
