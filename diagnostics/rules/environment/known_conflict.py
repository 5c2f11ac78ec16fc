"""Rule E103: two versions that are known not to work together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.declared_requirements import known_demands
from diagnostics.findings import Finding, Severity, Tier
from diagnostics.pip_line import plan_pip_line
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found, libraries
from diagnostics.rules.environment._evidence.installs import unmet_demand
from diagnostics.subjects.environment import Environment

__all__ = ["KnownConflict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownConflict(Rule[Environment]):
    """Two versions are known not to work together, though neither says so.

    Why it matters: metadata are written before the other library's next release. What broke then
    is in release notes and issues only: modules built for NumPy 1 under NumPy 2, or data sets that
    are no longer found.

    What to change: one `pip install` line for all libraries together.

    Source: release notes and issues, by pair, in `diagnostics/library_versions.py`.
    """

    id: ClassVar = "E103"
    name: ClassVar = "known-conflict"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed,)
    explains: ClassVar = ("E104",)
    doubt: ClassVar = "One of the two was built from source against the other."
    bad: ClassVar = {
        "PyTorch built for NumPy 1": found(
            libraries=libraries({"torch": "2.2.2", "numpy": "2.0.1", "transformers": "4.40.0"})
        ),
        "datasets and a newer fsspec": found(
            libraries=libraries({"datasets": "2.14.5", "fsspec": "2023.10.0"})
        ),
    }
    good: ClassVar = {
        "PyTorch built for NumPy 2": found(),
        "datasets that knows the newer fsspec": found(
            libraries=libraries({"datasets": "2.14.6", "fsspec": "2023.10.0"})
        ),
        "said by the library itself": found(
            libraries=libraries(
                {"pandas": "2.2.1", "numpy": "2.0.1"}, {"pandas": ["numpy>=1.22.4,<2"]}
            )
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look the installed pairs up."""
        line = plan_pip_line(environment)
        return [unmet_demand(self, demand, line) for demand in known_demands(environment)]
